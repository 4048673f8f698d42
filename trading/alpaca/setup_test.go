package alpaca_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the hours are New York's

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
)

func TestHoursThatDifferAreTold(t *testing.T) {
	t.Parallel()
	newYork, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	until := func(closes int) func(time.Time) bool {
		return func(at time.Time) bool {
			at = at.In(newYork)
			minute := at.Hour()*60 + at.Minute()
			return at.Weekday() >= time.Monday && at.Weekday() <= time.Friday && minute >= 9*60+30 && minute < closes*60
		}
	}
	for closes, want := range map[int]string{
		16: "", 13: "2026-11-30T20:59:59Z the venue says open: true", 17: "2026-11-30T21:00:00Z",
	} {
		d := open(t)
		s, err := d.broker(t, func(c *alpaca.Config) { c.IsOpen = until(closes) }).Check(t.Context())
		require.NoError(t, err)
		require.Contains(t, s.Hours, want)
		require.Equal(t, want == "", s.Hours == "")
	}
}
