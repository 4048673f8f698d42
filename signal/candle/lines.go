package candle

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds a line, and with it the memory that a file can claim. A candle takes about a hundred bytes.
const maxLine = 64 << 10

// lines gives the lines of a file that are not blank, numbered from 1 as an editor does.
type lines struct {
	in     *bufio.Reader
	number int // of the line that next returned last
}

// next returns the next line without its end, valid until the call after, or io.EOF.
func (l *lines) next() ([]byte, error) {
	for {
		line, err := l.in.ReadSlice('\n')
		l.number++
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("the line is longer than %d bytes", maxLine)
		case err != nil && !errors.Is(err, io.EOF):
			return nil, cutOff(err)
		}
		if l.number == 1 {
			line = bytes.TrimPrefix(line, byteOrderMark)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, nil
		}
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
	}
}

// split appends the fields of a CSV line to fields.
func split(line []byte, fields [][]byte) ([][]byte, error) {
	for more := true; more; {
		var field []byte
		var err error
		if field, line, more, err = cutField(line); err != nil {
			return fields, err
		}
		fields = append(fields, field)
	}
	return fields, nil
}

var comma = []byte{','}

// cutField takes the first field off a line and reports whether there are more. A field may stand in double quotes; a
// doubled one in it is left as it is, since no field that is used can hold a quote.
func cutField(line []byte) (field, rest []byte, more bool, err error) {
	if len(line) > 0 && line[0] <= ' ' {
		line = bytes.TrimLeft(line, " \t\r\n") // a row of JSON may have line ends between its fields
	}
	if len(line) == 0 || line[0] != '"' {
		field, rest, more = bytes.Cut(line, comma)
		return bytes.TrimSpace(field), rest, more, nil
	}
	length := quoted(line[1:])
	if length < 0 {
		return nil, nil, false, errors.New("a quote is not closed")
	}
	field = bytes.TrimSpace(line[1 : 1+length])
	behind, rest, more := bytes.Cut(line[length+2:], comma)
	if len(bytes.TrimSpace(behind)) > 0 {
		return nil, nil, false, fmt.Errorf("there is %.20q behind a closed quote", behind)
	}
	return field, rest, more, nil
}

// quoted returns how long the text is up to the quote that closes it, or -1.
func quoted(s []byte) int {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '"':
		case i+1 == len(s) || s[i+1] != '"':
			return i
		default:
			i++
		}
	}
	return -1
}
