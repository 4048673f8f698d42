package generator_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
)

// prices is a Source of three bars.
type prices []float64

func (p prices) Bars(_ context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	open := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	var bars []signal.Bar
	for i, price := range p {
		at := open.Add(time.Duration(i) * time.Minute)
		if at.After(after) && len(bars) < limit {
			bars = append(bars, signal.Bar{Symbol: symbol, Time: at, Interval: time.Minute,
				Open: price, High: price, Low: price, Close: price})
		}
	}
	return signal.Batch{Bars: bars}, nil
}

// above is a strategy that holds a symbol while its price is above a level.
type above struct{ level float64 }

func (above) Warmup() int { return 1 }

func (s above) OnBar(b signal.Bar) (signal.Signal, bool) {
	if b.Close > s.level {
		return signal.Signal{Direction: signal.Long, Confidence: 1 - s.level/b.Close}, true
	}
	return signal.Signal{Direction: signal.Flat, Confidence: 1}, true
}

// A cycle by hand, as a replay or a test drives it. A service calls Serve instead, which runs one every few seconds.
func ExampleGenerator_Cycle() {
	store := signal.NewMemory(0)
	g, err := generator.New(generator.Config{
		Source: prices{90, 125, 80},
		Specs: []signal.Spec{{
			Name: "above", Params: "level=100", New: func() signal.Strategy { return above{level: 100} },
		}},
		Store:    store,
		Symbols:  []string{"BTC/USDT"},
		Interval: time.Minute,
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	result := g.Cycle(ctx, time.Date(2026, 1, 1, 12, 1, 0, 0, time.UTC))
	fmt.Println(result.Bars, "bars,", result.Signals, "signals,", len(result.Errors), "errors")

	signals, _ := store.After(ctx, 0, 10)
	for _, s := range signals {
		fmt.Println(s.Symbol, s.BarTime.Format(time.TimeOnly), s.Direction, s.Confidence, s.Price)
	}
	// Output:
	// 3 bars, 3 signals, 0 errors
	// BTC/USDT 12:00:00 flat 1 90
	// BTC/USDT 12:01:00 long 0.19999999999999996 125
	// BTC/USDT 12:02:00 flat 1 80
}

// A symbol that does not work out is an error of its own, which says where it arose.
func ExampleGenerator_Status() {
	g, err := generator.New(generator.Config{
		Source:   prices{},
		Specs:    []signal.Spec{{Name: "above", New: func() signal.Strategy { panic("not today") }}},
		Store:    signal.NewMemory(0),
		Symbols:  []string{"BTC/USDT"},
		Interval: time.Minute,
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	g.Cycle(context.Background(), time.Now())
	for _, s := range g.Status().Symbols {
		fmt.Println(s.LastError, "| errors in a row:", s.ErrorRun)
	}
	// Output: generator: BTC/USDT: strategy: panic: not today | errors in a row: 1
}

func ExampleGenerator_Pause() {
	g, err := generator.New(generator.Config{
		Source:   prices{90, 125, 80},
		Specs:    []signal.Spec{{Name: "above", New: func() signal.Strategy { return above{level: 100} }}},
		Store:    signal.NewMemory(0),
		Symbols:  []string{"BTC/USDT"},
		Interval: time.Minute,
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	g.Pause()
	fmt.Println(g.Cycle(context.Background(), noon).Bars)
	g.Resume()
	fmt.Println(g.Cycle(context.Background(), noon).Bars)
	// Output:
	// 0
	// 3
}

// stopping is a Source that ends what it is part of once it was asked.
type stopping struct {
	signal.Source
	stop context.CancelFunc
}

func (s stopping) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	defer s.stop()
	return s.Source.Bars(ctx, symbol, after, limit)
}

// A service runs until its context ends, and for no other reason.
func ExampleGenerator_Serve() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	g, err := generator.New(generator.Config{
		Source:   stopping{prices{90, 125, 80}, cancel},
		Specs:    []signal.Spec{{Name: "above", New: func() signal.Strategy { return above{level: 100} }}},
		Store:    signal.NewMemory(0),
		Symbols:  []string{"BTC/USDT"},
		Interval: time.Minute,
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(g.Serve(ctx))
	fmt.Println(g.Status().Cycles, "cycle")
	// Output:
	// context canceled
	// 1 cycle
}

// A program that lets its environment decide asks for it; a Generator reads none.
func ExampleCycleFromEnv() {
	environment := map[string]string{"SIGNAL_GENERATION_INTERVAL": "30"}
	cycle, err := generator.CycleFromEnv(func(name string) (string, bool) { // os.LookupEnv in a program
		value, ok := environment[name]
		return value, ok
	})
	fmt.Println(cycle, err)
	// Output: 30s <nil>
}

// What went wrong says with whom and where, and wraps the cause.
func ExampleError() {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	cfg := replayConfig(signal.NewMemory(0), &now)
	cfg.Symbols, cfg.Source = []string{"BTC"}, sourceFunc(func() ([]signal.Bar, error) { return nil, io.ErrUnexpectedEOF })
	g, err := generator.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	result := g.Cycle(context.Background(), now)
	var failed *generator.Error
	if errors.As(result.Errors[0], &failed) && failed.Kind == generator.KindSource {
		fmt.Println(failed.Symbol, errors.Is(failed, io.ErrUnexpectedEOF))
	}
	// Output: BTC true
}

// What a Generator works on may change while it runs.
func ExampleGenerator_SetSymbols() {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	cfg := replayConfig(signal.NewMemory(0), &now)
	cfg.Symbols = []string{"BTC", "ETH"}
	g, err := generator.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(g.SetSymbols("ETH", "SOL"), g.SetCycle(time.Second), g.SetMinConfidence(0.2))
	g.Cycle(context.Background(), now)
	for _, s := range g.Status().Symbols {
		fmt.Println(s.Symbol, s.LastBar.Format("15:04"), s.DataAge, s.Stale)
	}
	fmt.Println(g.SetSymbols("ETH", "ETH"))
	// Output:
	// <nil> <nil> <nil>
	// ETH 11:59 0s false
	// SOL 11:59 0s false
	// generator: SetSymbols: Symbols[1] "ETH" is there twice
}
