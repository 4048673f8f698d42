package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
)

// LostError says that what a program has open is not the database at its path any more, or that somebody wrote over it
// by other means than SQLite. What would be stored from then on would be gone with the process, so it is an error for
// good: every call that writes fails with it, and then every other.
type LostError struct {
	Path string // of the database
	File string // which of its files it is: itself, its log (-wal) or the index of that (-shm)
	What string // what happened to it, such as "was removed"
}

func (e *LostError) Error() string {
	return fmt.Sprintf("%s %s while it was in use: stop this program, bring the database back from a backup, and start again",
		e.File, e.What)
}

// watch compares the files that are open with what stands under their names, and with what was there after the last
// write. SQLite does neither: it goes on in a file that has no name any more.
//
// Others may use the database by SQLite's rules, as a backup does. What they change shows in the index as well; what
// only shows in a file was written past SQLite.
type watch struct {
	path string
	main *heldFile
	log  *os.File
	shm  *os.File // to close it drops SQLite's locks on it, like those on main
	lost atomic.Pointer[LostError]

	mu    sync.Mutex // guards all below; a write holds it from its look before to its look after
	files [3]os.FileInfo
	index walIndex
}

// startWatch watches a database that SQLite has open.
func startWatch(path string, main *heldFile) (*watch, error) {
	w := &watch{path: path, main: main}
	var err error
	if w.log, err = os.Open(path + "-wal"); err != nil {
		return nil, err
	}
	if w.shm, err = os.Open(path + "-shm"); err != nil {
		return nil, errors.Join(err, w.log.Close())
	}
	for i, f := range []*os.File{main.file, w.log, w.shm} {
		if w.files[i], err = f.Stat(); err != nil {
			return nil, errors.Join(err, w.close())
		}
	}
	if err := w.checkLocked(afterWrite); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// close must come after SQLite has closed the database.
func (w *watch) close() error { return errors.Join(w.log.Close(), w.shm.Close()) }

// look returns a *LostError if the database is lost. A write that is under way looks for itself.
func (w *watch) look() error {
	if lost := w.lost.Load(); lost != nil {
		return lost
	}
	if !w.mu.TryLock() {
		return nil
	}
	defer w.mu.Unlock()
	return w.checkLocked(atRest)
}

// write looks, writes, and looks again: what went into a file without a name must not be acknowledged.
func (w *watch) write(do func() error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.checkLocked(atRest); err != nil {
		return err
	}
	err := do()
	return errors.Join(err, w.checkLocked(afterWrite)) // What failed may have written a part of itself.
}

// moment is when the files are looked at.
type moment int

const (
	atRest     moment = iota // nothing was written here since the last look
	afterWrite               // by this process
)

// checkLocked looks at the files. An error of the look itself is not for good.
func (w *watch) checkLocked(when moment) error {
	if lost := w.lost.Load(); lost != nil {
		return lost
	}
	err := w.compareLocked(when)
	if lost, ok := errors.AsType[*LostError](err); ok {
		w.lost.Store(lost)
	}
	return err
}

const (
	mainFile = iota
	logFile
	indexFile
)

var suffixes = [...]string{mainFile: "", logFile: "-wal", indexFile: "-shm"}

func (w *watch) compareLocked(when moment) error {
	var now [len(suffixes)]os.FileInfo
	for i, suffix := range suffixes {
		info, err := os.Stat(w.path + suffix)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return w.loss(i, "was removed")
		case err != nil:
			return err
		case !os.SameFile(info, w.files[i]):
			return w.loss(i, "was replaced by another file")
		}
		now[i] = info
	}
	index, settled := readIndex(w.shm)
	if !settled { // Somebody writes it at this moment, by SQLite's rules.
		return nil
	}
	changed := func(i int) bool {
		return now[i].Size() != w.files[i].Size() || !now[i].ModTime().Equal(w.files[i].ModTime())
	}
	past := when == atRest && index == w.index // what changed since was written past SQLite
	switch {
	case !isOurs(w.main.file), past && index.copied() && changed(mainFile):
		return w.loss(mainFile, "was overwritten")
	case index.frames > 0 && (!index.endsAsIn(w.log) || past && changed(logFile)):
		return w.loss(logFile, "was overwritten")
	}
	w.files, w.index = now, index
	return nil
}

func (w *watch) loss(file int, what string) error {
	return &LostError{Path: w.path, File: w.path + suffixes[file], What: what}
}
