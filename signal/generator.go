package signal

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// Generator asks a Source for new bars in each cycle, feeds them to the strategies of each symbol and stores the
// signals that these make. Use NewGenerator.
//
// Nothing that a symbol does ends the loop or holds up the others. An error or a panic is that symbol's error, and it
// is tried again in the next cycle. A symbol that does not come back within its Timeout is left behind: the cycle goes
// on without it, it is never run a second time meanwhile, and the first cycle after it came back takes it along again.
// Its goroutine cannot be killed; where user code ignores its context, that goroutine is all that outlives Serve.
//
// Signals are lost to no fault. What could not be stored is kept and offered again, unchanged, before anything new is
// made. After a restart the strategies are warmed up from the Source's history, and what they say of bars that are
// newer than their newest stored signal is emitted then, as far back as History reaches. Where the Store holds no
// signal of a strategy and symbol, the first cycle is where its signals begin. A strategy that panicked starts from a
// fresh value in the same way; one that panics at a certain bar every time keeps its symbol at that bar, and says so in
// each cycle, until it is mended.
//
// All methods are safe for concurrent use. Two runs of Serve may overlap, as when one was given up and replaced: a
// symbol belongs to one of them at a time, and a run whose context has ended takes on no further symbol.
type Generator struct {
	cfg    GeneratorConfig
	lanes  []*lane // one for each of Symbols, in that order
	paused atomic.Bool

	mu       sync.Mutex // guards the rest
	cycles   int
	overruns int
	failing  errorRun // cycles in which nothing succeeded
}

// NewGenerator checks the configuration and returns a Generator that has asked nothing of anybody yet.
func NewGenerator(cfg GeneratorConfig) (*Generator, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	g := &Generator{cfg: cfg}
	for i, symbol := range cfg.Symbols {
		g.lanes = append(g.lanes, &lane{cfg: &g.cfg, index: i, symbol: symbol})
	}
	return g, nil
}

// Serve runs a cycle at once and then one at every multiple of Cycle on the Clock, until ctx ends; it returns ctx's
// error and ends for no other reason. A cycle that is still running when the next one is due has overrun: that is
// counted, the ones it ran into are left out, and the next begins at the next multiple.
func (g *Generator) Serve(ctx context.Context) error {
	g.cfg.Logger.Info("Background signal generation started", "interval", g.cfg.Cycle, "symbols", g.cfg.Symbols)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := g.cfg.Clock.Now()
		g.Cycle(ctx, start)
		health.Ready(ctx)
		next := g.next(start)
		health.Idle(ctx, next)
		if err := g.sleepUntil(ctx, next); err != nil {
			return err
		}
	}
}

// next is when the cycle after the one that began at start is due, now that this one has ended.
func (g *Generator) next(start time.Time) time.Time {
	due := start.Truncate(g.cfg.Cycle).Add(g.cfg.Cycle)
	now := g.cfg.Clock.Now()
	if !now.After(due) {
		return due
	}
	g.mu.Lock()
	g.overruns++
	g.mu.Unlock()
	g.cfg.Logger.Warn("Generation cycle overran", "duration", now.Sub(start), "interval", g.cfg.Cycle)
	late := now.Sub(due)
	leftOut := (late + g.cfg.Cycle - 1) / g.cfg.Cycle // due itself and those up to now; one that is due now is not late
	return due.Add(leftOut * g.cfg.Cycle)
}

func (g *Generator) sleepUntil(ctx context.Context, at time.Time) error {
	wait := at.Sub(g.cfg.Clock.Now())
	if wait <= 0 { // A mock clock must never see After(d <= 0).
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-g.cfg.Clock.After(wait):
		return nil
	}
}

// Pause lets the cycles go on without generating anything, from the next one on. The loop still beats, and no verdict
// turns on it. Pausing a paused Generator does nothing.
func (g *Generator) Pause() { g.paused.Store(true) }

// Resume ends a Pause. The bars of the meantime are taken up like those of a short downtime: late, and none left out.
func (g *Generator) Resume() { g.paused.Store(false) }

// Paused tells whether the Generator is paused.
func (g *Generator) Paused() bool { return g.paused.Load() }
