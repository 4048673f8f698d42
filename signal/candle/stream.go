package candle

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"slices"
)

// rowReader gives the rows of one file in the order in which they stand there.
type rowReader interface {
	// next returns the next row, also one that cannot be read as a bar. An error is the end: io.EOF, or why the rest
	// cannot be read.
	next() (candleRow, error)
	// line is where the row or the error of the last next stands.
	line() int
	// look returns what is known of the rows so far.
	look() *table
}

// stream is one file that is open.
type stream struct {
	name  string
	rows  rowReader
	close func() error
	ahead []candleRow // read already, not yet returned by next
	end   error       // what is behind ahead, if that is known

	others int // rows of other symbols, that nobody has counted yet
}

// newStream finds out what r is written in, and reads its beginning.
func newStream(r io.Reader, name string, cfg Config) (*stream, error) {
	in, err := decompress(r)
	if err != nil {
		return nil, fmt.Errorf("%s:1: %w", name, err)
	}
	s := &stream{name: name, close: func() error { return nil }}
	if isJSON(in) {
		s.rows = newJSONRows(in, cfg)
	} else {
		s.rows = newCSVRows(in, cfg)
	}
	if err := s.begin(); err != nil {
		return nil, err
	}
	return s, nil
}

// errNothing says that a file has no text at all.
var errNothing = errors.New("there is nothing in it")

// begin reads rows until it is known in which direction their times run. A file that begins with its newest bar is read
// to its end and turned round.
func (s *stream) begin() error {
	descending := s.lookAhead()
	switch {
	case len(s.ahead) > 0 && descending:
		s.turn()
		return nil
	case len(s.ahead) > 0:
		return nil
	case errors.Is(s.end, errNothing):
		return fmt.Errorf("%s: the file is empty", s.name)
	case !errors.Is(s.end, io.EOF):
		return s.end
	case len(s.rows.look().owner.others) > 0:
		return &noneError{fmt.Errorf("%s: %w", s.name, s.rows.look().owner.none())}
	}
	return fmt.Errorf("%s: there is no row", s.name)
}

// noneError says that a file has rows, but none of the symbol.
type noneError struct{ error }

// lookAhead reports whether the times of the first rows only fall. One that rises says no at once.
func (s *stream) lookAhead() (descending bool) {
	var last *candleRow
	for len(s.ahead) < rowsAhead {
		if !s.readAhead() {
			break
		}
		row := &s.ahead[len(s.ahead)-1]
		switch {
		case row.err != nil:
			continue
		case last != nil && row.bar.Time.After(last.bar.Time):
			return false
		case last != nil && row.bar.Time.Before(last.bar.Time):
			descending = true
		}
		at := *row
		last = &at
	}
	return descending
}

// readAhead reads a row more than next has returned, and reports whether there was one.
func (s *stream) readAhead() bool {
	if s.end != nil {
		return false
	}
	row, err := s.read()
	if err != nil {
		s.end = err
		return false
	}
	s.ahead = append(s.ahead, row)
	return true
}

// maxReversed bounds how many rows of a file are kept in memory to turn them round: half a gigabyte.
const maxReversed = 4 << 20

// turn reads the rest of the rows, and has them in the order of time. A file that is cut off has lost its oldest bars,
// and says so before the first one.
func (s *stream) turn() {
	for s.readAhead() {
		if len(s.ahead) > maxReversed {
			s.end = fmt.Errorf("%s: the newest row is the first, and more than %d rows cannot be turned round: sort them by time",
				s.name, maxReversed)
			break
		}
	}
	if !errors.Is(s.end, io.EOF) {
		s.ahead = nil
		return
	}
	slices.Reverse(s.ahead)
}

// next is the next row, in the order of time where the file has one.
func (s *stream) next() (candleRow, error) {
	if len(s.ahead) > 0 {
		row := s.ahead[0]
		s.ahead = s.ahead[1:]
		return row, nil
	}
	if s.end != nil {
		return candleRow{}, s.end
	}
	return s.read()
}

// read is the reader's next row of the symbol, and its error with the place.
func (s *stream) read() (row candleRow, err error) {
	for {
		row, err = s.rows.next()
		if err != nil || !errors.Is(row.err, errOthers) {
			break
		}
		s.others++
	}
	switch {
	case errors.Is(err, io.EOF):
		return row, io.EOF
	case err == nil && row.err != nil:
		err = ending(row.err)
	}
	if err != nil {
		return row, fmt.Errorf("%s:%d: %w", s.name, s.rows.line(), err)
	}
	row.file, row.line = s.name, s.rows.line()
	return row, nil
}

// ending is the error of a row that is the file's as well, or nil.
func ending(err error) error {
	if scale := (*scaleError)(nil); errors.As(err, &scale) {
		return scale
	}
	return nil
}

// decompress returns r, or what it holds if its first bytes are those of gzip.
func decompress(r io.Reader) (*bufio.Reader, error) {
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
// no place for. It asks for no byte more than it needs: a pipe may have no more for a while.
func isJSON(in *bufio.Reader) bool {
	for n := 1; n <= 512; n++ {
		head, err := in.Peek(n)
		text := bytes.TrimSpace(bytes.TrimPrefix(head, byteOrderMark))
		switch {
		case err != nil:
			return false
		case len(text) == 0, bytes.HasPrefix(byteOrderMark, head):
			continue
		case text[0] != '[' && text[0] != '{':
			return false
		}
		if bytes.HasPrefix(head, byteOrderMark) {
			_, _ = in.Discard(len(byteOrderMark)) // they are there: Peek has shown them
		}
		return true
	}
	return false
}

// cutOff says in words what a decompressor's own error only hints at.
func cutOff(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("the compressed data is cut off: %w", io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("cannot be read: %w", err)
}
