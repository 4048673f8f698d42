package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading/backtest"
)

// tapeLength is how many bars of the past a replay's generator can ask for. It asks for new ones only.
const tapeLength = 1024

// replayTree builds the tree that trades on a file of candles, on the clock of its bars. It ends when the file does.
func (a *app) replayTree(ctx context.Context) (*supervisor.Supervisor, error) {
	clk := feed.NewReplayClock(time.Unix(0, 0)) // until the first bar
	tape, err := feed.NewTape(tapeLength)
	if err != nil {
		return nil, err
	}
	sys, err := a.newSystem(ctx, market{source: tape, interval: a.candles.Report().Interval}, clk, 1)
	if err != nil {
		return nil, err
	}
	a.totals.watch(sys)

	tree, err := a.newTree()
	if err != nil {
		return nil, err
	}
	a.log.Info("STARTING PRODUCTION TRADING LOOP")
	return tree, tree.Add(replayName, service(func(ctx context.Context) error {
		bars := &reported{Reader: a.candles, ctx: ctx, log: a.log}
		err := backtest.Run(ctx, backtest.Config{
			Bars: bars, Clock: clk, Tape: tape, Broker: sys.broker, Generator: sys.generator, Engine: sys.engine,
			Speed: a.cfg.speed, Wall: a.clock,
		})
		a.totals.replayed(a.candles.Report())
		if err != nil {
			return err
		}
		a.finish() // the file has ended, and so does the run
		return nil
	}), supervisor.Policy{
		Restart: supervisor.Transient, MaxRestarts: supervisor.NoRestarts, Exhausted: supervisor.Escalate,
	})
}

// openCandles opens what a replay reads.
func (a *app) openCandles(_ context.Context, closers *[]func() error) error {
	if a.cfg.replay == "" {
		return nil
	}
	options := candle.Config{Symbol: a.cfg.symbols[0], Policy: a.cfg.badBars, Columns: a.cfg.columns}
	if a.cfg.origin["interval"] == fromFlag {
		options.Interval = a.cfg.interval
	}
	candles, err := candle.Open(a.cfg.replay, options)
	if err != nil {
		return fmt.Errorf("--replay: %w", err)
	}
	a.candles = candles
	*closers = append(*closers, candles.Close)
	return nil
}

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
	for _, f := range now.Findings[len(r.seen.Findings):] {
		r.log.Warn("Replay: "+string(f.Kind), "file", now.Name, "line", f.Line, "what", f.Text)
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
