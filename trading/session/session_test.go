package session_test

import (
	"fmt"
	"testing"
	"time"
	_ "time/tzdata" // the places must be there wherever the tests run

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/trading/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newYork(t *testing.T) *session.Weekly {
	place, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	var spans []session.Span
	for d := time.Monday; d <= time.Friday; d++ {
		spans = append(spans, session.Span{Day: d, Opens: 9*time.Hour + 30*time.Minute, Closes: 16 * time.Hour})
	}
	w, err := session.NewWeekly(place, spans...)
	require.NoError(t, err)
	return w
}

func TestWeeklyMarket(t *testing.T) {
	t.Parallel()
	w := newYork(t)
	for name, c := range map[string]struct {
		at, until string
		open      bool
	}{
		"before the open":                          {"2025-03-04T14:29:59Z", "2025-03-04T14:30:00Z", false},
		"at the open":                              {"2025-03-04T14:30:00Z", "2025-03-04T21:00:00Z", true},
		"at the close it is closed":                {"2025-03-04T21:00:00Z", "2025-03-05T14:30:00Z", false},
		"over the weekend on which clocks are set": {"2025-03-07T21:00:00Z", "2025-03-10T13:30:00Z", false},
		"in summer time":                           {"2025-03-10T13:30:00Z", "2025-03-10T20:00:00Z", true},
		"over the weekend on which they go back":   {"2025-10-31T20:00:00Z", "2025-11-03T14:30:00Z", false},
		"in the middle of the night, by the place": {"2025-03-04T03:00:00Z", "2025-03-04T14:30:00Z", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, err := time.Parse(time.RFC3339, c.at)
			require.NoError(t, err)
			open, until := w.Open("SPY", at)
			require.Equal(t, c.open, open)
			require.Equal(t, c.until, until.Format(time.RFC3339))
		})
	}
}

func TestSpansThatTouchAreOne(t *testing.T) {
	t.Parallel()
	var forex []session.Span // from Sunday 22:00 to Friday 22:00
	for d := time.Sunday; d <= time.Thursday; d++ {
		forex = append(forex, session.Span{Day: d, Opens: 22 * time.Hour, Closes: 46 * time.Hour})
	}
	w, err := session.NewWeekly(time.UTC, forex...)
	require.NoError(t, err)
	open, until := w.Open("EUR/USD", time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC))
	require.True(t, open)
	require.Equal(t, time.Date(2025, 3, 7, 22, 0, 0, 0, time.UTC), until)
}

func TestMarketThatNeverClosesHasNoNextChange(t *testing.T) {
	t.Parallel()
	whole, err := session.NewWeekly(time.UTC, session.Span{Day: time.Monday, Opens: 0, Closes: 7 * 24 * time.Hour})
	require.NoError(t, err)
	open, until := whole.Open("X", time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC))
	require.True(t, open)
	require.Zero(t, until)
}

func TestCalendarsThatCannotBe(t *testing.T) {
	t.Parallel()
	for want, spans := range map[string][]session.Span{
		"never open":       nil,
		"day 7":            {{Day: 7, Closes: 1}},
		"span 0: Opens":    {{Day: 1, Opens: 24 * time.Hour, Closes: 25 * time.Hour}},
		"span 0: Closes 0": {{Day: 1}},
	} {
		_, err := session.NewWeekly(time.UTC, spans...)
		require.ErrorContains(t, err, want)
	}
	_, err := session.NewWeekly(nil, session.Span{Day: 1, Closes: 1})
	require.ErrorContains(t, err, "place")
}

func ExampleWeekly() {
	w, err := session.NewWeekly(time.UTC, session.Span{Day: time.Tuesday, Opens: 8 * time.Hour, Closes: 17 * time.Hour})
	if err != nil {
		panic(err)
	}
	open, until := w.Open("any", time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC))
	fmt.Println(open, until)
	// Output: true 2025-03-04 17:00:00 +0000 UTC
}
