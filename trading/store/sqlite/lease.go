package sqlite

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

// LockedError says that another process, or another DB in this one, has the database open.
type LockedError struct {
	Path string // of the database
	PID  int    // the process that holds it; 0 if that could not be learnt
}

func (e *LockedError) Error() string {
	if e.PID != 0 {
		return fmt.Sprintf("it is in use by process %d", e.PID)
	}
	return "it is in use by another process"
}

// lease is a process's right to write a database: a locked file beside it. SQLite's own locks would let two programs take
// turns, and with two that trade on one journal each would send the other's orders again.
type lease struct {
	path string
	lock *flock.Flock
}

// acquire takes the lease on the database at path, or says who has it. The operating system releases it when the
// process ends, in whatever way; the file that is then left over is no obstacle.
func acquire(path string) (*lease, error) {
	name := path + ".lock"
	for range 100 {
		l := &lease{path: name, lock: flock.New(name, flock.SetPermissions(0o644))}
		taken, err := l.lock.TryLock()
		switch {
		case err != nil:
			return nil, fmt.Errorf("its lock file %s cannot be made: %w", name, cause(err))
		case !taken:
			return nil, &LockedError{Path: path, PID: holder(name)}
		case l.current():
			return l, l.sign()
		}
		// Who had it before removed it between our opening and locking it: this lock is on a file without a name.
		if err := l.lock.Close(); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("its lock file %s is removed again and again", name)
}

// current reports whether the locked file is still the one at its path.
func (l *lease) current() bool {
	mine, err := l.lock.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(l.path)
	return err == nil && os.SameFile(mine, there)
}

// sign writes down who holds the lease.
func (l *lease) sign() error {
	if err := os.WriteFile(l.path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
		return errors.Join(err, l.release())
	}
	return nil
}

// release removes the file before it lets go of the lock, so that it never removes another's.
func (l *lease) release() error {
	return errors.Join(removeIfThere(l.path), l.lock.Close())
}

// holder reads what sign wrote.
func holder(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0 // It has just been locked, and is not signed yet.
	}
	return pid
}
