package console_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// margined is an account of which the broker tells the margin of one position, and of another that it has no liquidation.
func margined() engine.Status {
	d := decimal.RequireFromString
	return engine.Status{
		At: noon,
		Positions: []trading.Position{
			{Symbol: "BTC/USDT", Quantity: d("2"), Cost: d("200")}, {Symbol: "ETH/USDT", Quantity: d("1"), Cost: d("10")},
			{Symbol: "SOL/USDT", Quantity: d("1"), Cost: d("10")},
		},
		Margins: map[string]trading.Margin{
			"BTC/USDT": {
				Liquidation: decimal.NewNullDecimal(d("80.5")), Distance: d("0.195"), Maintenance: d("1.25"),
				FundingAt: noon.Add(time.Hour).In(time.FixedZone("", 3600)), Funding: d("-0.11"),
			},
			"ETH/USDT": {},
		},
	}
}

func TestPositionsTellTheirMarginWhereTheBrokerDoes(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{Account: func() (engine.Status, bool) { return margined(), true }})
	want := `[
		{"symbol":"BTC/USDT","quantity":"2","cost":"200","realized":"0","fees":"0","average_price":"100","margin":{"liquidation":"80.5",
			"distance":"0.195","maintenance":"1.25","funding_at":"2026-03-04T13:00:00Z","funding_due":"-0.11"}},
		{"symbol":"ETH/USDT","quantity":"1","cost":"10","realized":"0","fees":"0","average_price":"10",
			"margin":{"liquidation":null,"distance":null}},
		{"symbol":"SOL/USDT","quantity":"1","cost":"10","realized":"0","fees":"0","average_price":"10"}]`
	w := ask(h, http.MethodGet, "/api/positions")
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.JSONEq(t, want, w.Body.String())
	require.Len(t, object(t, ask(h, http.MethodGet, "/api/status"))["positions"], 3)
	require.Contains(t, ask(h, http.MethodGet, "/api/status").Body.String(), `"liquidation":"80.5"`)

	got := rows(t, ask(h, http.MethodGet, "/api/positions?format=csv").Body.String())
	require.Equal(t, map[string]string{
		"symbol": "BTC/USDT", "quantity": "2", "cost": "200", "average_price": "100", "realized": "0", "fees": "0",
		"maintenance": "1.25", "liquidation": "80.5", "distance": "0.195", "funding_at": "2026-03-04T13:00:00Z", "funding_due": "-0.11",
	}, got[0])
	for _, row := range got[1:] {
		for _, column := range []string{"maintenance", "liquidation", "distance", "funding_at", "funding_due"} {
			require.Empty(t, row[column], "%s of %s", column, row["symbol"])
		}
	}
	plain := ask(h, http.MethodGet, "/plain").Body.String()
	require.Contains(t, plain, `<td class="number">80.5</td><td class="number">0.195</td>`)
	require.Contains(t, plain, "-0.11 at 2026-03-04 13:00:00 UTC")
	refused(t, ask(h, http.MethodGet, "/api/positions?symbol=BTC/USDT"), http.StatusBadRequest)
}
