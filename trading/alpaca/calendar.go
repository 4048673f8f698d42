package alpaca

import (
	"slices"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// How much of the venue's calendar is asked for, around the day that is.
const (
	daysBehind = 370 // for bars of the past
	daysOf     = 740 // in all
)

// Calendar are the venue's days of trading, with its holidays and early closes, as hours of a session. Put it into a Config, and
// have the Trader go by it: Check takes the days of a year back and forth over from the venue, and Serve does each six hours.
// Of days that the venue has not told it says what other hours say. It is safe for concurrent use. Use NewCalendar.
type Calendar struct {
	other signal.Hours

	mu          sync.Mutex // guards what is below
	days        []dayHours // of trading, the first ones first
	begin, ends time.Time  // what the venue has told of, in whole days
}

var _ signal.Hours = (*Calendar)(nil)

// NewCalendar returns a Calendar that knows no day yet. Until the venue has told its days, other stands in; nil means closed.
func NewCalendar(other signal.Hours) *Calendar {
	if other == nil {
		other = closed{}
	}
	return &Calendar{other: other}
}

// closed are hours of a market that never opens.
type closed struct{}

// Open implements signal.Hours.
func (closed) Open(string, time.Time) (bool, time.Time) { return false, time.Time{} }

// Open implements signal.Hours. The venue's hours are the same for each symbol.
func (c *Calendar) Open(symbol string, at time.Time) (open bool, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.Before(c.begin) || !at.Before(c.ends) {
		return c.other.Open(symbol, at)
	}
	i := c.afterLocked(at)
	switch {
	case i == len(c.days): // the next one is beyond what was told
		if is, next := c.other.Open(symbol, c.ends); !is && !next.IsZero() {
			return false, next
		}
		return false, c.ends.UTC()
	case c.days[i].has(at):
		return true, c.days[i].closes.UTC()
	}
	return false, c.days[i].opens.UTC()
}

// afterLocked is the first day of trading that is not over at a time.
func (c *Calendar) afterLocked(at time.Time) int {
	i, _ := slices.BinarySearchFunc(c.days, at, func(d dayHours, at time.Time) int {
		if d.closes.After(at) {
			return 1
		}
		return -1
	})
	return i
}

func (c *Calendar) isOpen(at time.Time) bool {
	open, _ := c.Open("", at)
	return open
}

// Holiday is the next day from a time on, on Monday to Friday, without trading, as the venue has told it: its midnight in New
// York.
// The zero time says that none is known.
func (c *Calendar) Holiday(from time.Time) time.Time {
	return c.next(from, func(date time.Time, h dayHours) bool { return h.opens.IsZero() && !isWeekend(date) })
}

// EarlyClose is the next time from a time on at which trading ends earlier than on other days. The zero time says that none is
// known.
func (c *Calendar) EarlyClose(from time.Time) time.Time {
	latest := time.Duration(0)
	at := func(h dayHours) time.Duration {
		return time.Duration(h.closes.Hour())*time.Hour + time.Duration(h.closes.Minute())*time.Minute
	}
	c.mu.Lock()
	for _, d := range c.days {
		latest = max(latest, at(d))
	}
	c.mu.Unlock()
	var closes time.Time
	c.next(from, func(_ time.Time, h dayHours) bool {
		early := !h.opens.IsZero() && at(h) < latest && h.closes.After(from)
		if early {
			closes = h.closes
		}
		return early
	})
	return closes
}

// next is the first day from a time on that is as wanted.
func (c *Calendar) next(from time.Time, is func(date time.Time, h dayHours) bool) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if from.Before(c.begin) || !from.Before(c.ends) {
		return time.Time{}
	}
	byDate := make(map[string]dayHours, len(c.days))
	for _, d := range c.days {
		byDate[d.opens.Format(time.DateOnly)] = d
	}
	for date := midnight(from.In(c.begin.Location()), 0); date.Before(c.ends); date = midnight(date, 1) {
		if is(date, byDate[date.Format(time.DateOnly)]) {
			return date
		}
	}
	return time.Time{}
}

// take takes over what the venue has told of, from one day to another; what it tells no more of at the end is not known.
func (c *Calendar) take(from time.Time, told map[string]dayHours) {
	days := make([]dayHours, 0, len(told))
	for _, d := range told {
		days = append(days, d)
	}
	slices.SortFunc(days, func(a, b dayHours) int { return a.opens.Compare(b.opens) })
	c.mu.Lock()
	defer c.mu.Unlock()
	c.days, c.begin, c.ends = days, midnight(from, 0), midnight(days[len(days)-1].opens, 1)
}

// midnight is the begin of a day, so many days after that of a time.
func midnight(t time.Time, days int) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+days, 0, 0, 0, 0, t.Location())
}

func isWeekend(date time.Time) bool {
	return date.Weekday() == time.Saturday || date.Weekday() == time.Sunday
}
