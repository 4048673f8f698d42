// Minimal is a whole trader with a strategy of its own: copy it. It trades on paper on a market that is made up, or on the
// candles of an address that answers as Binance does, keeps its account in minimal.db, and answers on
// http://127.0.0.1:8000/health.
//
//	go run ./examples/minimal
//	go run ./examples/minimal \
//		'https://api.binance.com/api/v3/klines?symbol={symbol}&interval=1m&startTime={after_ms}&limit={limit}'
package main

import (
	"context"
	"fmt"
	"os"
	ossignal "os/signal"
	"syscall"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/console/serve"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/feed/httpfeed"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

const coin = "BTC/USDT"

// threeInARow goes with three bars that close in one direction.
type threeInARow struct{ up, down int }

func (s *threeInARow) Warmup() int { return 3 }

func (s *threeInARow) OnBar(b signal.Bar) (signal.Signal, bool) {
	switch {
	case b.Close > b.Open:
		s.up, s.down = s.up+1, 0
	case b.Close < b.Open:
		s.up, s.down = 0, s.down+1
	}
	if s.up == 3 {
		return signal.Signal{Direction: signal.Long, Confidence: 0.6}, true
	}
	return signal.Signal{Direction: signal.Short, Confidence: 0.6}, s.down == 3
}

func main() {
	ctx, stop := ossignal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	must(0, run(ctx, os.Args[1:], "minimal.db", "127.0.0.1:8000"))
}

func run(ctx context.Context, urls []string, database, address string) error {
	source, interval := market(urls)
	registry := health.NewRegistry(health.Config{})
	probes := must(healthhttp.New(healthhttp.Config{Registry: registry}))
	api := must(serve.New(serve.Config{Port: must(serve.Listen(address)), Handler: probes}))
	db := must(sqlite.Open(ctx, database, sqlite.Config{}))
	defer func() { _ = db.Close() }()
	return must(vigil.New(vigil.Config{
		Source: source, Interval: interval, Store: db, Registry: registry,
		Strategies:  []signal.Spec{{Name: "three_in_a_row", New: func() signal.Strategy { return &threeInARow{} }}},
		Instruments: []trading.Instrument{{Symbol: coin, Tick: decimal.New(1, -2), Step: decimal.New(1, -5)}},
		Paper:       &paper.Config{FeeRate: decimal.New(4, -4)},
		Services:    []vigil.Child{{Name: "api", Service: api}},
	})).Serve(ctx)
}

// market is where the bars come from.
func market(urls []string) (source signal.Source, interval time.Duration) {
	if len(urls) == 0 {
		interval = 5 * time.Second
		return must(feed.NewSynthetic(feed.SyntheticConfig{Symbols: []string{coin}, Interval: interval})), interval
	}
	return must(httpfeed.New(httpfeed.Endpoint{
		URL: urls[0], Symbols: map[string]string{coin: "BTCUSDT"}, Interval: time.Minute,
	})), time.Minute
}

// must ends the program where a part cannot be built, or where the whole has ended in an error.
func must[T any](part T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, "minimal:", err)
		os.Exit(1) //nolint:revive // nothing has to be put in order by then
	}
	return part
}
