//go:build linux || darwin

package sqlite

import "syscall"

// freeSpace is how many bytes a program without special rights may still write.
func freeSpace(folder string) (uint64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err != nil {
		return 0, err
	}
	return uint64(disk.Bavail) * uint64(disk.Bsize), nil //nolint:unconvert // their types differ between systems
}
