package sqlite

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// applicationID marks a database as ours, in the place that SQLite's file format has for it: "VGIL".
const applicationID = 0x5647494c

// The beginning of every SQLite file: https://www.sqlite.org/fileformat.html.
const (
	headerMagic       = "SQLite format 3\x00"
	pageSizeByte      = 16
	applicationIDByte = 68
	headerSize        = 100
)

// resolve returns the one path under which a database is opened and locked, however it was named.
func resolve(name string) (string, error) {
	switch {
	case name == "":
		return "", errors.New("no path")
	case strings.Contains(name, "://"):
		return "", errors.New("it is a URL, and a SQLite database is a file")
	case name == ":memory:", strings.HasPrefix(name, "file:"):
		return "", errors.New("a path is needed: what is not in a file of its own is not durable")
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", fmt.Errorf("the folder %s cannot be used: %w", filepath.Dir(path), cause(err))
	}
	path = filepath.Join(folder, filepath.Base(path))
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return "", errors.New("it is a folder")
	case err == nil && !info.Mode().IsRegular():
		return "", fmt.Errorf("it is no regular file but %s", info.Mode().Type())
	case err == nil:
		return filepath.EvalSymlinks(path)
	case !errors.Is(err, fs.ErrNotExist):
		return "", cause(err)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == fs.ModeSymlink {
		return "", errors.New("it is a link to a file that does not exist")
	}
	return path, nil
}

// cause leaves out operation and path of a file error, where the message names them already.
func cause(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	return err
}

// databaseFile is the file at a path before SQLite opens it.
type databaseFile struct {
	path    string
	existed bool
	empty   bool // or not there: it belongs to no program
}

// examine looks into a file without SQLite, which would already change what it opens.
func examine(path string, held *heldFile) (*databaseFile, error) {
	var header [headerSize]byte
	n, err := held.file.ReadAt(header[:], 0)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, cause(err)
	case n == 0:
		return &databaseFile{path: path, existed: !held.fresh, empty: true}, nil
	case n < headerSize:
		return nil, fmt.Errorf("%w: it is no SQLite file", ErrForeign)
	}
	if err := checkHeader(header); err != nil {
		return nil, err
	}
	return &databaseFile{path: path, existed: true}, checkSize(path, held.file, header)
}

// checkSize refuses a file that ends in the middle of a page; SQLite itself counts whole pages. With a log beside it that
// may be what a power cut left, which the log makes good.
func checkSize(path string, f *os.File, header [headerSize]byte) error {
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return cause(err)
	}
	page := int64(binary.BigEndian.Uint16(header[pageSizeByte:]))
	if page > 1 && info.Size()%page != 0 { // 1 is the largest, which does not fit in here.
		return fmt.Errorf("%w: it ends in the middle of a page", errDamaged)
	}
	return nil
}

// checkHeader refuses the beginning of a file that is not ours.
func checkHeader(header [headerSize]byte) error {
	if !bytes.HasPrefix(header[:], []byte(headerMagic)) {
		return fmt.Errorf("%w: it is no SQLite file", ErrForeign)
	}
	if id := binary.BigEndian.Uint32(header[applicationIDByte:]); id != applicationID {
		return fmt.Errorf("%w: its application id is %#x, want %#x", ErrForeign, id, applicationID)
	}
	return nil
}

// mark writes the application id into a new database. It does so before the write-ahead log comes into play, so that
// the id is in the file itself, where examine finds it even after a crash.
func (f *databaseFile) mark(ctx context.Context) error {
	if !f.empty {
		return nil
	}
	pool := openPool(f.path, marking)
	_, err := pool.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	return errors.Join(err, pool.Close())
}

// undo brings back what was there before a new database was begun.
func (f *databaseFile) undo() error {
	if !f.empty {
		return nil
	}
	var errs []error
	if f.existed {
		errs = append(errs, os.Truncate(f.path, 0))
	} else {
		errs = append(errs, removeIfThere(f.path))
	}
	for _, suffix := range []string{"-journal", "-wal", "-shm"} {
		errs = append(errs, removeIfThere(f.path+suffix))
	}
	return errors.Join(errs...)
}

func removeIfThere(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
