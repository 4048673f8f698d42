package candle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// limitedReader counts lines, and refuses to give more than the limit.
type limitedReader struct {
	in    io.Reader
	limit int64 // of bytes to give
	given int64
	ends  []int64 // where the lines end of which lineOf has not said yet that they are over
	at    int     // the line behind them
	err   error   // why there is no more, if it is not the end
}

func (m *limitedReader) Read(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	if m.given >= m.limit {
		m.err = fmt.Errorf("the row is longer than %d bytes", maxLine)
		return 0, m.err
	}
	n, err := m.in.Read(p[:min(int64(len(p)), m.limit-m.given)])
	for from := 0; ; {
		i := bytes.IndexByte(p[from:n], '\n')
		if i < 0 {
			break
		}
		from += i + 1
		m.ends = append(m.ends, m.given+int64(from))
	}
	m.given += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		m.err = cutOff(err)
		return n, m.err
	}
	return n, err
}

// lineOf returns the line of a byte; asked for rising ones only.
func (m *limitedReader) lineOf(offset int64) int {
	passed := 0
	for passed < len(m.ends) && m.ends[passed] <= offset {
		passed++
	}
	m.at += passed
	m.ends = m.ends[passed:] // append moves it to the front of another array when this one is full
	return m.at
}
