package vigil_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

// What a person asks of an account that is not there yet is to be asked again.
func ExampleTrader_Flatten() {
	const coin = "BTC/USDT"
	market, _ := feed.NewSynthetic(feed.SyntheticConfig{Symbols: []string{coin}, Interval: time.Minute})
	cross, _ := strategy.EMACross{}.Spec()
	trader, err := vigil.New(vigil.Config{
		Source: market, Strategies: []signal.Spec{cross}, Interval: time.Minute, Paper: &paper.Config{},
		Instruments: []trading.Instrument{{Symbol: coin, Tick: number("0.1"), Step: number("0.0001")}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = trader.Flatten(context.Background(), coin, "the example")
	fmt.Println(errors.Is(err, vigil.ErrNotTrading))
	// Output: true
}

// ticker is a source that knows the price of this moment, beside bars.
type ticker struct{ signal.Source }

func (ticker) Price(string) (price float64, known bool) { return 42_000, true }

// A paper account of a Trader goes by the prices of its source, where it has any, and else by the bars.
func ExampleQuoter() {
	var source signal.Source = ticker{}
	quotes, ok := source.(vigil.Quoter)
	price, known := quotes.Price("BTC/USDT")
	fmt.Println(ok, price, known)
	// Output: true 42000 true
}
