package candle

import (
	"fmt"
	"math"
	"time"
)

// Policy says what a Reader does about a row that is broken or a duplicate.
type Policy int

// The policies.
const (
	Reject Policy = iota // end with a RowError that names the line
	Skip                 // count it, report it, and go on with the next row
)

// Config says how candle files are to be read.
type Config struct {
	Symbol   string        // what the bars are of; of a file of several symbols, which of them
	Interval time.Duration // of the bars; 0 means the most frequent distance between the first rows
	Policy   Policy        // for broken and duplicate rows; a gap is reported and never an error

	// Columns names the columns of CSV files without a header, such as "timestamp,open,close,low,high,volume", and of the
	// rows of JSON. It also takes the place of a header, where a file has one with other names. Names mean what they mean
	// in a header; any other name, such as "_", stands for a column to be left alone. Empty means that the file says it.
	Columns string

	Oldest     time.Time // an older bar is broken: a time in a unit nobody meant is one of 1970; zero means 1990
	PriceScale float64   // what prices are divided by; 0 means 1, and that prices like fixed-point numbers are refused
}

// oldestBar is before any data that is replayed without saying so, and behind what a date or a clock's time comes to
// when it is taken for a Unix time.
var oldestBar = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

func (c Config) oldest() time.Time {
	if c.Oldest.IsZero() {
		return oldestBar
	}
	return c.Oldest
}

func (c Config) validate() error {
	switch {
	case c.Symbol == "":
		return fmt.Errorf("Symbol is empty")
	case c.Interval < 0:
		return fmt.Errorf("Interval %s is negative", c.Interval)
	case c.Policy != Reject && c.Policy != Skip:
		return fmt.Errorf("Policy %d is neither Refuse nor Skip", c.Policy)
	case !(c.PriceScale >= 0) || math.IsInf(c.PriceScale, 1):
		return fmt.Errorf("PriceScale %v is negative or no number", c.PriceScale)
	case c.Columns != "":
		if err := new(columns).header([]byte(c.Columns)); err != nil {
			return fmt.Errorf("Columns: %w", err)
		}
	}
	return nil
}
