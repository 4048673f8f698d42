package console_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/trading/book"
)

func TestPerformanceAddsDaysUp(t *testing.T) {
	t.Parallel()
	d := decimal.RequireFromString
	var days []book.Day
	for _, date := range []string{"2026-02-27", "2026-03-01", "2026-03-02", "2026-03-08", "2026-03-09"} { // Fri, Sun, Mon, Sun, Mon
		days = append(days, book.Day{Day: date, Fills: 2, Volume: d("100.5"), Fees: d("0.1"), Realized: d("3"), Moved: d("-1"),
			PaidIn: d("10"), Equity: decimal.NewNullDecimal(d("1" + date[8:]))})
	}
	days[4].Equity = decimal.NullDecimal{}
	h := handler(t, console.Config{Performance: func() []book.Day { return days }})
	type shown struct {
		From, To, Volume, Fees, Realized, Moved, Net string
		PaidIn                                       string `json:"paid_in"`
		Fills                                        int
		Equity                                       *string
	}
	by := func(period string) (all []shown) {
		w := ask(h, http.MethodGet, "/api/performance"+period)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &all))
		return all
	}
	at := func(text string) *string { return &text }
	require.Len(t, by(""), 5)
	require.Equal(t, by(""), by("?by=day"))
	require.Equal(t, shown{"2026-03-09", "2026-03-09", "100.5", "0.1", "3", "-1", "1.9", "10", 2, nil}, by("")[4])
	require.Equal(t, []shown{
		{"2026-02-23", "2026-03-01", "201", "0.2", "6", "-2", "3.8", "20", 4, at("101")},
		{"2026-03-02", "2026-03-08", "201", "0.2", "6", "-2", "3.8", "20", 4, at("108")},
		{"2026-03-09", "2026-03-09", "100.5", "0.1", "3", "-1", "1.9", "10", 2, nil},
	}, by("?by=week"))
	require.Equal(t, []shown{
		{"2026-02-01", "2026-02-27", "100.5", "0.1", "3", "-1", "1.9", "10", 2, at("127")},
		{"2026-03-01", "2026-03-09", "402", "0.4", "12", "-4", "7.6", "40", 8, nil},
	}, by("?by=month"))
	require.Equal(t, "by", refused(t, ask(h, http.MethodGet, "/api/performance?by=year"), http.StatusBadRequest).Parameter)
	days = nil
	require.Empty(t, by("?by=month"))
}
