package alpaca

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// A venue that does not go on behind the token that it is given has nobody wait for ever.
func TestActivitiesEndWhereTheVenueRepeatsItself(t *testing.T) {
	t.Parallel()
	const id = "20261130150000000::1b2f"
	row := func(kind string) string {
		return `{"id":"` + id + `","activity_type":"` + kind + `","transaction_time":"2026-11-30T15:00:00Z","side":"buy",` +
			`"symbol":"AAPL","qty":"1","price":"1","order_id":"0001","net_amount":"0"}`
	}
	asked := 0
	b := inBubble(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		kind, n := "FILL", 1
		switch types := r.URL.Query().Get("activity_types"); {
		case strings.Contains(types, "FEE"):
			kind, n = "FEE", maxActivities // a full page, behind which there is more
		case strings.Contains(types, "SPLIT"):
			kind, n = "SPLIT", maxActivities
		}
		_, _ = w.Write([]byte("[" + strings.Repeat(row(kind)+",", n-1) + row(kind) + "]"))
	}, func(c *Config) { c.Clock = standing(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) })
	from := trading.Cursor{Since: time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC)} // so that none of them is wanted
	page, next, err := b.Fills(t.Context(), from, 10)
	require.ErrorContains(t, err, "the venue repeats "+id)
	require.Empty(t, page)
	require.Equal(t, from, next)
	require.Equal(t, 2, asked)
	events, next, err := b.CashEvents(t.Context(), from, 10)
	require.ErrorContains(t, err, "the venue repeats "+id)
	require.Empty(t, events)
	require.Equal(t, from, next)
	require.Equal(t, 4, asked)
	_, err = b.Conversions(t.Context(), from.Since)
	require.ErrorContains(t, err, "the venue repeats "+id)
	require.Equal(t, 6, asked)
}
