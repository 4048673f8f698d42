package candle

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// table reads the lines of a file as rows of candles.
type table struct {
	columns
	oldest time.Time   // a time before it is refused
	owner  owner       // of the rows, where a column names it
	prices prices      // that were read
	format stampFormat // of the first row whose timestamp could be read; the others have to follow
	fields [][]byte    // reused
}

func newTable(cfg Config) table {
	return table{oldest: cfg.oldest(), owner: newOwner(cfg.Symbol), prices: prices{scale: cfg.PriceScale}}
}

// row reads a line as a bar without symbol and interval. errOthers says that the row is another symbol's.
func (t *table) row(line []byte) (signal.Bar, error) {
	var err error
	if t.fields, err = split(line, t.fields[:0]); err != nil {
		return signal.Bar{}, err
	}
	if t.symbol >= 0 && t.symbol < len(t.fields) {
		if err := t.owner.check(t.fields[t.symbol]); err != nil {
			return signal.Bar{}, err
		}
	}
	var columns [len(columnNames)][]byte
	for i, name := range columnNames {
		if t.at[i] >= len(t.fields) {
			return signal.Bar{}, fmt.Errorf("there are %d fields and %s is the one numbered %d", len(t.fields), name, t.at[i]+1)
		}
		columns[i] = t.fields[t.at[i]]
	}
	var day []byte
	if t.day >= 0 && t.day < len(t.fields) {
		day = t.fields[t.day]
	}
	return t.bar(&columns, day)
}

// bar reads the texts of the columns, in the order of columnNames.
func (t *table) bar(columns *[len(columnNames)][]byte, day []byte) (b signal.Bar, err error) {
	at, format, err := t.stamp(string(columns[0]), string(day))
	if err != nil {
		return b, err
	}
	if t.format == stampUnset {
		t.format = format
	}
	if format != t.format {
		return b, fmt.Errorf("timestamp %s is written as %s, the rows before as %s", columns[0], format, t.format)
	}
	b.Time = at
	for i, value := range []*float64{&b.Open, &b.High, &b.Low, &b.Close, &b.Volume} {
		if *value, err = number(columns[i+1]); err != nil {
			return b, fmt.Errorf("%s %w", columnNames[i+1], err)
		}
	}
	return b, t.prices.take(&b, columns)
}

// stamp reads the time of a row, with the day from a column of its own where the other one has only a time of day.
func (t *table) stamp(text, day string) (at time.Time, format stampFormat, err error) {
	var noClock error
	if day != "" {
		if _, noClock = parseClock(text); noClock == nil {
			at, err = parseDayAndTime(day, text)
			if err == nil {
				err = t.checkTime(at, day+" "+text)
			}
			return at, stampDayAndTime, err
		}
	}
	at, format, err = parseStamp(text)
	if err == nil {
		err = t.checkTime(at, text)
	}
	if err != nil && noClock != nil {
		err = noClock
	}
	return at, format, err
}

// checkTime refuses a time that nothing in the file speaks for: a time in a unit that is not understood is one of 1970.
func (t *table) checkTime(at time.Time, text string) error {
	if !at.Before(t.oldest) {
		return nil
	}
	hint := ""
	if _, err := parseClock(text); err == nil {
		hint = "; a time of day needs a column named date beside it (Columns)"
	}
	return fmt.Errorf("timestamp %.40q would be %s, and nothing before %s is taken unless you say so (Oldest)%s", text,
		at.Format(time.DateTime), t.oldest.Format(time.DateOnly), hint)
}

// number reads a decimal number. strconv would take names and hexadecimal ones as well.
func number(field []byte) (float64, error) {
	for _, c := range field {
		if !('0' <= c && c <= '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, fmt.Errorf("%.40q is not a decimal number", field)
		}
	}
	x, err := strconv.ParseFloat(string(field), 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("%.40q is too large", field)
	} else if err != nil {
		return 0, fmt.Errorf("%.40q is not a decimal number", field)
	}
	return x, nil
}
