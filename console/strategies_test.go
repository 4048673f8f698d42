package console_test

import (
	"net/http"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

func TestStrategiesShowWhatEachOfThemHas(t *testing.T) {
	t.Parallel()
	d := decimal.RequireFromString
	account := func(stakes []book.Stake, ok bool) http.Handler {
		return handler(t, console.Config{Account: func() (engine.Status, bool) { return engine.Status{Stakes: stakes}, ok }})
	}
	h := account([]book.Stake{{
		Position: trading.Position{Symbol: "BTC/USDT", Quantity: d("2"), Cost: d("200"), Realized: d("5"), Fees: d("1")},
		Strategy: "macd", Target: d("3"), Profit: d("25"), Orphan: "on 1m0s",
	}}, true)
	w := ask(h, http.MethodGet, "/api/strategies")
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.JSONEq(t, `[{"strategy":"macd","target":"3","symbol":"BTC/USDT","quantity":"2","cost":"200","realized":"5","fees":"1",
		"average_price":"100","unrealized":"20","profit":"25","net":"24","orphan":"on 1m0s"}]`, w.Body.String())

	w = ask(account(nil, true), http.MethodGet, "/api/strategies")
	require.JSONEq(t, `[]`, w.Body.String())
	require.Equal(t, http.StatusServiceUnavailable, ask(account(nil, false), http.MethodGet, "/api/strategies").Code)
	require.Equal(t, http.StatusNotFound, ask(handler(t, console.Config{}), http.MethodGet, "/api/strategies").Code)
}
