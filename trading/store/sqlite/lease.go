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

// lease is a process's right to write a database: a lock on the file itself, and one on a file beside it, which says who
// has it. SQLite's own locks would let two programs take turns, and with two that trade on one journal each would send
// the other's orders again.
type lease struct {
	path string
	lock *flock.Flock
	file *heldFile // the database; nil until it is opened
}

// acquire takes the lease on the database at path, which is made if there is none, or says who has it. The operating
// system releases it when the process ends, in whatever way; the file that is then left over is no obstacle.
func acquire(path string) (*lease, error) {
	l, err := acquireName(path)
	if err != nil {
		return nil, err
	}
	l.file, err = held.open(path)
	if errors.Is(err, errHeld) { // under another name, or its lock file was removed
		err = &LockedError{Path: path}
	} else if err != nil {
		err = fmt.Errorf("it cannot be written: %w", cause(err))
	}
	if err != nil {
		return nil, errors.Join(err, l.release())
	}
	return l, nil
}

// acquireName takes the lock beside the database.
func acquireName(path string) (*lease, error) {
	name := path + ".lock"
	for range 100 {
		l := &lease{path: name, lock: flock.New(name, flock.SetPermissions(private))}
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
	_ = os.Chmod(l.path, private) // It may be somebody else's, left over.
	if err := os.WriteFile(l.path, []byte(strconv.Itoa(os.Getpid())+"\n"), private); err != nil {
		return errors.Join(err, l.release())
	}
	return nil
}

// release removes the file before it lets go of the lock, so that it never removes another's. SQLite must have closed
// the database before.
func (l *lease) release() error {
	var errs []error
	if l.file != nil {
		errs = append(errs, held.close(l.file))
	}
	if l.current() {
		errs = append(errs, removeIfThere(l.path))
	}
	return errors.Join(append(errs, l.lock.Close())...)
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
