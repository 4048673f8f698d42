package candle

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// part is one file of candles: on disk, in an archive, or one that the caller has opened.
type part struct {
	name  string
	open  func() (io.ReadCloser, error)
	begin time.Time // of its first bar, where there is more than one part
	once  bool      // it is a pipe, a terminal or the like, which can be read only once
}

// zipMagic begins an archive; an empty one has another second half.
const zipMagic = "PK\x03\x04"

// findParts lists the files that a path stands for.
func findParts(name string, d *opener) ([]part, error) {
	info, err := os.Stat(name)
	if err != nil {
		if matches, bad := filepath.Glob(name); bad == nil && len(matches) > 0 {
			return partsOfFiles(matches, d)
		}
		return nil, err
	}
	if !info.IsDir() {
		return partsOfFiles([]string{name}, d)
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() && named(e.Name()) {
			files = append(files, filepath.Join(name, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: there is no file of candles in this folder (.csv, .json, .gz or .zip)", name)
	}
	return partsOfFiles(files, d)
}

// named reports whether a file of a folder or an archive is taken for candles. Others lie beside them: checksums, a
// README, what an operating system leaves behind.
func named(name string) bool {
	ending := strings.ToLower(path.Ext(name))
	return !strings.HasPrefix(name, ".") && slices.Contains([]string{".csv", ".json", ".gz", ".zip"}, ending)
}

func partsOfFiles(files []string, d *opener) ([]part, error) {
	var parts []part
	for _, name := range files {
		more, err := partsOfFile(name, d)
		if err != nil {
			return nil, err
		}
		parts = append(parts, more...)
	}
	return parts, nil
}

// partsOfFile is the file, or what is in it if it is an archive. Archives are opened anew for each of their files, so
// that a folder of a thousand needs one file open at a time.
func partsOfFile(name string, d *opener) ([]part, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return []part{{name: name, open: func() (io.ReadCloser, error) { return d.open(name) }, once: true}}, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read from
	if !isZip(file) {
		return []part{{name: name, open: func() (io.ReadCloser, error) { return os.Open(name) }}}, nil
	}
	archive, err := zipOf(file, name)
	if err != nil {
		return nil, err
	}
	return partsOfZip(archive, name, func(entry int) (io.ReadCloser, error) {
		again, err := zip.OpenReader(name)
		if err != nil {
			return nil, err
		}
		if entry >= len(again.File) {
			return nil, errors.Join(errors.New("the archive was changed while it was read"), again.Close())
		}
		in, err := again.File[entry].Open()
		if err != nil {
			return nil, errors.Join(err, again.Close())
		}
		return both{in, again}, nil
	})
}

// both closes a file of an archive, and then the archive.
type both struct {
	io.ReadCloser
	archive io.Closer
}

func (b both) Close() error { return errors.Join(b.ReadCloser.Close(), b.archive.Close()) }

// archiveFile is what an archive has to be: its table of contents is at its end.
type archiveFile interface {
	io.ReaderAt
	io.Seeker
}

// partsOf is what the caller has opened, or what is in it if that is an archive.
func partsOf(r io.Reader, name string) ([]part, error) {
	at, ok := r.(archiveFile)
	if !ok || !isZip(at) {
		return []part{{name: name, open: func() (io.ReadCloser, error) { return io.NopCloser(r), nil }, once: true}}, nil
	}
	archive, err := zipOf(at, name)
	if err != nil {
		return nil, err
	}
	return partsOfZip(archive, name, func(entry int) (io.ReadCloser, error) { return archive.File[entry].Open() })
}

func isZip(r io.ReaderAt) bool {
	magic := make([]byte, len(zipMagic))
	n, _ := r.ReadAt(magic, 0)
	return string(magic[:n]) == zipMagic
}

func zipOf(r archiveFile, name string) (*zip.Reader, error) {
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be read: %w", name, err)
	}
	return archive, nil
}

func partsOfZip(archive *zip.Reader, name string, open func(entry int) (io.ReadCloser, error)) ([]part, error) {
	var parts []part
	for i, f := range archive.File {
		if base := path.Base(f.Name); !f.FileInfo().IsDir() && named(base) && path.Ext(base) != ".zip" {
			parts = append(parts, part{
				name: name + "/" + f.Name,
				open: func() (io.ReadCloser, error) { return open(i) },
			})
		}
	}
	if len(parts) == 0 {
		return nil, fmt.Errorf("%s: there is no file of candles in this archive (.csv, .json or .gz)", name)
	}
	return parts, nil
}

// start opens the part and reads its first row.
func (p part) start(cfg Config) (*stream, error) {
	in, err := p.open()
	if errors.As(err, new(*fs.PathError)) {
		return nil, err // it names the file
	}
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be read: %w", p.name, err)
	}
	s, err := newStream(in, p.name, cfg)
	if err != nil {
		_ = in.Close() // it was only read from
		return nil, err
	}
	s.close = in.Close
	return s, nil
}

// inOrder sorts the parts by their first bars, without those that have none of the symbol. One part is left alone: it
// may be a stream that can be read only once.
func inOrder(parts []part, cfg Config) ([]part, error) {
	if len(parts) == 1 {
		return parts, nil
	}
	var matching []part
	var none *noneError
	for _, p := range parts {
		if p.once {
			return nil, fmt.Errorf("%s: what can be read only once has to be read alone", p.name)
		}
		begin, err := p.firstTime(cfg)
		if errors.As(err, &none) {
			continue
		}
		if err != nil {
			return nil, err
		}
		p.begin = begin
		matching = append(matching, p)
	}
	if len(matching) == 0 {
		return nil, none
	}
	slices.SortStableFunc(matching, func(a, b part) int { return a.begin.Compare(b.begin) })
	return matching, nil
}

// firstTime is the time of the first row that has one. A file whose first rows are all broken is an error: there would
// be no telling where it belongs.
func (p part) firstTime(cfg Config) (time.Time, error) {
	s, err := p.start(cfg)
	if err != nil {
		return time.Time{}, err
	}
	defer func() { _ = s.close() }() // it was only read from
	var broken *candleRow
	for range rowsAhead {
		row, err := s.next()
		switch {
		case err != nil && broken == nil:
			return time.Time{}, err
		case err != nil:
			return time.Time{}, broken.refused(p.name)
		case row.err == nil:
			return row.bar.Time, nil
		case broken == nil:
			broken = &row
		}
	}
	return time.Time{}, broken.refused(p.name)
}
