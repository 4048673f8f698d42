package httpfeed_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/signal/feed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	btc    = "BTC/USDT"
	klines = "/klines?symbol={symbol}&since={after_ms}&limit={limit}"
)

var noon = time.Date(2024, 6, 3, 12, 0, 0, 0, time.UTC)

// venue answers with the candles of a synthetic market, the one that is not over yet among them.
func venue(t *testing.T, clk *feed.ReplayClock) *httptest.Server {
	ahead := feed.NewReplayClock(clk.Now().Add(time.Minute))
	market, err := feed.NewSynthetic(feed.SyntheticConfig{Seed: 7, Symbols: []string{btc}, Interval: time.Minute, Clock: ahead})
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ahead.Set(clk.Now().Add(time.Minute))
		since, bad := strconv.ParseInt(r.FormValue("since"), 10, 64)
		limit, worse := strconv.Atoi(r.FormValue("limit"))
		if bad != nil || worse != nil || r.FormValue("symbol") != "BTCUSDT" {
			http.Error(w, "what?", http.StatusBadRequest)
			return
		}
		since = max(since, noon.AddDate(0, 0, -1).UnixMilli())
		batch, err := market.Bars(r.Context(), btc, time.UnixMilli(since-1), limit)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		var rows []string
		for _, b := range batch.Bars {
			rows = append(rows, fmt.Sprintf(`[%d,"%v","%v","%v","%v","%v",0]`, b.Time.UnixMilli(), b.Open, b.High, b.Low, b.Close, b.Volume))
		}
		_, _ = io.WriteString(w, "["+strings.Join(rows, ",")+"]")
	}))
	t.Cleanup(server.Close)
	return server
}
