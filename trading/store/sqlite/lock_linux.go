package sqlite

import (
	"errors"
	"io"
	"os"
	"syscall"
)

const (
	// setOpenLock is F_OFD_SETLK: a lock of the open file rather than of the process, which no other closing drops.
	setOpenLock = 37
	// lockByte is far behind those that SQLite locks, which begin at 1 GiB.
	lockByte = 1 << 62
)

// lockFile takes the lock on a file itself, or reports that somebody has it.
func lockFile(f *os.File) (taken bool, err error) {
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: lockByte, Len: 1}
	err = syscall.FcntlFlock(f.Fd(), setOpenLock, &lock)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		return false, nil
	}
	return err == nil, err
}

// unlockFile gives the lock back. To close the file is not enough: a child that another goroutine has just forked has it
// open as well, until its exec.
func unlockFile(f *os.File) error {
	lock := syscall.Flock_t{Type: syscall.F_UNLCK, Whence: io.SeekStart, Start: lockByte, Len: 1}
	return syscall.FcntlFlock(f.Fd(), setOpenLock, &lock)
}
