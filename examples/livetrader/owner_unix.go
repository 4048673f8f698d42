//go:build unix

package main

import (
	"io/fs"
	"os"
	"syscall"
)

// isOwn reports whether a file belongs to the user of this process, who can then say who else may read it.
func isOwn(file fs.FileInfo) bool {
	at, ok := file.Sys().(*syscall.Stat_t)
	return ok && int(at.Uid) == os.Geteuid()
}
