package console_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func TestFillsAreReadPageByPage(t *testing.T) {
	t.Parallel()
	var events []journal.Event
	for n := range 50 {
		f := trading.Fill{ID: fmt.Sprint(n), ClientID: "o", Symbol: "BTC/USDT", Side: trading.Sell, Quantity: decimal.New(1, -1),
			Price: decimal.New(100, 0), Time: noon}
		if n%10 == 0 {
			f.Symbol = "ETH/USDT"
		}
		events = append(events, journal.Filled{Fill: f}, journal.Acknowledged{ClientID: "o"})
	}
	h := handler(t, console.Config{History: tell(t, events...)})
	type shown struct {
		Seq                        int64
		At                         time.Time
		ID, Symbol, Side, Quantity string
	}
	all := func(path string) (found []shown, pages int) {
		for at := path; at != ""; pages++ {
			w := ask(h, http.MethodGet, at)
			require.Equal(t, http.StatusOK, w.Code, w.Body)
			var page []shown
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &page))
			found, at = append(found, page...), next(w)
		}
		return found, pages
	}
	found, pages := all("/api/fills?limit=7")
	require.Len(t, found, 50)
	require.Equal(t, 8, pages)
	require.Equal(t, shown{99, noon.Add(98 * time.Second), "49", "BTC/USDT", "sell", "0.1"}, found[0])
	require.Equal(t, int64(1), found[49].Seq)
	found, _ = all("/api/fills?symbol=ETH/USDT&limit=2")
	require.Len(t, found, 5)
	found, _ = all("/api/fills?before=3")
	require.Len(t, found, 1)
	found, _ = all("/api/fills?symbol=XRP/USDT")
	require.Empty(t, found)
	for _, bad := range []string{"limit=1e9", "limit=1000000000", "limit=0", "before=0", "before=x", "symbol=", "from=1"} {
		refused(t, ask(h, http.MethodGet, "/api/fills?"+bad), http.StatusBadRequest)
	}
	broken := handler(t, console.Config{History: brokenHistory{}, Logger: slog.New(slog.DiscardHandler)})
	require.NotContains(t, refused(t, ask(broken, http.MethodGet, "/api/fills"), http.StatusServiceUnavailable).Detail, "fire")
}

func TestBarsAreTheNewestOfASymbol(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{Bars: func(symbol string) (bars []signal.Bar, known bool) {
		for n := range 200 {
			bars = append(bars, signal.Bar{Symbol: symbol, Time: noon.Add(time.Duration(n) * time.Minute), Interval: time.Minute,
				Open: 1, High: 3, Low: 0.5, Close: 2, Volume: float64(n)})
		}
		return bars, symbol == "BTC/USDT"
	}})
	w := ask(h, http.MethodGet, "/api/bars?symbol=BTC/USDT&limit=2")
	require.JSONEq(t, `[
		{"time":"2026-03-04T15:18:00Z","interval":"1m0s","open":1,"high":3,"low":0.5,"close":2,"volume":198},
		{"time":"2026-03-04T15:19:00Z","interval":"1m0s","open":1,"high":3,"low":0.5,"close":2,"volume":199}]`, w.Body.String())
	var all []any
	require.NoError(t, json.Unmarshal(ask(h, http.MethodGet, "/api/bars?symbol=BTC/USDT").Body.Bytes(), &all))
	require.Len(t, all, 100)
	require.Equal(t, "symbol", refused(t, ask(h, http.MethodGet, "/api/bars"), http.StatusBadRequest).Parameter)
	require.Equal(t, "symbol", refused(t, ask(h, http.MethodGet, "/api/bars?symbol=X"), http.StatusNotFound).Parameter)
	refused(t, ask(h, http.MethodGet, "/api/bars?symbol=X&limit=1e9"), http.StatusBadRequest)
}
