package vigil_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

// always is a strategy that has made up its mind.
type always struct{ direction signal.Direction }

func (always) Warmup() int { return 1 }

func (a always) OnBar(signal.Bar) (signal.Signal, bool) {
	return signal.Signal{Direction: a.direction, Confidence: 1}, true
}

// Two strategies share an account and trade one instrument. What they ask for is netted, so that the account holds the
// difference, and Status tells what each of them has.
func ExampleConfig_shares() {
	const coin = "BTC/USDT"
	market, err := feed.NewSynthetic(feed.SyntheticConfig{Symbols: []string{coin}, Interval: 100 * time.Millisecond})
	if err != nil {
		panic(err)
	}
	trader, err := vigil.New(vigil.Config{
		Source: market, Interval: 100 * time.Millisecond,
		Strategies: []signal.Spec{
			{Name: "bull", New: func() signal.Strategy { return always{signal.Long} }},
			{Name: "bear", New: func() signal.Strategy { return always{signal.Short} }},
		},
		Shares:      map[string]decimal.Decimal{"bull": number("0.75"), "bear": number("0.25")},
		Instruments: []trading.Instrument{{Symbol: coin, Tick: number("0.1"), Step: number("0.0001")}},
		Paper:       &paper.Config{Cash: number("5000")},
		Size:        hundredth{},
		Logger:      slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error)
	go func() { stopped <- trader.Serve(ctx) }()
	account := until(trader, func(stakes []book.Stake) bool {
		return len(stakes) == 2 && stakes[0].Quantity.Equal(stakes[0].Target) && stakes[1].Quantity.Equal(stakes[1].Target)
	})
	for _, one := range account {
		fmt.Println(one.Strategy, "holds", one.Quantity, "of", one.Symbol)
	}
	cancel()
	fmt.Println("stopped:", <-stopped)
	// Unordered output:
	// bull holds 0.0075 of BTC/USDT
	// bear holds -0.0025 of BTC/USDT
	// stopped: <nil>
}

// hundredth is a sizer that holds a hundredth of a coin, whatever it costs.
type hundredth struct{}

func (hundredth) Target(s trading.Sizing) (decimal.Decimal, error) {
	return number("0.01").Mul(decimal.NewFromInt(int64(s.Signal.Direction))), nil
}

// until waits for what the strategies hold.
func until(trader *vigil.Trader, held func([]book.Stake) bool) []book.Stake {
	for {
		if account, ok := trader.Account(); ok && held(account.Stakes) {
			return account.Stakes
		}
		<-clock.New().After(10 * time.Millisecond)
	}
}
