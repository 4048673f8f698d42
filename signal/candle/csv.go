package candle

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// binance are the columns of Binance's kline files; in newer ones of its futures markets they stand in a header, too.
const binance = "open_time,open,high,low,close,volume,close_time,quote_volume,count," +
	"taker_buy_volume,taker_buy_quote_volume,ignore"

// csvRows reads CSV.
type csvRows struct {
	lines   lines
	columns string // as Config says
	table   table
	started bool
}

func newCSVRows(in *bufio.Reader, cfg Config) *csvRows {
	return &csvRows{lines: lines{in: in}, columns: cfg.Columns, table: newTable(cfg)}
}

func (c *csvRows) line() int { return c.lines.number }

func (c *csvRows) look() *table { return &c.table }

func (c *csvRows) next() (row candleRow, err error) {
	var line []byte
	if !c.started {
		c.started = true
		line, err = c.begin()
	} else {
		line, err = c.lines.next()
	}
	if err != nil {
		return row, err
	}
	row.bar, row.err = c.table.row(line)
	return row, nil
}

// begin returns the first row: the first line, or the one behind it where that is a header.
func (c *csvRows) begin() ([]byte, error) {
	line, err := c.lines.next()
	if errors.Is(err, io.EOF) {
		return nil, errNothing
	}
	if err != nil {
		return nil, err
	}
	data, err := c.find(line)
	if err != nil || data {
		return line, err
	}
	return c.lines.next()
}

// find finds the columns and reports whether the first line is a row.
func (c *csvRows) find(line []byte) (data bool, err error) {
	fields, err := split(line, nil)
	if err != nil {
		return false, err
	}
	if c.columns != "" {
		err = c.table.header([]byte(c.columns))
		at := c.table.at[0]
		return err == nil && at < len(fields) && startsWithDigit(fields[at]), err
	}
	if !startsWithDigit(fields[0]) {
		return false, c.table.header(line)
	}
	if !isKline(fields) {
		return true, fmt.Errorf("there is no header, and the %d columns are not Binance's 12: say what they are (Columns)",
			len(fields))
	}
	return true, c.table.header([]byte(binance))
}

// startsWithDigit tells a timestamp, in any form, from a column's name.
func startsWithDigit(field []byte) bool { return len(field) > 0 && '0' <= field[0] && field[0] <= '9' }

// isKline reports whether a line is one of Binance's: the seventh of its twelve columns is when the bar closes.
func isKline(fields [][]byte) bool {
	if len(fields) != 12 {
		return false
	}
	opens, bad := strconv.ParseInt(string(fields[0]), 10, 64)
	closes, invalid := strconv.ParseInt(string(fields[6]), 10, 64)
	return bad == nil && invalid == nil && closes > opens
}
