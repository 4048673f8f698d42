package vigil_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

// A whole trader: a strategy on a market that is made up, a paper account, and all that keeps them awake. Your own Source,
// a Broker in the place of Paper, and a Store of trading/store make it yours.
func ExampleTrader() {
	const coin = "BTC/USDT"
	market, err := feed.NewSynthetic(feed.SyntheticConfig{Symbols: []string{coin}, Interval: 100 * time.Millisecond})
	if err != nil {
		panic(err)
	}
	cross, err := strategy.EMACross{}.Spec()
	if err != nil {
		panic(err)
	}
	started := make(chan struct{})
	trader, err := vigil.New(vigil.Config{
		Source: market, Strategies: []signal.Spec{cross}, Interval: 100 * time.Millisecond,
		Instruments: []trading.Instrument{{Symbol: coin, Tick: number("0.1"), Step: number("0.0001")}},
		Paper:       &paper.Config{Cash: number("5000"), FeeRate: number("0.0004")},
		Logger:      slog.New(slog.DiscardHandler),
		OnEvent: func(e supervisor.Event) {
			if _, ok := e.(supervisor.Started); ok && e.Stamped().Path == "trader/trading/account/engine" {
				close(started)
			}
		},
	})
	if err != nil {
		panic(err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error)
	go func() { stopped <- trader.Serve(ctx) }()
	<-started
	fmt.Println("capital:", trader.Status().Trading.Capital)
	report, err := trader.Kill(ctx, "the example")
	fmt.Println("killed:", report.Done, err)
	fmt.Println("halted:", trader.Status().Trading.Halt.Active())
	cancel()
	fmt.Println("stopped:", <-stopped)
	// Output:
	// capital: 5000
	// killed: true <nil>
	// halted: true
	// stopped: <nil>
}
