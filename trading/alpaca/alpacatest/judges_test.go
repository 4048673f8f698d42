package alpacatest_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/nodejudge"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
)

// Clients that vigil's authors did not write judge the venue. The one for JavaScript comes from npm, at the version of
// testdata/judges/package-lock.json, into a folder of the user's cache.

var judges = nodejudge.New("testdata/judges", "alpacatest-judges")

// judge runs a script of testdata/judges against a venue, and answers what it printed.
func judge(t *testing.T, script, url string) string {
	t.Helper()
	said := judges.Run(t, script, nil, url)
	require.True(t, json.Valid(said), "%s", said)
	return string(said)
}

// The venue's own client for JavaScript: @alpacahq/alpaca-trade-api 4.0.2 of npm. A minute at the venue takes half a second.
func TestOfficialClientTrades(t *testing.T) {
	t.Parallel()
	v := alpacatest.New(alpacatest.Config{
		Start: monday, Scale: 120, Logger: slog.New(slog.DiscardHandler),
		Assets: []alpacatest.Asset{{Symbol: "AAPL", Price: dec("200"), Shortable: true}, {Symbol: "MSFT", Price: dec("400")}},
	})
	v.History("AAPL", []decimal.Decimal{dec("198"), dec("199"), dec("200.5")})
	server := httptest.NewServer(v)
	ctx, cancel := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() { assert.ErrorIs(t, v.Serve(ctx), context.Canceled) })
	t.Cleanup(func() {
		v.CutStreams()
		server.Close()
		cancel()
		serving.Wait()
	})
	require.JSONEq(t, `{
		"account": {"status": "ACTIVE", "cash": "100000", "buyingPower": "200000"}, "open": true,
		"days": ["2026-11-27 09:30 13:00", "2026-11-30 09:30 16:00"], "assets": ["AAPL", "MSFT"], "asset": true,
		"bought": "filled", "resting": "new", "duplicate": "ValidationError 422 client_order_id must be unique",
		"poor": "PermissionError 403 insufficient buying power", "stop": ["stop", "190"],
		"wash": "PermissionError 403 potential wash trade detected. use complex orders: opposite side stop order exists",
		"asked": ["limit", "150", "gtc"], "list": ["limit"], "replaced": ["151", true, "replaced"], "canceled": "canceled",
		"canceledTwice": "ValidationError 422 order is not cancelable, it is already in \"canceled\" state",
		"pair": ["oco", ["held"]],
		"held": "PermissionError 403 insufficient qty available for order (requested: 10, available: 0)", "all": [200],
		"position": {"qty": "10", "side": "long", "qtyAvailable": "10"}, "closed": "sell", "flat": 0,
		"gone": "NotFoundError 404 position does not exist", "bars": [[198, 199], "string"],
		"heard": [["fill", "400", "1", true, "MSFT"], ["MSFT", 400, true]]
	}`, judge(t, "official.mjs", server.URL))
}
