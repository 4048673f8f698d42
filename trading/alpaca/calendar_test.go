package alpaca_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
)

// always is a market that never closes.
type always struct{}

// Open implements signal.Hours.
func (always) Open(string, time.Time) (bool, time.Time) { return true, time.Time{} }

func TestCalendarIsTheVenuesWithItsHolidaysAndEarlyCloses(t *testing.T) {
	t.Parallel()
	newYork, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	at := func(text string) time.Time {
		when, err := time.ParseInLocation("2006-01-02 15:04", text, newYork)
		require.NoError(t, err)
		return when
	}
	d := open(t)
	days := alpaca.NewCalendar(always{})
	b := d.broker(t, func(c *alpaca.Config) { c.Calendar = days })
	is, _ := days.Open("AAPL", at("2026-12-25 11:00"))
	require.True(t, is, "the venue was not asked yet")
	require.Zero(t, days.Holiday(at("2026-11-30 10:00")))
	s, err := b.Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, s.Hours, "they are the venue's own")
	for _, c := range []struct {
		at, until string
		open      bool
	}{
		{"2026-11-30 09:29", "2026-11-30 09:30", false},
		{"2026-11-30 09:30", "2026-11-30 16:00", true},
		{"2026-11-30 16:00", "2026-12-01 09:30", false},
		{"2026-12-24 12:59", "2026-12-24 13:00", true},
		{"2026-12-24 13:00", "2026-12-28 09:30", false}, // a holiday and a weekend
		{"2026-12-25 11:00", "2026-12-28 09:30", false},
		{"2025-12-24 14:00", "2025-12-26 09:30", false}, // of the past
	} {
		is, until := days.Open("AAPL", at(c.at))
		require.Equal(t, c.open, is, c.at)
		require.True(t, until.Equal(at(c.until)), "%s: until %s", c.at, until)
	}
	is, until := days.Open("AAPL", at("2029-12-25 11:00"))
	require.True(t, is, "the venue has not told of it")
	require.Zero(t, until)
	require.Equal(t, "2026-12-25", days.Holiday(at("2026-11-30 10:00")).Format(time.DateOnly))
	require.Equal(t, "2027-01-01", days.Holiday(at("2026-12-26 10:00")).Format(time.DateOnly), "a weekend is none")
	require.True(t, days.EarlyClose(at("2026-11-30 10:00")).Equal(at("2026-12-24 13:00")))
	require.True(t, days.EarlyClose(at("2026-12-24 13:00")).Equal(at("2027-11-26 13:00")), "that of the day is over")
}
