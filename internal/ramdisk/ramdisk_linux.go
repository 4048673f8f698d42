package ramdisk

import (
	"os"
	"syscall"
)

// From the kernel's include/uapi/linux/magic.h, and statfs(2).
const (
	tmpfs  = 0x01021994
	noExec = 8
)

// roomy reports whether a folder is in memory, has that many bytes left, and lets us write and programs start.
func roomy(folder string, bytes uint64) bool {
	var fs syscall.Statfs_t
	if syscall.Statfs(folder, &fs) != nil || fs.Type != tmpfs || fs.Flags&noExec != 0 || fs.Bavail*uint64(fs.Bsize) < bytes {
		return false
	}
	probe, err := os.MkdirTemp(folder, "vigil")
	return err == nil && os.Remove(probe) == nil
}
