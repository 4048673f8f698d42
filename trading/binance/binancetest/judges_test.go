package binancetest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/nodejudge"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

// Clients that vigil's authors did not write judge the venue. Those for JavaScript come from npm, at the versions of
// testdata/judges/package-lock.json, into a folder of the user's cache.

// loopback is a venue where processes can reach it: by http, and by wss, for which a client needs the certificate. GET
// /streams tells how many listen to the account.
type loopback struct {
	venue                    *binancetest.Venue
	url, secure, certificate string
}

func onLoopback(t *testing.T) loopback {
	t.Helper()
	v := binancetest.New(binancetest.Config{Logger: slog.New(slog.DiscardHandler)})
	v.History("BTCUSDT", []decimal.Decimal{dec("59800"), dec("59900"), dec("60000")})
	mux := http.NewServeMux()
	mux.Handle("/", v)
	mux.HandleFunc("GET /streams", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, v.Streams("private")) })
	plain, secure := httptest.NewServer(mux), httptest.NewTLSServer(mux)
	certificate := filepath.Join(t.TempDir(), "venue.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	require.NoError(t, os.WriteFile(certificate, block, 0o600))
	ctx, cancel := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() { assert.ErrorIs(t, v.Serve(ctx), context.Canceled) })
	t.Cleanup(func() {
		v.CutStreams()
		plain.Close()
		secure.Close()
		cancel()
		serving.Wait()
	})
	return loopback{v, plain.URL, strings.Replace(secure.URL, "https", "wss", 1), certificate}
}

var judges = nodejudge.New("testdata/judges", "binancetest-judges")

// judge runs a script of testdata/judges against a venue, and answers what it printed.
func judge(t *testing.T, script string, at loopback) object {
	t.Helper()
	said := judges.Run(t, script, []string{"NODE_EXTRA_CA_CERTS=" + at.certificate}, at.url, at.secure)
	for line := range bytes.Lines(said) { // the connector writes its own log beside it
		if bytes.HasPrefix(line, []byte("{")) {
			return answer{body: line}.object(t)
		}
	}
	t.Fatalf("%s told nothing: %s", script, said)
	return nil
}

// ccxt of JavaScript, and its pro client, which listens to the account: 4.5.84 of npm.
func TestCCXTTrades(t *testing.T) {
	t.Parallel()
	at := onLoopback(t)
	told := judge(t, "ccxt.mjs", at)
	watched := fmt.Sprint(told["watched"]) // two changes that come close together may be told as one
	for _, change := range []string{"filled:0.01 id:market status:closed", "id:stop status:", "id:limit status:canceled"} {
		assert.Contains(t, watched, change)
	}
	delete(told, "watched")
	text, err := json.Marshal(told)
	require.NoError(t, err)
	assert.JSONEq(t, `{
		"market": {"id": "BTCUSDT", "tick": 0.1, "step": 0.001, "least": 50},
		"time": true, "ticker": 60000, "candles": [59800, 59900, 60000], "funding": 0.0001, "tiers": 4, "leverage": 10,
		"bought": {"status": "closed", "filled": 0.01}, "resting": "open",
		"duplicate": "ExchangeError -4116", "poor": "ExchangeError -2019",
		"open": ["limit"], "asked": {"price": 59000, "status": "open"}, "unknown": "OrderNotFound -2013",
		"stop": {"id": true, "status": "open", "trigger": 58000}, "openStops": 1, "stopsLeft": 0,
		"canceled": "canceled", "canceledTwice": "OrderNotFound -2011",
		"trades": [{"price": 60000.1, "amount": 0.01, "fee": 0.3000005, "of": "USDT"}],
		"positions": [{"contracts": 0.01, "side": "long", "entry": 60000.1}],
		"balance": 9999.6999995, "orders": ["market closed", "limit canceled"]
	}`, string(text))
	addsUp(t, at.venue.Ledger(), map[string]decimal.Decimal{"USDT": dec("10000")})
}

// The venue's own connector: @binance/derivatives-trading-usds-futures 38.1.1 of npm.
func TestOfficialConnectorTrades(t *testing.T) {
	t.Parallel()
	at := onLoopback(t)
	told := judge(t, "official.mjs", at)
	text, err := json.Marshal(told)
	require.NoError(t, err)
	assert.JSONEq(t, `{
		"symbols": ["BTCUSDT", "ETHUSDT", "BNBUSDT"],
		"candles": ["59800.00", "59900.00", "60000.00"], "bought": "FILLED", "resting": "NEW",
		"duplicate": "BadRequestError: ClientOrderId is duplicated.", "asked": "NEW", "open": 1,
		"stop": "NEW", "openStops": 1, "askedStop": "NEW", "canceledStop": "200",
		"canceled": "CANCELED", "canceledTwice": "BadRequestError: Unknown order sent.",
		"trades": ["0.010 at 60000.10"], "position": "0.010", "balance": ["USDT"], "account": "9999.69999950",
		"config": false, "brackets": 4, "income": ["COMMISSION"], "listenKey": 64,
		"heard": ["TRADE 60000.10", "1m 60000.10", "BTCUSDT 60000.00"]
	}`, string(text))
	addsUp(t, at.venue.Ledger(), map[string]decimal.Decimal{"USDT": dec("10000")})
}
