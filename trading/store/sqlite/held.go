package sqlite

import (
	"errors"
	"os"
	"sync"
)

// held are the database files that this process has open to write. One that stands here is refused without being
// opened: to close a file that a process has open a second time drops the locks that SQLite holds on it, and the next
// process to close it would remove the log that this one writes.
//
// It has to be one list for the whole process, because these locks are.
var held heldFiles

type heldFiles struct {
	mu   sync.Mutex // guards all below
	list []*heldFile
}

// heldFile is a database file of this process: locked itself, and not only a file beside it, so that another name of
// it, or a lock file that somebody removed, lets nobody else in.
type heldFile struct {
	file  *os.File
	info  os.FileInfo
	fresh bool       // it was made by open
	spare []*os.File // what has to stay open until this one is closed
}

// errHeld says that the file is locked already, here or elsewhere.
var errHeld = errors.New("the file is held")

// open opens the file at path, which it makes if there is none, and locks it.
func (h *heldFiles) open(path string) (*heldFile, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for range 100 {
		info, err := os.Stat(path)
		if err == nil && h.findLocked(info) != nil {
			return nil, errHeld
		}
		f, fresh, err := openOrMake(path)
		if err != nil {
			return nil, err
		}
		one, err := h.takeLocked(f)
		if err != nil {
			return nil, err
		}
		if info, err = os.Stat(path); err == nil && os.SameFile(info, one.info) {
			one.fresh = fresh
			return one, nil
		}
		if err := h.closeLocked(one); err != nil { // Who had it before removed it meanwhile.
			return nil, err
		}
	}
	return nil, errors.New("it is removed again and again")
}

func openOrMake(path string) (f *os.File, fresh bool, err error) {
	if f, err = os.OpenFile(path, os.O_RDWR, 0); !errors.Is(err, os.ErrNotExist) {
		return f, false, err
	}
	f, err = makePrivate(path)
	if errors.Is(err, os.ErrExist) { // Somebody else was faster.
		f, err = os.OpenFile(path, os.O_RDWR, 0)
		return f, false, err
	}
	return f, true, err
}

// takeLocked locks the open file and puts it on the list.
func (h *heldFiles) takeLocked(f *os.File) (*heldFile, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if other := h.findLocked(info); other != nil { // The name was moved to it just now.
		other.spare = append(other.spare, f)
		return nil, errHeld
	}
	taken, err := lockFile(f)
	if err == nil && !taken {
		err = errHeld
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	one := &heldFile{file: f, info: info}
	h.list = append(h.list, one)
	return one, nil
}

func (h *heldFiles) findLocked(info os.FileInfo) *heldFile {
	for _, one := range h.list {
		if os.SameFile(one.info, info) {
			return one
		}
	}
	return nil
}

// close lets go of the file. SQLite must have closed it before.
func (h *heldFiles) close(one *heldFile) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closeLocked(one)
}

func (h *heldFiles) closeLocked(one *heldFile) error {
	for i, other := range h.list {
		if other == one {
			h.list = append(h.list[:i], h.list[i+1:]...)
			break
		}
	}
	errs := []error{unlockFile(one.file), one.file.Close()}
	for _, f := range one.spare {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
