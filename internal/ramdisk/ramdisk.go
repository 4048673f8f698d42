// Package ramdisk lets the temporary folders of tests be in memory. Databases wait for their disk at each commit, and most
// tests of what stands on them ask nothing of a disk: those that do make one of their own.
package ramdisk

import "os"

// Use has os.TempDir, and with it the TempDir of each test, name a folder in memory, where the system has one with room
// enough from which programs may be started. Whoever has set TMPDIR keeps it. It is for TestMain.
func Use() {
	const folder, room = "/dev/shm", 1 << 30
	if os.Getenv("TMPDIR") != "" || !roomy(folder, room) {
		return
	}
	if err := os.Setenv("TMPDIR", folder); err != nil {
		panic(err)
	}
}
