// Package session tells when markets are open. Its calendars satisfy signal.Hours. They are immutable, and safe for
// concurrent use.
package session

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

var _ signal.Hours = (*Weekly)(nil)

// day is the length of a calendar day on a clock that is not set back or forth.
const day = 24 * time.Hour

// Span is a time of the week at which a market is open: from Opens to Closes after midnight of Day, on the clocks of
// the calendar's place.
type Span struct {
	Day    time.Weekday
	Opens  time.Duration // after midnight; from 0 to below 24 h
	Closes time.Duration // after midnight of the same Day, later than Opens by up to a week: it may be another day
}

// Weekly is a market with the same hours every week; of holidays it knows nothing. Use NewWeekly.
type Weekly struct {
	place *time.Location
	spans []Span
}

// NewWeekly returns the calendar of a market in a place. Spans may touch or overlap.
func NewWeekly(place *time.Location, spans ...Span) (*Weekly, error) {
	if place == nil {
		return nil, fmt.Errorf("session: the place is nil")
	}
	if len(spans) == 0 {
		return nil, fmt.Errorf("session: a market without a span is never open")
	}
	for i, s := range spans {
		switch {
		case s.Day < time.Sunday || s.Day > time.Saturday:
			return nil, fmt.Errorf("session: span %d: day %d is none of the week", i, s.Day)
		case s.Opens < 0 || s.Opens >= day:
			return nil, fmt.Errorf("session: span %d: Opens %s is not from 0 to below 24h", i, s.Opens)
		case s.Closes <= s.Opens || s.Closes > s.Opens+7*day:
			return nil, fmt.Errorf("session: span %d: Closes %s is not after Opens %s by at most a week", i, s.Closes, s.Opens)
		}
	}
	return &Weekly{place: place, spans: slices.Clone(spans)}, nil
}

// Open implements signal.Hours; the hours are the same for every symbol. A market that is open at all times of the week
// has no next change.
func (w *Weekly) Open(_ string, at time.Time) (open bool, until time.Time) {
	periods := w.periodsNear(at)
	for _, s := range periods {
		switch {
		case at.Before(s.opens):
			return false, s.opens.UTC()
		case at.Before(s.closes):
			if s.closes.Sub(s.opens) > 2*7*day {
				return true, time.Time{}
			}
			return true, s.closes.UTC()
		}
	}
	return false, time.Time{} // There is always a spell in the next two weeks.
}

// period is a time at which the market is open without a break.
type period struct{ opens, closes time.Time }

// periodsNear lists the spells from a good week before at until two weeks after, joined where they touch.
func (w *Weekly) periodsNear(at time.Time) []period {
	local := at.In(w.place)
	var all []period
	for offset := -15; offset <= 15; offset++ {
		// By the calendar and not in steps of 24 h: where clocks are set, one day of the year has 23 and one 25.
		date := time.Date(local.Year(), local.Month(), local.Day()+offset, 12, 0, 0, 0, w.place)
		for _, s := range w.spans {
			if s.Day == date.Weekday() {
				all = append(all, period{onClock(date, s.Opens), onClock(date, s.Closes)})
			}
		}
	}
	slices.SortFunc(all, func(x, y period) int {
		return cmp.Or(x.opens.Compare(y.opens), x.closes.Compare(y.closes))
	})
	joined := all[:1]
	for _, s := range all[1:] {
		last := &joined[len(joined)-1]
		if s.opens.After(last.closes) {
			joined = append(joined, s)
		} else if s.closes.After(last.closes) {
			last.closes = s.closes
		}
	}
	return joined
}

// onClock is the moment at which the clocks show so long after midnight of date's day.
func onClock(date time.Time, after time.Duration) time.Time {
	seconds, rest := int(after/time.Second), int(after%time.Second)
	return time.Date(date.Year(), date.Month(), date.Day(), 0, 0, seconds, rest, date.Location())
}
