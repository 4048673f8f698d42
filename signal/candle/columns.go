package candle

import (
	"fmt"
	"slices"
	"strings"
)

// columnNames are the columns that a file must have, in the order in which columns.at keeps them.
var columnNames = [...]string{"timestamp", "open", "high", "low", "close", "volume"}

// What others call a bar's timestamp, the day of it, the time of day beside that, and the symbol of the row. The first
// name that a header has counts.
var (
	timeNames   = []string{"timestamp", "open_time", "datetime", "date_time", "unix", "unix_timestamp", "ts_event"}
	dayNames    = []string{"date", "day"}
	clockNames  = []string{"time", "time_of_day"}
	symbolNames = []string{"symbol", "ticker", "act_symbol", "pair", "instrument", "market", "stock", "coin", "tic", "code",
		"name"}
)

// columns says where each column is.
type columns struct {
	at     [len(columnNames)]int
	day    int // of the day, where there is one beside a column of the time; -1 for none
	symbol int // of the symbol; -1 for none
}

// plainColumns are those of a JSON row: as columnNames has them, and nothing else.
func plainColumns() columns {
	c := columns{day: -1, symbol: -1}
	for i := range c.at {
		c.at[i] = i
	}
	return c
}

// header finds the columns by their names.
func (c *columns) header(line []byte) error {
	fields, err := split(line, nil)
	if err != nil {
		return err
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = columnName(string(f))
	}
	*c = plainColumns()
	at, day := first(names, timeNames), first(names, dayNames)
	if at < 0 && day >= 0 {
		at = first(names, clockNames) // alone it would be of no day
	}
	switch {
	case at < 0 && day >= 0:
		names[day] = columnNames[0]
	case at >= 0:
		names[at], c.day = columnNames[0], day
	}
	c.symbol = first(names, symbolNames)
	var missing []string
	for i, name := range columnNames {
		c.at[i] = slices.Index(names, name)
		if c.at[i] < 0 {
			missing = append(missing, name)
		} else if slices.Contains(names[c.at[i]+1:], name) {
			return fmt.Errorf("the header names the column %s twice", name)
		}
	}
	if missing != nil {
		return fmt.Errorf("the header does not name the column(s) %s: say what the columns are (Columns)",
			strings.Join(missing, ", "))
	}
	return nil
}

// columnName is a name as it is compared: in small letters, and without the brackets that some programs put around it.
func columnName(field string) string {
	return strings.ReplaceAll(strings.ToLower(strings.Trim(field, "<>[] ")), " ", "_")
}

// first returns where the first of the wanted names stands that there is, or -1.
func first(names, wanted []string) int {
	for _, name := range wanted {
		if i := slices.Index(names, name); i >= 0 {
			return i
		}
	}
	return -1
}
