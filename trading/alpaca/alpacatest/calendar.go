package alpacatest

import (
	"slices"
	"time"
)

// The days of 2025 to 2027 on which the New York Stock Exchange does not open, or closes at 13:00.
var (
	holidays = []string{
		"2025-01-01", "2025-01-09", "2025-01-20", "2025-02-17", "2025-04-18", "2025-05-26", "2025-06-19", "2025-07-04",
		"2025-09-01", "2025-11-27", "2025-12-25",
		"2026-01-01", "2026-01-19", "2026-02-16", "2026-04-03", "2026-05-25", "2026-06-19", "2026-07-03", "2026-09-07",
		"2026-11-26", "2026-12-25",
		"2027-01-01", "2027-01-18", "2027-02-15", "2027-03-26", "2027-05-31", "2027-06-18", "2027-07-05", "2027-09-06",
		"2027-11-25", "2027-12-24",
	}
	earlyCloses = []string{"2025-07-03", "2025-11-28", "2025-12-24", "2026-11-27", "2026-12-24", "2027-11-26"}
)

// hours are when trading opens and closes on the day of a time; false on a day without.
func (v *Venue) hours(t time.Time) (opens, closes time.Time, ok bool) {
	t = t.In(v.newYork)
	at := func(hour, minute int) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), hour, minute, 0, 0, v.newYork)
	}
	day := t.Format(time.DateOnly)
	opens, closes = at(9, 30), at(16, 0)
	if slices.Contains(earlyCloses, day) || slices.Contains(v.cfg.EarlyCloses, day) {
		closes = at(13, 0)
	}
	weekend := t.Weekday() == time.Saturday || t.Weekday() == time.Sunday
	return opens, closes, !weekend && !slices.Contains(holidays, day) && !slices.Contains(v.cfg.Holidays, day)
}

func (v *Venue) isOpen(t time.Time) bool {
	opens, closes, ok := v.hours(t)
	return ok && !t.Before(opens) && t.Before(closes)
}

// next are the next opening and the next close after a time.
func (v *Venue) next(t time.Time) (open, closing time.Time) {
	for day := range 30 {
		opens, closes, ok := v.hours(t.In(v.newYork).AddDate(0, 0, day))
		if ok && open.IsZero() && opens.After(t) {
			open = opens
		}
		if ok && closing.IsZero() && closes.After(t) {
			closing = closes
		}
	}
	return open, closing
}

// midnight is the begin of a day in New York.
func (v *Venue) midnight(t time.Time) time.Time {
	t = t.In(v.newYork)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, v.newYork)
}

// longestCalendar is how many days one question may be about.
const longestCalendar = 20 * 366

// calendarOf tells the days of trading from one date to another, both among them.
func (v *Venue) calendarOf(start, end string) (any, *problem) {
	first, err := v.dateOf(start)
	last, err2 := v.dateOf(end)
	if start == "" {
		first, err = v.midnight(v.Now()), nil
	}
	if end == "" {
		last, err2 = first.AddDate(1, 0, 0), nil
	}
	if err != nil || err2 != nil || last.Sub(first) > longestCalendar*24*time.Hour {
		return nil, no(422, 42210000, "start %q and end %q are no dates at most 20 years apart", start, end)
	}
	days := []map[string]string{}
	for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
		if opens, closes, ok := v.hours(day); ok {
			days = append(days, map[string]string{
				"date": day.Format(time.DateOnly), "open": opens.Format("15:04"), "close": closes.Format("15:04"),
				"session_open": "0400", "session_close": "2000", "settlement_date": v.settles(day),
			})
		}
	}
	return days, nil
}

// dateOf reads a date, which may stand at the begin of a time.
func (v *Venue) dateOf(text string) (time.Time, error) {
	if _, err := time.Parse(time.RFC3339Nano, text); err == nil {
		text = text[:len(time.DateOnly)]
	}
	return time.ParseInLocation(time.DateOnly, text, v.newYork)
}

// settles is the next day of trading, when what was traded on a day is settled.
func (v *Venue) settles(day time.Time) string {
	for {
		day = day.AddDate(0, 0, 1)
		if _, _, ok := v.hours(day); ok {
			return day.Format(time.DateOnly)
		}
	}
}
