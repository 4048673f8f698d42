// Package candle reads candle files, or a folder of them: CSV, Binance's klines, freqtrade's, exchanges' and Alpaca's
// JSON, plain, gzip or zip, told by what is in them. It takes constant memory, but for a file that begins with its
// newest bar.
//
// It checks each bar and names by line what is missing, doubled or broken; by its Policy it stops there or goes on.
// Nothing is hidden: what is wrong with a file is an error or an Issue, in which nothing is left that a terminal acts
// on. A Reader is safe for concurrent use.
package candle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/seed-5dee1c0a/vigil/internal/printable"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// Reader reads candles, bar by bar, in constant memory. Use Open or New.
//
// What a file is written in is told by what it holds, not by its name:
//
//   - CSV with a header that names timestamp (or open_time, datetime, unix, date, or both date and time), open, high,
//     low, close and volume, in any order and case; other columns are left alone. Of a file with a column of symbols
//     (symbol, ticker, name and the like) the rows of Config.Symbol are read, and the others counted;
//   - CSV without a header: Binance's klines, told by their twelve columns, or what Config.Columns says;
//   - JSON rows [timestamp, open, high, low, close, volume, ...], as freqtrade stores them and exchanges answer, also
//     in the orders of Coinbase, Bitfinex, KuCoin and Kraken, which are told by what the high and the low bound;
//   - JSON objects {"t","o","h","l","c","v"}, as Alpaca answers: in a list, as the list "bars", or as the list of the
//     symbol in the object "bars";
//
// each plain, gzip or in a zip archive. A timestamp is the bar's open: RFC 3339, YYYY-MM-DD with or without HH:MM,
// HH:MM:SS and a fraction (taken as UTC), the same without signs (20210104, 202101040930), a spreadsheet's day number,
// or a Unix time in s, ms, us or ns by its magnitude. The first row of a file decides which, and the others have to
// follow. Nothing before Config.Oldest is taken. Numbers are plain decimals. Blank lines, a byte order mark and
// Windows line ends do no harm; a line or a JSON row of more than 64 KiB does.
//
// Each bar is checked with Bar.Validate, and opens later than half of the one before it, from file to file as well, as
// a generator.Generator takes bars: a day may have 23 hours and a month 28 days. A file whose first times only fall
// begins with its newest bar; it is read whole, at most four million rows, and turned round. Under either Policy it is
// an error if nearly all rows are broken, and if two files are of different markets by their names, by a jump of their
// prices where one follows the other, or by other prices for one bar.
type Reader struct {
	cfg    Config
	opener *opener

	mu     sync.Mutex  // guards all below
	parts  []part      // that were not opened yet, in the order of time
	now    *stream     // the part that is read; nil between two
	ahead  []candleRow // read to detect the interval, not yet returned by Next
	last   candleRow   // the last that was good
	report Report
	prices Prices // of the parts that are over
	err    error  // the end: io.EOF or what went wrong
}

// candleRow is a row that was read, as a bar or as what is wrong with it.
type candleRow struct {
	file   string
	line   int
	number int // of a JSON row, from 1, since many files have them all in one line; 0 in CSV
	bar    signal.Bar
	err    error
}

// Open opens a candle file, a zip archive of them, a folder, or the files that match a pattern of
// filepath.Match, such as data/BTCUSDT-1m-*.zip. Of a folder it takes the files whose names end in .csv, .json, .gz or
// .zip, without those in folders below it. Several files are read in the order of their first bars.
//
// It reads the beginning of each: a file that is missing, empty, in no known form or without a row is an error here,
// and so is an interval that cannot be told. Close it after use.
func Open(path string, cfg Config) (*Reader, error) {
	return OpenContext(context.Background(), path, cfg)
}

// OpenContext is Open, which may wait for somebody to write to a pipe, until ctx ends. What comes later, Close ends.
func OpenContext(ctx context.Context, path string, cfg Config) (*Reader, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("candle: Config.%w", err)
	}
	d := new(opener)
	stop := context.AfterFunc(ctx, d.shut)
	c, err := d.reader(path, cfg)
	if !stop() {
		if c != nil {
			_ = c.Close() // nobody will read from it
		}
		return nil, printable.Error(fmt.Errorf("candle: %s: %w", path, ctx.Err()))
	}
	return c, printable.Error(err)
}

