package candle

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// columnNames are the columns that a file must have, in the order in which table.at keeps them.
var columnNames = [...]string{"timestamp", "open", "high", "low", "close", "volume"}

// openTime is what Binance calls a bar's timestamp.
const openTime = "open_time"

// table reads the lines of a file as rows of candles.
type table struct {
	at     [len(columnNames)]int // where each column is
	format stampFormat           // of the first row whose timestamp could be read; the others have to follow
	fields [][]byte              // reused
}

// header finds the columns by their names.
func (t *table) header(line []byte) error {
	fields, err := split(line, nil)
	if err != nil {
		return err
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = strings.ToLower(string(f))
	}
	if i := slices.Index(names, openTime); i >= 0 && !slices.Contains(names, columnNames[0]) {
		names[i] = columnNames[0]
	}
	var missing []string
	for i, name := range columnNames {
		t.at[i] = slices.Index(names, name)
		if t.at[i] < 0 {
			missing = append(missing, name)
		} else if slices.Contains(names[t.at[i]+1:], name) {
			return fmt.Errorf("the header names the column %s twice", name)
		}
	}
	if missing != nil {
		return fmt.Errorf("the header does not name the column(s) %s", strings.Join(missing, ", "))
	}
	return nil
}

// row reads a line as a bar without symbol and interval.
func (t *table) row(line []byte) (signal.Bar, error) {
	var err error
	if t.fields, err = split(line, t.fields[:0]); err != nil {
		return signal.Bar{}, err
	}
	var columns [len(columnNames)][]byte
	for i, name := range columnNames {
		if t.at[i] >= len(t.fields) {
			return signal.Bar{}, fmt.Errorf("there are %d fields and %s is the one numbered %d", len(t.fields), name, t.at[i]+1)
		}
		columns[i] = t.fields[t.at[i]]
	}
	return t.bar(&columns)
}

// bar reads the texts of the columns, in the order of columnNames.
func (t *table) bar(columns *[len(columnNames)][]byte) (b signal.Bar, err error) {
	at, format, err := parseStamp(string(columns[0]))
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
	return b, nil
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
