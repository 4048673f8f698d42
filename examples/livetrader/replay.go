package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/backtest"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

// runReplay trades on a file of candles, on the clock of its bars, beside the API. It ends when the file does.
func (a *app) runReplay(ctx context.Context) error {
	bars := &reported{Reader: a.candles, log: a.log}
	replay, err := a.newReplay(ctx, bars)
	if err != nil {
		return a.unlessInterrupted(ctx, err)
	}
	monitor, err := health.NewMonitor(health.MonitorConfig{
		Registry: a.registry, Interval: a.cfg.healthInterval, Clock: a.clock, Logger: a.log,
	})
	if err != nil {
		return err
	}
	a.log.Info("STARTING PRODUCTION TRADING LOOP")
	services := map[string]supervisor.Service{"health_monitor": monitor, "log": a.logQueue}
	if a.server != nil {
		services["api"] = a.server
	}
	stop := a.beside(ctx, services)
	defer stop()
	bars.ctx = a.part(ctx, replayName)
	err = replay.Run(bars.ctx)
	status := replay.Status()
	a.ended = vigil.Status{Generator: status.Generator, Trading: &status.Engine, Standing: a.standing}
	switch {
	case errors.Is(err, backtest.ErrTick):
		return inFlags{fmt.Errorf("%w: --tick says another", err)}
	case err != nil && ctx.Err() == nil:
		return inFlags{err}
	}
	return nil
}

// part is a context for what health shows under the name.
func (a *app) part(ctx context.Context, name string) context.Context {
	run := a.registry.Begin(treeName + "/" + name)
	run.SetState(health.Stage{State: health.StateRunning, Since: a.clock.Now()})
	return health.NewContext(ctx, run.Part())
}

// beside runs services until the function that it returns is called, which waits for them.
func (a *app) beside(ctx context.Context, services map[string]supervisor.Service) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	for name, s := range services {
		all.Go(func() {
			if err := s.Serve(a.part(ctx, name)); ctx.Err() == nil {
				a.log.Error("Service ended", "service", name, "error", err)
			}
		})
	}
	return func() {
		cancel()
		all.Wait()
	}
}

// newReplay builds what trades on the file. Health, which is the machine's, must not change the result: nothing is asked
// whether an order may open something.
func (a *app) newReplay(ctx context.Context, bars backtest.Bars) (*backtest.Replay, error) {
	specs, shares, err := a.cfg.strategies.specs()
	if err != nil {
		return nil, err
	}
	journal, err := a.db.Claim(ctx)
	if err != nil {
		return nil, fmt.Errorf("--db: %w", err)
	}
	interval := a.candles.Report().Interval
	return backtest.New(backtest.Config{
		Bars: bars, Instruments: []trading.Instrument{a.replayed}, Signals: a.db.Signals(), Journal: journal, Logger: a.log,
		Generator: generator.Config{
			Specs: specs, Interval: interval, Cycle: a.cfg.interval, MinConfidence: a.cfg.minConfidence,
			Validity: max(3*interval, time.Second),
		},
		Paper: paper.Config{Cash: a.cfg.cash, FeeRate: a.cfg.fee, Slippage: a.cfg.slippage},
		Engine: engine.Config{
			Size: a.cfg.sizer(), Shares: shares, Ticket: a.cfg.ticket(), Exits: a.cfg.exits(), Risk: a.cfg.limits(),
			AutoExecute: a.cfg.autoExecute, Fingerprint: a.cfg.fingerprint(specs, shares),
		},
		Speed: a.cfg.speed, Wall: a.clock,
	})
}

// openCandles opens what a replay reads, and looks through it for how fine its prices are.
func (a *app) openCandles(ctx context.Context, closers *[]func() error) error {
	if a.cfg.replay == "" {
		return nil
	}
	candles, err := candle.OpenContext(ctx, a.cfg.replay, a.cfg.candles())
	if err != nil {
		return inFlags{fmt.Errorf("--replay: %w", err)}
	}
	a.candles = candles
	*closers = append(*closers, candles.Close)
	prices, err := candle.Scan(ctx, a.cfg.replay, a.cfg.candles())
	if err != nil {
		return fmt.Errorf("--replay: %w", err)
	}
	if prices.Bars == 0 { // of a pipe, the first rows have to say it
		prices = candles.Prices()
	}
	a.replayed = a.cfg.instrument(prices)
	a.log.Info("Replay instrument", "symbol", a.replayed.Symbol, "tick", a.replayed.Tick, "step", a.replayed.Step,
		"interval", candles.Report().Interval)
	return nil
}

// flagWords puts the flags in the place of the settings of which package candle speaks.
var flagWords = strings.NewReplacer("(Columns)", "(--columns)", "(Oldest)", "(--oldest)",
	"(PriceScale)", "(--price-scale)", "another Symbol", "another one with --symbols", "name it", "name it with --interval")

// inFlags is an error in the words of the flags.
type inFlags struct{ error }

func (e inFlags) Error() string { return flagWords.Replace(e.error.Error()) }
func (e inFlags) Unwrap() error { return e.error }

// reported is a candle file whose findings go to the log and whose counts stand in /health.
type reported struct {
	*candle.Reader
	ctx  context.Context //nolint:containedctx // Next has none, and health hears of a bar through it
	log  *slog.Logger
	seen candle.Report // what has been told
}

// Next returns the next bar, and tells what was found on the way to it.
func (r *reported) Next() (signal.Bar, error) {
	bar, err := r.Reader.Next()
	now := r.Report()
	for _, f := range now.Issues[len(r.seen.Issues):] {
		r.log.Warn("Replay: "+string(f.Kind), "file", f.File, "line", f.Line, "what", flagWords.Replace(f.Text))
	}
	for _, c := range []struct {
		name        string
		now, before int
	}{
		{"bars", now.Bars, r.seen.Bars}, {"gaps", now.Gaps, r.seen.Gaps},
		{"duplicates", now.Duplicates, r.seen.Duplicates}, {"broken", now.Broken, r.seen.Broken},
	} {
		if c.now > c.before {
			health.Count(r.ctx, c.name, int64(c.now-c.before))
		}
	}
	r.seen = now
	return bar, err
}
