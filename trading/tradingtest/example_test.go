package tradingtest_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// An order is on its way when the process dies that sent it. The next one finds it, and sends nothing.
func ExampleMisbehave() {
	number := decimal.RequireFromString
	ctx, clk := context.Background(), clock.NewMock()
	coin := trading.Instrument{Symbol: "BTC/USDT", Tick: number("0.01"), Step: number("0.001")}
	venue := tradingtest.NewVenue(clk, trading.Traits{RefusesDuplicates: true})
	venue.SetPrice(coin.Symbol, number("100"))
	broker := tradingtest.Misbehave(venue)
	signals, journal := signal.NewMemory(100), journal.NewMemory()
	start := func() *engine.Engine {
		engine, err := engine.New(engine.Config{
			Signals: signals, Journal: journal, Broker: broker, Instruments: []trading.Instrument{coin},
			Size:    size.FixedNotional{Amount: number("1000")},
			Risk:    risk.Limits{MaxPosition: number("2000"), MaxOrder: number("2000"), MaxDailyLoss: number("500")},
			Capital: number("10000"), AutoExecute: true, Clock: clk, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			panic(err)
		}
		return engine
	}
	at := clk.Now().UTC()
	if err := signals.Append(ctx, signal.Signal{
		ID: signal.Stream{Strategy: "demo", Symbol: coin.Symbol, Interval: time.Minute}.ID(at), Strategy: "demo", Symbol: coin.Symbol,
		Interval: time.Minute, Direction: signal.Long, Confidence: 1, Price: 100, BarTime: at,
		CreatedAt: at.Add(time.Minute), ValidUntil: at.Add(time.Hour),
	}); err != nil {
		panic(err)
	}

	broker.Next(tradingtest.Late)
	before := start()
	step(before)
	fmt.Println("the order is", before.Status().Orders[0].Status)
	fmt.Println("delivered:", broker.Deliver(ctx)) // it was on its way, and the process that sent it is gone

	after := start() // over the same journal and venue
	step(after)
	fmt.Println("submitted", broker.Submits(), "time, executed", len(venue.Ledger()), "time")
	fmt.Println("holds", after.Status().Positions[0].Quantity)
	// Output:
	// the order is unknown
	// delivered: [<nil>]
	// submitted 1 time, executed 1 time
	// holds 10
}

func step(engine *engine.Engine) {
	if err := engine.Step(context.Background()); err != nil {
		panic(err)
	}
}
