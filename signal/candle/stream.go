package candle

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// rowReader gives the rows of one file in the order in which they stand there.
type rowReader interface {
	// next returns the next row, also one that cannot be read as a bar. An error is the end: io.EOF, or why the rest
	// cannot be read.
	next() (candleRow, error)
	// line is where the row or the error of the last next stands.
	line() int
}

// stream is one file that is open.
type stream struct {
	name  string
	rows  rowReader
	close func() error
	first *candleRow // read to check that there is one, not yet returned by next
}

// newStream finds out what r is written in, and reads the first row.
func newStream(r io.Reader, name string, cfg Config) (*stream, error) {
	in, err := unzipped(r)
	if err != nil {
		return nil, fmt.Errorf("%s:1: %w", name, err)
	}
	s := &stream{name: name, close: func() error { return nil }}
	if isJSON(in) {
		s.rows = newJSONRows(in, cfg.Symbol)
	} else {
		s.rows = &csvRows{lines: lines{in: in}, columns: cfg.Columns}
	}
	row, err := s.next()
	switch {
	case err == nil:
		s.first = &row
	case errors.Is(err, errNothing):
		return nil, fmt.Errorf("%s: the file is empty", name)
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%s: there is no row", name)
	default:
		return nil, err
	}
	return s, nil
}

// errNothing says that a file has no text at all.
var errNothing = errors.New("there is nothing in it")

// next is the reader's next row, and its error with the place.
func (s *stream) next() (candleRow, error) {
	if s.first != nil {
		row := *s.first
		s.first = nil
		return row, nil
	}
	row, err := s.rows.next()
	if errors.Is(err, io.EOF) {
		return row, io.EOF
	}
	if err != nil {
		return row, fmt.Errorf("%s:%d: %w", s.name, s.rows.line(), err)
	}
	row.file, row.line = s.name, s.rows.line()
	return row, nil
}

// unzipped returns r, or what it holds if its first bytes are those of gzip.
func unzipped(r io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, maxLine)
	if magic, _ := in.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return in, nil // a read error, if it was one, comes again with the first line
	}
	out, err := gzip.NewReader(in)
	if err != nil {
		return nil, cutOff(err)
	}
	return bufio.NewReaderSize(out, maxLine), nil
}

// byteOrderMark is what spreadsheets write first.
var byteOrderMark = []byte("\xef\xbb\xbf")

// isJSON reports whether the text begins as a list or an object does. It takes a byte order mark away, which JSON has
// no place for.
func isJSON(in *bufio.Reader) bool {
	head, _ := in.Peek(512)
	text := bytes.TrimSpace(bytes.TrimPrefix(head, byteOrderMark))
	if len(text) == 0 || text[0] != '[' && text[0] != '{' {
		return false
	}
	if bytes.HasPrefix(head, byteOrderMark) {
		_, _ = in.Discard(len(byteOrderMark)) // they are there: Peek has shown them
	}
	return true
}

// cutOff says in words what a decompressor's own error only hints at.
func cutOff(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("the compressed data is cut off: %w", io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("cannot be read: %w", err)
}