func (d *opener) reader(path string, cfg Config) (*Reader, error) {
	parts, err := findParts(path, d)
	if err != nil {
		return nil, fmt.Errorf("candle: %w", err)
	}
	return newReader(path, parts, d, cfg)
}

// New is Open for one file that is open already; name stands for it in errors. Closing r is left to the
// caller. A zip archive has to be an io.ReaderAt and an io.Seeker too, as files and byte readers are.
func New(r io.Reader, name string, cfg Config) (*Reader, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("candle: Config.%w", err)
	}
	parts, err := partsOf(r, name)
	if err != nil {
		return nil, fmt.Errorf("candle: %w", err)
	}
	c, err := newReader(name, parts, new(opener), cfg)
	return c, printable.Error(err)
}

func newReader(name string, parts []part, d *opener, cfg Config) (*Reader, error) {
	if err := oneMarket(parts); err != nil {
		return nil, fmt.Errorf("candle: %w", err)
	}
	parts, err := inOrder(parts, cfg)
	if err != nil {
		return nil, fmt.Errorf("candle: %w", err)
	}
	c := &Reader{cfg: cfg, opener: d, parts: parts, report: Report{Name: name, Files: len(parts)}}
	if err := c.lookAhead(); err != nil {
		_ = c.Close() // it was only read from
		return nil, fmt.Errorf("candle: %w", err)
	}
	c.report.Interval = c.cfg.Interval
	return c, nil
}

// Next returns the next bar, and io.EOF after the last one. An error, too, is returned again by each further call.
func (c *Reader) Next() (signal.Bar, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, err := c.next()
	if err != nil && !errors.Is(err, io.EOF) {
		err = printable.Error(fmt.Errorf("candle: %w", err))
	}
	return b, err
}

func (c *Reader) next() (signal.Bar, error) {
	for {
		row, err := c.nextRow()
		if errors.Is(err, io.EOF) {
			err = c.atEnd()
			c.err = err
		}
		if err != nil {
			return signal.Bar{}, err
		}
		c.report.Rows++
		if err := c.sameMarket(&row); err != nil {
			c.err, c.ahead = err, nil
			return signal.Bar{}, err
		}
		if issue, bad := c.check(&row); bad {
			c.report.add(issue)
			if c.cfg.Policy == Reject {
				c.err, c.ahead = &RowError{Name: c.report.Name, Issue: issue}, nil
			}
			continue
		}
		c.accept(row)
		return row.bar, nil
	}
}

// nextRow is the next row, from those that were read ahead or from a file.
func (c *Reader) nextRow() (candleRow, error) {
	if len(c.ahead) > 0 {
		row := c.ahead[0]
		c.ahead = c.ahead[1:]
		return row, nil
	}
	return c.readRow()
}

// readRow reads the next row of the file that is open, and goes on to the next file after its last one.
func (c *Reader) readRow() (candleRow, error) {
	for c.err == nil {
		if c.now == nil && len(c.parts) == 0 {
			c.err = io.EOF
			break
		}
		if c.now == nil {
			c.now, c.err = c.parts[0].start(c.cfg)
			c.parts = c.parts[1:]
			continue
		}
		row, err := c.now.next()
		c.report.Others += c.now.others
		c.now.others = 0
		if err == nil {
			return row, nil
		}
		c.prices = c.seen()
		closing := c.now.close()
		c.now = nil
		if !errors.Is(err, io.EOF) {
			c.err = err
		} else if closing != nil {
			c.err = closing
		}
	}
	return candleRow{}, c.err
}

// Report returns what was found up to the bar that Next returned last.
func (c *Reader) Report() Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.report.clone()
}

// Close closes the files that Open opened. Next then returns os.ErrClosed, also one that waits in another goroutine for
// what stands in a pipe.
func (c *Reader) Close() error {
	c.opener.shut()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil || len(c.ahead) > 0 {
		c.err, c.ahead = fmt.Errorf("%s: %w", c.report.Name, os.ErrClosed), nil
	}
	if c.now == nil {
		return nil
	}
	err := c.now.close()
	c.now = nil
	if errors.Is(err, os.ErrClosed) {
		return nil // the door has
	}
	return err
}
