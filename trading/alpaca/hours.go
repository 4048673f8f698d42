package alpaca

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"

	"github.com/seed-5dee1c0a/vigil/health"
)

const (
	daysAhead = 28            // that are compared with the venue's calendar
	compared  = 6 * time.Hour // how often
	namedDays = 3             // of those that differ; of the others their number is told
)

// dayHours are the hours of a day of trading.
type dayHours struct{ opens, closes time.Time }

func (h dayHours) has(t time.Time) bool { return !t.Before(h.opens) && t.Before(h.closes) }

// hours says where the Config's IsOpen and the venue differ: by its clock, now and at the next opening and close, and by its
// calendar in the days ahead, holidays and early closes among them. "" means that they do not.
func (b *Broker) hours(ctx context.Context) (string, error) {
	if b.client.cfg.IsOpen == nil {
		return "", nil
	}
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		return "", fmt.Errorf("alpaca: the venue's hours are New York's, and no time zones are here: import time/tzdata: %w", err)
	}
	c, err := ask(ctx, b.client, request{what: "ask for the hours"}, (*alpaca.Client).GetClock)
	if err != nil {
		return "", err
	}
	at := c.Timestamp.In(newYork)
	calendar, err := b.calendar(ctx, at, newYork)
	if err != nil {
		return "", err
	}
	if own := b.client.cfg.Calendar; own != nil {
		own.take(midnight(at, -daysBehind), calendar)
	}
	var differ []string
	for day := range daysAhead {
		date := midnight(at, day)
		if why := b.dayDiffers(date, calendar[date.Format(time.DateOnly)]); why != "" {
			differ = append(differ, why)
		}
	}
	if why := b.clockDiffers(c); why != "" && len(differ) == 0 { // as after a closure that the calendar does not have
		differ = append(differ, why)
	}
	if n := len(differ); n > namedDays {
		differ = append(differ[:namedDays], fmt.Sprintf("and on %d more days", n-namedDays))
	}
	return strings.Join(differ, "; "), nil
}

func (b *Broker) clockDiffers(c *alpaca.Clock) string {
	for _, point := range []struct {
		t    time.Time
		open bool
	}{
		{c.Timestamp, c.IsOpen}, {c.NextOpen.Add(-time.Second), false}, {c.NextOpen, true},
		{c.NextClose.Add(-time.Second), true}, {c.NextClose, false},
	} {
		if why := b.differs(point.t, point.open); why != "" {
			return why
		}
	}
	return ""
}

// calendar asks for the days of trading around one, by their dates.
func (b *Broker) calendar(ctx context.Context, at time.Time, newYork *time.Location) (map[string]dayHours, error) {
	what := request{what: "ask for the calendar"}
	from := midnight(at, -daysBehind)
	days, err := ask(ctx, b.client, what, func(c *alpaca.Client) ([]alpaca.CalendarDay, error) {
		return c.GetCalendar(alpaca.GetCalendarRequest{Start: from, End: midnight(from, daysOf)})
	})
	if err != nil {
		return nil, err
	}
	calendar := make(map[string]dayHours)
	for _, d := range days {
		opens, err := time.ParseInLocation("2006-01-02 15:04", d.Date+" "+d.Open, newYork)
		closes, err2 := time.ParseInLocation("2006-01-02 15:04", d.Date+" "+d.Close, newYork)
		if err != nil || err2 != nil || !closes.After(opens) {
			return nil, fmt.Errorf("alpaca: ask for the calendar: the day %q from %q to %q makes no sense", d.Date, d.Open,
				d.Close)
		}
		calendar[d.Date] = dayHours{opens, closes}
	}
	if len(calendar) == 0 {
		return nil, errors.New("alpaca: ask for the calendar: the venue tells no day of trading in two years")
	}
	return calendar, nil
}

// dayDiffers says where a day differs first: by the half hour, and to the second where it opens and closes.
func (b *Broker) dayDiffers(date time.Time, h dayHours) string {
	points := []time.Time{h.opens.Add(-time.Second), h.opens, h.closes.Add(-time.Second), h.closes}
	if h.opens.IsZero() {
		points = nil
	}
	for half := range 48 {
		points = append(points, time.Date(date.Year(), date.Month(), date.Day(), 0, 30*half, 0, 0, date.Location()))
	}
	for _, at := range points {
		if why := b.differs(at, h.has(at)); why != "" {
			return why
		}
	}
	return ""
}

func (b *Broker) differs(at time.Time, open bool) string {
	if b.client.cfg.IsOpen(at) == open {
		return ""
	}
	return fmt.Sprintf("at %s the venue says open: %t", at.UTC().Format(time.RFC3339), open)
}

// tellHours says in health where the hours differ.
func (b *Broker) tellHours(ctx context.Context, differ string) {
	if differ == "" {
		health.Clear(ctx, "hours")
		return
	}
	b.client.cfg.Logger.Error("The hours are not the venue's: mend the session that is configured", "differ", differ)
	health.Raise(ctx, health.Condition{
		Key: "hours", Verdict: health.Degraded, Person: true, Text: "the hours are not the venue's: " + differ,
		Remedy: "mend the session that is configured: its holidays, early closes and time zone",
	})
}

// watchHours compares them again and again until ctx ends.
func (b *Broker) watchHours(ctx context.Context) {
	for b.client.wait(ctx, compared) {
		differ, err := b.hours(ctx)
		if err != nil {
			if ctx.Err() == nil {
				b.client.cfg.Logger.Warn("The hours were not compared with the venue's", "error", err)
			}
			continue
		}
		b.tellHours(ctx, differ)
	}
}
