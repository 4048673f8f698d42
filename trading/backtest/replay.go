// Package backtest runs a strategy and an Engine over bars of the past, one bar at a time, in one goroutine: the same bars
// give the same signals, orders and fills to the last digit.
//
// A replay lives on the bars' own clock. Everything that it drives (generator, engine, broker) must have been given that
// clock, so that validity, data age, the trading day and market hours are those of the bars.
//
// For each bar: the clock moves to the bar's end, the broker fills what was open, the engine books the fills, the
// strategies see the bar, and the engine acts on their signals. What is decided on a bar's close can therefore fill on
// the next bar at the earliest. The first error ends the replay; what was done up to there is in the journal.
package backtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
)

// Clock is the machine's time, which a replay keeps to when it has a Speed.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

// Bars gives the bars of a replay in the order of their ends; io.EOF ends it. A *feed.Candles is one.
type Bars interface {
	Next() (signal.Bar, error)
}

// Config says what a replay drives. All but Speed, Wall and OnBar are required.
type Config struct {
	Bars      Bars
	Clock     interface{ Set(time.Time) }          // what all the rest lives on; a *feed.ReplayClock is one
	Tape      interface{ Push(signal.Bar) error }  // the generator's Source; a *feed.Tape is one
	Broker    interface{ OnBar(signal.Bar) error } // a *paper.Broker is one
	Generator interface {                          // a *signal.Generator is one, with Concurrency 1
		Cycle(ctx context.Context, now time.Time) generator.Result
	}
	Engine interface {
		Step(ctx context.Context) error
	} // a *trading.Engine is one

	// Speed is how much faster than the bars' own times the replay runs: 1 is as it was, 0 as fast as it goes.
	Speed float64
	Wall  Clock            // what Speed is kept on; nil means the machine's clock
	OnBar func(signal.Bar) // called when all is done for a bar; may be nil
}

// Run replays all bars and returns nil at their end, ctx's error when that ends first, and otherwise the first error of
// a part, with the time of the bar. It beats and observes each bar through ctx (see package health).
func Run(ctx context.Context, cfg Config) error {
	if err := cfg.check(); err != nil {
		return err
	}
	if cfg.Wall == nil {
		cfg.Wall = clock.New()
	}
	pace := pacer{speed: cfg.Speed, wall: cfg.Wall}
	for ctx.Err() == nil {
		bar, err := cfg.Bars.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := pace.await(ctx, bar.End()); err != nil {
			return err
		}
		if err := cfg.step(ctx, bar); err != nil {
			return fmt.Errorf("replay of %s at %s: %w", bar.Symbol, bar.Time.Format(time.RFC3339), err)
		}
		health.Beat(ctx)
		health.Observe(ctx, nil)
	}
	return ctx.Err()
}

func (cfg Config) check() error {
	for _, field := range []struct {
		name string
		set  bool
	}{
		{"Bars", cfg.Bars != nil}, {"Clock", cfg.Clock != nil}, {"Tape", cfg.Tape != nil},
		{"Broker", cfg.Broker != nil}, {"Generator", cfg.Generator != nil}, {"Engine", cfg.Engine != nil},
	} {
		if !field.set {
			return fmt.Errorf("backtest: Config.%s is nil", field.name)
		}
	}
	if !(cfg.Speed >= 0) {
		return fmt.Errorf("backtest: Config.Speed %v is negative or no number", cfg.Speed)
	}
	return nil
}

// step does all that one bar brings about. What it drives speaks for nobody: its silences are measured in bars, and the
// machine's clock knows nothing of those.
func (cfg Config) step(ctx context.Context, bar signal.Bar) error {
	ctx = health.NewContext(ctx, nil)
	cfg.Clock.Set(bar.End())
	if err := cfg.Broker.OnBar(bar); err != nil {
		return err
	}
	if err := cfg.Engine.Step(ctx); err != nil {
		return err
	}
	if err := cfg.Tape.Push(bar); err != nil {
		return err
	}
	result := cfg.Generator.Cycle(ctx, bar.End())
	if err := errors.Join(result.Errors...); err != nil {
		return err
	}
	if result.Signals > 0 {
		if err := cfg.Engine.Step(ctx); err != nil {
			return err
		}
	}
	if cfg.OnBar != nil {
		cfg.OnBar(bar)
	}
	return nil
}

// pacer keeps a replay to the speed of its bars: the n-th bar's end comes when it would have come.
type pacer struct {
	speed float64
	wall  Clock
	first time.Time // end of the first bar
	start time.Time // when that was, on the wall
}

func (p *pacer) await(ctx context.Context, end time.Time) error {
	if p.speed == 0 {
		return nil
	}
	if p.start.IsZero() {
		p.first, p.start = end, p.wall.Now()
		return nil
	}
	due := p.start.Add(time.Duration(float64(end.Sub(p.first)) / p.speed))
	wait := due.Sub(p.wall.Now())
	if wait <= 0 {
		return nil
	}
	health.Idle(ctx, due)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-p.wall.After(wait):
		return nil
	}
}
