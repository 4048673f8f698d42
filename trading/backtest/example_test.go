package backtest_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/backtest"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// A strategy on trial: parts that the replay puts together, on the clock of its bars.
func ExampleNew() {
	const symbol = "BTC/USDT"
	number := decimal.RequireFromString
	candles, err := candle.New(hills(300), "hills.csv", candle.Config{Symbol: symbol})
	check(err)
	cross, err := strategy.EMACross{Fast: 5, Slow: 20}.Spec()
	check(err)
	replay, err := backtest.New(backtest.Config{
		Bars:        candles,
		Instruments: []trading.Instrument{{Symbol: symbol, Tick: number("0.01"), Step: number("0.001")}},
		Generator:   generator.Config{Specs: []signal.Spec{cross}, Interval: time.Minute},
		Paper:       paper.Config{Cash: number("10000"), FeeRate: number("0.0004")},
		Engine: engine.Config{
			Size:        size.FixedNotional{Amount: number("1000")},
			Risk:        risk.Limits{MaxPosition: number("2000"), MaxOrder: number("2000"), MaxDailyLoss: number("500")},
			AutoExecute: true,
		},
	})
	check(err)

	check(replay.Run(context.Background()))
	end := replay.Status()
	fmt.Println(end.Bars, "bars,", end.Engine.Counts.Fills, "fills, equity", end.Engine.Equity.Round(2))
	// Output: 300 bars, 6 fills, equity 10448.22
}

// hills is a file of candles that go up and down.
func hills(n int) *strings.Reader {
	var file strings.Builder
	file.WriteString("timestamp,open,high,low,close,volume\n")
	price := func(i int) float64 { return 100 + 5*math.Sin(float64(i)/15) }
	for i := range n {
		open, end := price(i), price(i+1)
		fmt.Fprintf(&file, "%s,%.2f,%.2f,%.2f,%.2f,1\n", start.Add(time.Duration(i)*time.Minute).Format(time.RFC3339),
			open, max(open, end)+0.1, min(open, end)-0.1, end)
	}
	return strings.NewReader(file.String())
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
