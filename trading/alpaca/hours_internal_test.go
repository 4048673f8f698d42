package alpaca

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// telling is a venue that tells its clock and its calendar, each as it stands.
func telling(clock, calendar string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text := `{"status":"ACTIVE"}`
		switch r.URL.Path {
		case "/v2/clock":
			text = clock
		case "/v2/calendar":
			text = calendar
		}
		_, _ = w.Write([]byte(text))
	}
}

const (
	clockOpen = `{"timestamp":"2026-11-30T10:00:00-05:00","is_open":true,"next_open":"2026-12-01T09:30:00-05:00",` +
		`"next_close":"2026-11-30T16:00:00-05:00"}`
	clockClosed = `{"timestamp":"2026-11-30T10:00:00-05:00","is_open":false,"next_open":"2026-12-01T09:30:00-05:00",` +
		`"next_close":"2026-12-01T16:00:00-05:00"}`
	monday = `{"date":"2026-11-30","open":"09:30","close":"16:00"}`
)

// mondayAndTuesday are the only days of trading that anybody knows here.
func mondayAndTuesday(at time.Time) bool {
	at = at.UTC()
	return at.Day()%30 <= 1 && at.Year() == 2026 && at.Sub(at.Truncate(24*time.Hour)) >= 14*time.Hour+30*time.Minute &&
		at.Sub(at.Truncate(24*time.Hour)) < 21*time.Hour
}

// The venue has closed all of a sudden, and its calendar does not know yet.
func TestHoursDifferWhereOnlyTheClockSaysSo(t *testing.T) {
	t.Parallel()
	calendar := "[" + monday + "," + strings.ReplaceAll(monday, "11-30", "12-01") + "]"
	for clock, want := range map[string]string{clockOpen: "", clockClosed: "at 2026-11-30T15:00:00Z the venue says open: false"} {
		b := inBubble(t, telling(clock, calendar), func(c *Config) { c.IsOpen = mondayAndTuesday })
		s, err := b.Check(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, s.Hours)
	}
}

func TestHoursThatMakeNoSenseAreAnError(t *testing.T) {
	t.Parallel()
	for calendar, want := range map[string]string{
		`[]`: "no day of trading",
		`[{"date":"2026-11-30","open":"9h30","close":"16:00"}]`:  `the day "2026-11-30" from "9h30" to "16:00" makes no sense`,
		`[{"date":"tomorrow","open":"09:30","close":"16:00"}]`:   `the day "tomorrow"`,
		`[{"date":"2026-11-30","open":"16:00","close":"09:30"}]`: "makes no sense",
		`{"message":"not a list"}`:                               "unexpected answer 200",
	} {
		b := inBubble(t, telling(clockOpen, calendar), func(c *Config) { c.IsOpen = mondayAndTuesday })
		_, err := b.Check(t.Context())
		require.ErrorContains(t, err, want, calendar)
	}
}

// The calendar is the venue's, and its clock says something else.
func TestCalendarThatTheClockContradictsIsTold(t *testing.T) {
	t.Parallel()
	calendar := "[" + monday + "," + strings.ReplaceAll(monday, "11-30", "12-01") + "]"
	for clock, want := range map[string]string{clockOpen: "", clockClosed: "at 2026-11-30T15:00:00Z the venue says open: false"} {
		b := inBubble(t, telling(clock, calendar), func(c *Config) { c.Calendar = NewCalendar(nil) })
		s, err := b.Check(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, s.Hours)
	}
}
