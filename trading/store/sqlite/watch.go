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
	names [len(suffixes)]string
	files [len(suffixes)]os.FileInfo
	index walIndex
	room  [indexSize]byte // for what is read; the largest of it is the index
}

// startWatch watches a database that SQLite has open.
func startWatch(path string, main *heldFile) (*watch, error) {
	w := &watch{path: path, main: main}
	for i, suffix := range suffixes {
		w.names[i] = path + suffix
	}
	var err error
	if w.log, err = os.Open(w.names[logFile]); err != nil {
		return nil, err
	}
	if w.shm, err = os.Open(w.names[indexFile]); err != nil {
		return nil, errors.Join(err, w.log.Close())
	}
	for i, f := range []*os.File{main.file, w.log, w.shm} {
		if w.files[i], err = f.Stat(); err != nil {
			return nil, errors.Join(err, w.close())
		}
	}
	if err := w.checkLocked(w.writtenLocked); err != nil {
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
	return w.checkLocked(func() error {
		if err := w.restedLocked(); err != nil {
			return err
		}
		_, err := w.namesLocked()
		return err
	})
}

// write looks, writes, and looks again: what went into a file without a name must not be acknowledged. Each look asks
// the system only for what the other one cannot see, as a question takes microseconds.
func (w *watch) write(do func() error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.checkLocked(w.restedLocked); err != nil {
		return err
	}
	err := do()
	return errors.Join(err, w.checkLocked(w.writtenLocked)) // What failed may have written a part of itself.
}

// checkLocked remembers a loss that a look finds. Another error of the look is not for good.
func (w *watch) checkLocked(look func() error) error {
	if lost := w.lost.Load(); lost != nil {
		return lost
	}
	err := look()
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

// restedLocked is the look while nothing is written here: at what somebody wrote into the open files past SQLite.
func (w *watch) restedLocked() error {
	index, settled := readIndex(w.shm, w.room[:])
	if !settled { // Somebody writes it at this moment, by SQLite's rules.
		return nil
	}
	now := w.files
	for i, f := range [...]*os.File{mainFile: w.main.file, logFile: w.log} {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		now[i] = info
	}
	changed := func(i int) bool {
		return now[i].Size() != w.files[i].Size() || !now[i].ModTime().Equal(w.files[i].ModTime())
	}
	past := index == w.index // whatever changed since was written past SQLite
	if changed(mainFile) && (past && index.copied() || !isOurs(w.main.file)) {
		return w.loss(mainFile, "was overwritten")
	}
	if index.frames > 0 && (past && changed(logFile) || !past && !index.endsAsIn(w.log, w.room[:])) {
		return w.loss(logFile, "was overwritten")
	}
	w.files, w.index = now, index
	return nil
}

// writtenLocked is the look after a write of this process: at the names of the files, and at the end of the log.
func (w *watch) writtenLocked() error {
	now, err := w.namesLocked()
	if err != nil {
		return err
	}
	index, settled := readIndex(w.shm, w.room[:])
	switch {
	case !settled:
		return nil
	case index.frames > 0 && !index.endsAsIn(w.log, w.room[:]):
		return w.loss(logFile, "was overwritten")
	}
	w.files, w.index = now, index
	return nil
}

// namesLocked looks at what stands under the names of the files.
func (w *watch) namesLocked() (now [len(suffixes)]os.FileInfo, err error) {
	for i, name := range w.names {
		info, err := os.Stat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return now, w.loss(i, "was removed")
		case err != nil:
			return now, err
		case !os.SameFile(info, w.files[i]):
			return now, w.loss(i, "was replaced by another file")
		}
		now[i] = info
	}
	return now, nil
}

func (w *watch) loss(file int, what string) error {
	return &LostError{Path: w.path, File: w.names[file], What: what}
}
