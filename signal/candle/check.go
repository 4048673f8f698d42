package candle

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/printable"
)

// rowsAhead is how many rows are read to detect the interval.
const rowsAhead = 64

// lookAhead reads the first rows, for a file without any and for the interval if it was not given.
func (c *Reader) lookAhead() error {
	want := 1
	if c.cfg.Interval == 0 {
		want = rowsAhead
	}
	for len(c.ahead) < want {
		row, err := c.readRow()
		if err != nil {
			break // Next returns it, after the rows before it
		}
		c.ahead = append(c.ahead, row)
	}
	switch {
	case len(c.ahead) == 0:
		return c.err
	case c.cfg.Interval == 0:
		return c.detectInterval()
	}
	return nil
}

// detectInterval takes the most frequent distance between one row and the next, and of several the shortest.
func (c *Reader) detectInterval() error {
	seen := make(map[time.Duration]int)
	var last time.Time
	var broken *candleRow
	for i, row := range c.ahead {
		if row.err != nil {
			if broken == nil {
				broken = &c.ahead[i]
			}
			continue
		}
		if d := row.bar.Time.Sub(last); !last.IsZero() && d > 0 {
			seen[d]++
		}
		last = row.bar.Time
	}
	var best time.Duration
	for d, n := range seen {
		if n > seen[best] || n == seen[best] && d < best {
			best = d
		}
	}
	if best == 0 {
		return c.noInterval(broken)
	}
	c.cfg.Interval = best
	return nil
}

// noInterval prefers the reason for which rows could not be read to the fact that too few were.
func (c *Reader) noInterval(broken *candleRow) error {
	switch {
	case broken != nil:
		return broken.refused(c.report.Name)
	case c.err != nil && !errors.Is(c.err, io.EOF):
		return c.err
	}
	return fmt.Errorf("%s: the interval cannot be told from the first rows, which takes two of different times; name it",
		c.report.Name)
}

// check completes the row's bar and says what is wrong with it.
func (c *Reader) check(row *candleRow) (Issue, bool) {
	row.bar.Symbol, row.bar.Interval = c.cfg.Symbol, c.cfg.Interval
	err := row.err
	if err == nil {
		err = row.bar.Validate()
	}
	if err != nil {
		return row.issue(Broken, "%s", err), true
	}
	if c.report.Bars == 0 {
		return Issue{}, false
	}
	last := c.last.bar
	if row.bar.Time.Sub(last.Time) > last.Interval/2 { // as a Generator does: a day may have 23 hours, a month 28 days
		return Issue{}, false
	}
	return c.outOfOrder(row), true
}

// outOfOrder says what is wrong with a row that does not come half an interval after the one before it.
func (c *Reader) outOfOrder(row *candleRow) Issue {
	at, last := row.bar.Time.Format(time.RFC3339Nano), c.last.bar
	switch {
	case row.bar.Time.Equal(last.Time):
		what := "as"
		if row.bar != last {
			what = "with other numbers than"
		}
		return row.issue(Duplicate, "the bar of %s again, %s %s", at, what, c.last.place(row.file))
	case row.bar.Time.Before(last.Time):
		return row.issue(Broken, "the bar of %s is older than that of %s", at, c.last.place(row.file))
	}
	return row.issue(Broken, "the bar of %s opens before that of %s ends, and not even half of it is over", at,
		c.last.place(row.file))
}

// issue says what is wrong at the row.
func (r *candleRow) issue(kind IssueKind, format string, args ...any) Issue {
	text := printable.Text(fmt.Sprintf(format, args...))
	if r.number > 0 {
		text = fmt.Sprintf("row %d: %s", r.number, text)
	}
	return Issue{File: printable.Text(r.file), Line: r.line, Kind: kind, Text: text}
}

// refused is the end at a row that cannot be read.
func (r *candleRow) refused(name string) error {
	return &RowError{Name: name, Issue: r.issue(Broken, "%s", r.err)}
}

// place is where the row stands, for a text about a row of the given file.
func (r *candleRow) place(file string) string {
	where := fmt.Sprintf("line %d", r.line)
	if r.number > 0 {
		where = fmt.Sprintf("row %d", r.number)
	}
	if r.file != file {
		where += " of " + r.file
	}
	return where
}

// accept counts a good row, and the gap before it.
func (c *Reader) accept(row candleRow) {
	r := &c.report
	if r.Bars == 0 {
		r.First = row.bar.Time
	} else if silent := row.bar.Time.Sub(c.last.bar.End()); silent > 0 && silent >= r.Interval/2 {
		missing := int((silent-1)/r.Interval) + 1
		r.Missing += missing
		r.add(row.issue(Gap, "no bar for %s from %s on, %d missing", silent,
			c.last.bar.End().Format(time.RFC3339Nano), missing))
	}
	r.Bars++
	r.Last = row.bar.Time
	c.last = row
}
