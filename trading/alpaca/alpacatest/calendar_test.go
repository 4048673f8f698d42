package alpacatest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
)

func TestCalendarTellsDaysOfTrading(t *testing.T) {
	t.Parallel()
	c := try(t, monday, func(cfg *alpacatest.Config) {
		cfg.Holidays, cfg.EarlyCloses = []string{"2026-12-02"}, []string{"2026-12-03"}
	})
	hours := make(map[any]string)
	for _, day := range c.get("/v2/calendar?start=2026-11-25&end=2026-12-03").list(t) {
		hours[day["date"]] = day["open"].(string) + " " + day["close"].(string)
	}
	require.Equal(t, map[any]string{
		"2026-11-25": "09:30 16:00", "2026-11-27": "09:30 13:00", "2026-11-30": "09:30 16:00", "2026-12-01": "09:30 16:00",
		"2026-12-03": "09:30 13:00",
	}, hours)
	require.Len(t, c.get("/v2/calendar?start=2025-01-01&end=2025-12-31").list(t), 250)
	require.Len(t, c.get("/v2/calendar?start=2026-01-01&end=2026-12-31").list(t), 250) // 251 but for the holiday of the test
	require.Equal(t, 422, c.get("/v2/calendar?start=soon").status)
}

func TestClockAgreesWithTheCalendar(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]struct {
		open       bool
		next, ends string
	}{
		"2026-11-27T14:29:00Z": {false, "2026-11-27T14:30:00Z", "2026-11-27T18:00:00Z"}, // a half day
		"2026-11-27T17:59:00Z": {true, "2026-11-30T14:30:00Z", "2026-11-27T18:00:00Z"},
		"2026-11-27T18:00:00Z": {false, "2026-11-30T14:30:00Z", "2026-11-30T21:00:00Z"},
		"2026-07-03T15:00:00Z": {false, "2026-07-06T13:30:00Z", "2026-07-06T20:00:00Z"}, // the fourth is a Saturday
	} {
		now, err := time.Parse(time.RFC3339, at)
		require.NoError(t, err)
		o := try(t, now).get("/v2/clock").object(t)
		require.Equal(t, want.open, o["is_open"], at)
		for name, text := range map[string]string{"next_open": want.next, "next_close": want.ends} {
			told, err := time.Parse(time.RFC3339, o[name].(string))
			require.NoError(t, err)
			require.Equal(t, text, told.UTC().Format(time.RFC3339), "%s at %s", name, at)
		}
	}
}
