package alpaca_test

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata" // the hours are New York's

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
)

// session is what somebody takes for the hours: from 9:30 on weekdays, but on some dates.
func session(t *testing.T, closes time.Duration, place string, early map[string]time.Duration, closed ...string) func(time.Time) bool {
	t.Helper()
	zone, err := time.LoadLocation(place)
	require.NoError(t, err)
	return func(at time.Time) bool {
		at = at.In(zone)
		date := at.Format(time.DateOnly)
		until, is := early[date]
		if !is {
			until = closes
		}
		since := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second
		weekend := at.Weekday() == time.Saturday || at.Weekday() == time.Sunday
		return !weekend && !slices.Contains(closed, date) && since >= 9*time.Hour+30*time.Minute && since < until
	}
}

func TestHoursThatDifferAreTold(t *testing.T) {
	t.Parallel()
	const newYork = "America/New_York"
	at16 := 16 * time.Hour
	half := map[string]time.Duration{"2026-12-24": 13 * time.Hour}
	for name, c := range map[string]struct {
		isOpen func(time.Time) bool
		want   string
	}{
		"they do not": {session(t, at16, newYork, half, "2026-12-25"), ""},
		"it closes too early": {
			session(t, 13*time.Hour, newYork, half, "2026-12-25"),
			"at 2026-11-30T20:59:59Z the venue says open: true; at 2026-12-01T20:59:59Z the venue says open: true; " +
				"at 2026-12-02T20:59:59Z the venue says open: true; and on 15 more days",
		},
		"it closes too late by a second": {
			session(t, at16+time.Second, newYork, half, "2026-12-25"),
			"at 2026-11-30T21:00:00Z the venue says open: false; at 2026-12-01T21:00:00Z the venue says open: false; " +
				"at 2026-12-02T21:00:00Z the venue says open: false; and on 15 more days",
		},
		"a holiday is not known":  {session(t, at16, newYork, half), "at 2026-12-25T14:30:00Z the venue says open: false"},
		"a half day is not known": {session(t, at16, newYork, nil, "2026-12-25"), "at 2026-12-24T18:00:00Z the venue says open: false"},
		"a day of trading is closed": {
			session(t, at16, newYork, half, "2026-12-25", "2026-12-08"), "at 2026-12-08T14:30:00Z the venue says open: true",
		},
		"the zone is another one": {
			session(t, at16, "America/Chicago", half, "2026-12-25"),
			"at 2026-11-30T14:30:00Z the venue says open: true; at 2026-12-01T14:30:00Z the venue says open: true; " +
				"at 2026-12-02T14:30:00Z the venue says open: true; and on 16 more days",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t)
			s, err := d.broker(t, func(cfg *alpaca.Config) { cfg.IsOpen = c.isOpen }).Check(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.want, s.Hours)
		})
	}
}

func TestHoursThatAreNotToldAreNoHours(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/v2/clock", "/v2/calendar"} {
		d := open(t)
		d.Inject(alpacatest.Fault{Path: path, Status: 500, Times: -1})
		_, err := d.broker(t, func(cfg *alpaca.Config) { cfg.IsOpen = func(time.Time) bool { return true } }).Check(t.Context())
		require.ErrorContains(t, err, "unexpected answer 500", path)
		_, err = d.broker(t).Check(t.Context())
		require.NoError(t, err, "without hours of one's own nothing is asked")
	}
}

// The exchange announces a closure while the trader runs, and a person adds it to the session.
func TestHoursAreComparedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := alpacatest.New(alpacatest.Config{
			Start: time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC), Logger: slog.New(slog.DiscardHandler), Holidays: []string{"2026-12-29"},
		})
		known := session(t, 16*time.Hour, "America/New_York", map[string]time.Duration{"2026-12-24": 13 * time.Hour}, "2026-12-25")
		mended := session(t, 16*time.Hour, "America/New_York", map[string]time.Duration{"2026-12-24": 13 * time.Hour}, "2026-12-25",
			"2026-12-29")
		var mu sync.Mutex // guards known
		transport := &http.Transport{DialContext: v.Dial}
		b, err := alpaca.New(alpaca.Config{
			APIKey: alpacatest.Key, SecretKey: alpacatest.Secret, URL: "http://venue", StreamURL: "ws://venue/stream",
			Transport: transport, Clock: v, Logger: slog.New(slog.DiscardHandler),
			IsOpen: func(at time.Time) bool {
				mu.Lock()
				defer mu.Unlock()
				return known(at)
			},
		})
		require.NoError(t, err)
		registry := health.NewRegistry(health.Config{Clock: clock.New()})
		raised := func() (text string) {
			for _, p := range registry.Report().Parts {
				for _, c := range p.Conditions {
					if c.Key == "hours" && c.Person {
						text = c.Text
					}
				}
			}
			return text
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = v.Listen(ctx) })
		ended := make(chan error, 1)
		go func() { ended <- b.Serve(health.NewContext(ctx, registry.Begin("venue").Part())) }()
		time.Sleep(time.Minute)
		require.Empty(t, raised(), "that day is more than four weeks away")
		time.Sleep(48 * time.Hour)
		require.Contains(t, raised(), "at 2026-12-29T14:30:00Z the venue says open: false")
		v.Inject(alpacatest.Fault{Path: "/v2/calendar", Status: 500, Times: 2})
		mu.Lock()
		known = mended
		mu.Unlock()
		time.Sleep(12 * time.Hour)
		require.NotEmpty(t, raised(), "the venue does not answer")
		time.Sleep(6 * time.Hour)
		require.Empty(t, raised())
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		transport.CloseIdleConnections()
		running.Wait()
		synctest.Wait()
	})
}
