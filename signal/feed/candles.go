package feed

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// Policy says what a Candles does about a row that is broken or a duplicate.
type Policy int

// The policies.
const (
	Refuse Policy = iota // end with a RowError that names the line
	Skip                 // count it, report it, and go on with the next row
)

// CandleOptions say how a candle file is to be read.
type CandleOptions struct {
	Symbol   string        // what the bars are of; files do not say it
	Interval time.Duration // of the bars; 0 means the most frequent distance between the first rows
	Policy   Policy        // for broken and duplicate rows; a gap is reported and never an error
}

// Candles reads a file of candles, bar by bar, in constant memory. Use OpenCandles or NewCandles.
//
// The file is CSV, plain or gzip (told by its first bytes), with a header that names timestamp, open, high, low, close and
// volume, in any order and case; other columns are left alone. A timestamp is the bar's open: RFC 3339,
// YYYY-MM-DD HH:MM:SS with or without a fraction (taken as UTC), or a Unix time in s, ms, us or ns by its magnitude. The
// first row decides which, and the others have to follow. Numbers are plain decimals. Blank lines, a byte order mark
// and Windows line ends do no harm; a line of more than 64 KiB does.
//
// Each bar is checked with Bar.Validate, and its time has to rise by the interval or more.
type Candles struct {
	opt    CandleOptions
	lines  *lines
	table  table
	ahead  []candleRow // read to detect the interval, not yet returned by Next
	last   candleRow   // the last that was good
	report CandleReport
	err    error // the end: io.EOF or what went wrong
	file   *os.File
}

// candleRow is a line that was read, as a bar or as what is wrong with it.
type candleRow struct {
	line int
	bar  signal.Bar
	err  error
}

// OpenCandles opens a candle file and reads its beginning: a file that is missing, empty, without the columns or without
// a row is an error here, and so is an interval that cannot be told. Close it after use.
func OpenCandles(path string, opt CandleOptions) (*Candles, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	c, err := NewCandles(file, path, opt)
	if err != nil {
		_ = file.Close() // it was only read from
		return nil, err
	}
	c.file = file
	return c, nil
}

// NewCandles is OpenCandles for what is open already; name stands for it in errors. Closing r is left to the caller.
func NewCandles(r io.Reader, name string, opt CandleOptions) (*Candles, error) {
	switch {
	case opt.Symbol == "":
		return nil, fmt.Errorf("feed: candles: Symbol is empty")
	case opt.Interval < 0:
		return nil, fmt.Errorf("feed: candles: Interval %s is negative", opt.Interval)
	case opt.Policy != Refuse && opt.Policy != Skip:
		return nil, fmt.Errorf("feed: candles: Policy %d is neither Refuse nor Skip", opt.Policy)
	}
	c := &Candles{opt: opt, report: CandleReport{Name: name}}
	var err error
	if c.lines, err = newLines(r); err != nil {
		return nil, fmt.Errorf("%s:1: %w", name, err)
	}
	if err := c.readHeader(); err != nil {
		return nil, err
	}
	if err := c.lookAhead(); err != nil {
		return nil, err
	}
	c.report.Interval = c.opt.Interval
	return c, nil
}

func (c *Candles) readHeader() error {
	line, err := c.lines.next()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: the file is empty", c.report.Name)
	}
	if err == nil {
		err = c.table.header(line)
	}
	if err != nil {
		return c.atLine(err)
	}
	return nil
}

// atLine says where something went wrong.
func (c *Candles) atLine(err error) error {
	return fmt.Errorf("%s:%d: %w", c.report.Name, c.lines.number, err)
}

// Next returns the next bar, and io.EOF after the last one. An error, too, is returned again by each further call.
func (c *Candles) Next() (signal.Bar, error) {
	for {
		row, err := c.nextRow()
		if errors.Is(err, io.EOF) && c.report.Bars == 0 { // a silent nothing would look like a market that slept
			first := c.report.Findings[0]
			err = fmt.Errorf("%s: no row is a bar; line %d: %s", c.report.Name, first.Line, first.Text)
			c.err = err
		}
		if err != nil {
			return signal.Bar{}, err
		}
		c.report.Rows++
		if finding, bad := c.check(&row); bad {
			c.report.add(finding)
			if c.opt.Policy == Refuse {
				c.err, c.ahead = &RowError{Name: c.report.Name, Finding: finding}, nil
			}
			continue
		}
		c.accept(row)
		return row.bar, nil
	}
}

// nextRow is the next row of the file, from those that were read ahead or from a new line.
func (c *Candles) nextRow() (candleRow, error) {
	if len(c.ahead) > 0 {
		row := c.ahead[0]
		c.ahead = c.ahead[1:]
		return row, nil
	}
	return c.readRow()
}

func (c *Candles) readRow() (candleRow, error) {
	if c.err != nil {
		return candleRow{}, c.err
	}
	line, err := c.lines.next()
	if err != nil {
		if c.err = err; !errors.Is(err, io.EOF) {
			c.err = c.atLine(err)
		}
		return candleRow{}, c.err
	}
	row := candleRow{line: c.lines.number}
	row.bar, row.err = c.table.row(line)
	return row, nil
}

// Report returns what was found up to the bar that Next returned last.
func (c *Candles) Report() CandleReport { return c.report.clone() }

// Close closes the file that OpenCandles opened. Next then returns os.ErrClosed.
func (c *Candles) Close() error {
	if c.err == nil || len(c.ahead) > 0 {
		c.err, c.ahead = fmt.Errorf("%s: %w", c.report.Name, os.ErrClosed), nil
	}
	if c.file == nil {
		return nil
	}
	err := c.file.Close()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
