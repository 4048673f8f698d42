package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// A person lifts the halt that they have looked into. One that came meanwhile stands.
func ExampleEngine_Rearm() {
	ctx, number := context.Background(), decimal.RequireFromString
	coins := []trading.Instrument{{Symbol: "BTC/USDT", Tick: number("0.01"), Step: number("0.001")}}
	broker, err := paper.New(paper.Config{Instruments: coins, Cash: number("10000")})
	if err != nil {
		fmt.Println(err)
		return
	}
	trades, err := engine.New(engine.Config{
		Signals: signal.NewMemory(100), Journal: journal.NewMemory(), Broker: broker, Instruments: coins,
		Size: size.FixedNotional{Amount: number("1000")}, Risk: risk.NoLimits(), Capital: number("10000"),
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := errors.Join(trades.Step(ctx), trades.Halt(ctx, "the feed lags")); err != nil {
		fmt.Println(err)
		return
	}
	seen := trades.Status().Halt
	_ = trades.Halt(ctx, "the venue is down")
	err = trades.Rearm(ctx, seen.Seq, "ann")
	fmt.Println(errors.Is(err, engine.ErrOtherHalt), trades.Status().Halt.Reason)
	err = trades.Rearm(ctx, trades.Status().Halt.Seq, "ann")
	fmt.Println(err, trades.Status().Halt.Active())
	// Output:
	// true the feed lags
	// <nil> false
}
