package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// A flip closes the long position and opens a short one, and the account stays exact.
func ExampleBook() {
	number := decimal.RequireFromString
	book := book.New(number("1000"))
	at := time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC)
	for _, f := range []trading.Fill{
		{ID: "1", Symbol: "BTC/USDT", Side: trading.Buy, Quantity: number("1"), Price: number("100"), Fee: number("0.04"), Time: at},
		{ID: "2", Symbol: "BTC/USDT", Side: trading.Sell, Quantity: number("3"), Price: number("150"), Fee: number("0.18"), Time: at},
		{ID: "2", Symbol: "BTC/USDT", Side: trading.Sell, Quantity: number("3"), Price: number("150"), Fee: number("0.18"), Time: at}, // again
	} {
		if err := book.Apply(at, journal.Filled{Fill: f}); err != nil {
			fmt.Println(err)
		}
	}
	p := book.Position("BTC/USDT")
	fmt.Printf("holds %s at %s, realized %s, fees %s, cash %s\n", p.Quantity, p.AveragePrice(), p.Realized, p.Fees, book.Cash())
	// Output: holds -2 at 150, realized 50, fees 0.22, cash 1349.78
}

// An Engine follows a signal store with a paper broker, bar by bar.
func ExampleEngine() {
	number := decimal.RequireFromString
	ctx := context.Background()
	clk := clock.NewMock()
	start := time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC)
	clk.Set(start)
	coin := trading.Instrument{Symbol: "BTC/USDT", Tick: number("0.01"), Step: number("0.001")}
	signals := signal.NewMemory(100)
	broker, err := paper.New(paper.Config{
		Instruments: []trading.Instrument{coin}, Cash: number("10000"), FeeRate: number("0.0004"), Clock: clk,
	})
	if err != nil {
		panic(err)
	}
	engine, err := engine.New(engine.Config{
		Signals: signals, Journal: journal.NewMemory(), Broker: broker, Instruments: []trading.Instrument{coin},
		Size:    size.FixedNotional{Amount: number("1000")},
		Risk:    risk.Limits{MaxPosition: number("2000"), MaxOrder: number("2000"), MaxDailyLoss: number("500")},
		Capital: number("10000"), AutoExecute: true, Clock: clk, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	says := func(bar signal.Bar, d signal.Direction) signal.Signal { // a Generator makes them of a Strategy
		return signal.Signal{
			ID: signal.Stream{Strategy: "demo", Symbol: bar.Symbol, Interval: bar.Interval}.ID(bar.Time), Strategy: "demo", Symbol: bar.Symbol,
			Interval: bar.Interval, Direction: d, Confidence: 1, Price: bar.Close, BarTime: bar.Time,
			CreatedAt: bar.End(), ValidUntil: bar.End().Add(bar.Interval),
		}
	}
	for minute, price := range []float64{100, 105, 110} {
		bar := signal.Bar{
			Symbol: coin.Symbol, Time: start.Add(time.Duration(minute) * time.Minute), Interval: time.Minute,
			Open: price, High: price + 1, Low: price - 1, Close: price + 1,
		}
		clk.Add(time.Minute) // the bar is closed now
		if err := broker.OnBar(bar); err != nil {
			panic(err)
		}
		if err := signals.Append(ctx, says(bar, []signal.Direction{signal.Long, signal.Flat, signal.Flat}[minute])); err != nil {
			panic(err)
		}
		if err := engine.Step(ctx); err != nil {
			panic(err)
		}
		s := engine.Status()
		fmt.Printf("%s: %d fills, %d open orders, equity %s\n", bar.End().Format("15:04"), s.Counts.Fills, len(s.Orders), s.Equity)
	}
	// Output:
	// 12:01: 0 fills, 1 open orders, equity 10000
	// 12:02: 1 fills, 1 open orders, equity 10009.4842
	// 12:03: 2 fills, 0 open orders, equity 10048.6486
}

// A ticket turns a signal into a limit order, and guards what it opens with a take-profit and a stop-loss.
func ExampleFixedTicket() {
	number := decimal.RequireFromString
	ctx := context.Background()
	clk := clock.NewMock()
	start := time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC)
	clk.Set(start)
	coin := trading.Instrument{Symbol: "BTC/USDT", Tick: number("0.01"), Step: number("0.001")}
	signals := signal.NewMemory(100)
	broker, err := paper.New(paper.Config{Instruments: []trading.Instrument{coin}, Cash: number("10000"), Clock: clk})
	if err != nil {
		panic(err)
	}
	engine, err := engine.New(engine.Config{
		Signals: signals, Journal: journal.NewMemory(), Broker: broker, Instruments: []trading.Instrument{coin},
		Size:    size.FixedNotional{Amount: number("1000")},
		Ticket:  trading.FixedTicket{Limit: number("0.01"), TakeProfit: number("0.04"), StopLoss: number("0.02")},
		Risk:    risk.Limits{MaxPosition: number("2000"), MaxOrder: number("2000"), MaxDailyLoss: number("500")},
		Capital: number("10000"), AutoExecute: true, Clock: clk, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	for minute, bar := range []signal.Bar{
		{Open: 100, High: 101, Low: 99.5, Close: 100},
		{Open: 100, High: 100.5, Low: 98.5, Close: 99.5}, // through the limit
		{Open: 99.5, High: 104, Low: 99, Close: 103.5},   // through the take-profit
	} {
		bar.Symbol, bar.Interval = coin.Symbol, time.Minute
		bar.Time = start.Add(time.Duration(minute) * time.Minute)
		clk.Add(time.Minute) // the bar is closed now
		if err := broker.OnBar(bar); err != nil {
			panic(err)
		}
		if minute == 0 {
			if err := signals.Append(ctx, signal.Signal{
				ID: signal.Stream{Strategy: "demo", Symbol: bar.Symbol, Interval: bar.Interval}.ID(bar.Time), Strategy: "demo", Symbol: bar.Symbol,
				Interval: bar.Interval, Direction: signal.Long, Confidence: 1, Price: bar.Close, BarTime: bar.Time,
				CreatedAt: bar.End(), ValidUntil: bar.End().Add(time.Hour),
			}); err != nil {
				panic(err)
			}
		}
		if err := engine.Step(ctx); err != nil {
			panic(err)
		}
		s := engine.Status()
		fmt.Printf("%s: equity %s\n", bar.End().Format("15:04"), s.Equity)
		for _, o := range s.Orders {
			fmt.Printf("       %s %s %s at %s%s\n", o.Side, o.Quantity, o.Type, o.LimitPrice.Add(o.StopPrice), strings.TrimSuffix(" "+string(o.Leg), " "))
		}
	}
	// Output:
	// 12:01: equity 10000
	//        buy 10 limit at 99
	// 12:02: equity 10005
	//        sell 10 stop at 97.02 stop_loss
	//        sell 10 limit at 102.96 take_profit
	// 12:03: equity 10039.6
}

// What ends Serve is what trying again does not mend; what to do about it depends on what it is.
func ExampleEngine_Serve() {
	advice := func(err error) string {
		var other *engine.OtherStoreError
		switch {
		case errors.As(err, &other):
			return "the journal follows the store " + other.Expected + ": give it that one back"
		case errors.Is(err, journal.ErrTakenOver):
			return "another process trades on this journal"
		case errors.Is(err, engine.ErrStopped):
			return "it was stopped for good"
		}
		return "look into the log"
	}
	fmt.Println(advice(&engine.OtherStoreError{Expected: "a", Found: "b"}))
	fmt.Println(advice(fmt.Errorf("step: %w", journal.ErrTakenOver)))
	// Output:
	// the journal follows the store a: give it that one back
	// another process trades on this journal
}
