// Package generator makes signals of bars, in a loop that never stops.
//
// A Generator asks a Source for bars, feeds them to strategies and stores what they say; a Housekeeper keeps the store from
// growing for ever. Both are services: Serve runs them, and Cycle and Prune do one round synchronously, for replays and
// tests. What fails is one symbol's, and is tried again; what could not be stored is offered again.
package generator

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/wake"
)

// Generator asks a Source for new bars in each cycle, feeds them to the strategies of each symbol and stores the
// signals that these make. Use New.
//
// Nothing that a symbol does ends the loop or holds up the others. An error or a panic is that symbol's error, and it
// is tried again in the next cycle. A symbol that does not come back within its Timeout is left behind: the cycle goes
// on without it, it is never run a second time meanwhile, and a cycle after it came back takes it along again. However
// many hang, the others are late by no more than one Timeout. Those that hang are tried as slots of their own allow.
// Its goroutine cannot be killed; where user code ignores its context, that goroutine is all that outlives Serve.
//
// Signals are lost to no fault. What could not be stored is kept and offered again, unchanged, before anything new is
// made. After a restart the strategies are warmed up from the Source's history, and what they say of bars that are
// newer than their newest stored signal is emitted then, as far back as History reaches. Where the Store holds no
// signal of a Stream, the first cycle is where its signals begin. A strategy that panicked starts from a
// fresh value in the same way; one that panics at a certain bar every time keeps its symbol at that bar, and says so in
// each cycle, until it is mended.
//
// A bar that was revised or came late, and a gap, are noticed because the newest bars are asked for again; see
// Config.Rebuild. A bar that is not closed yet, or opens at the time asked from, is left out and counted. Data that is
// older than MaxAge turns health, though the loop turns and the Source answers: the symbol is not up to date. With
// States, strategies that are Stateful go on after a restart where they were, to the last digit.
//
// All methods are safe for concurrent use. Two runs of Serve may overlap, as when one was given up and replaced: a
// symbol belongs to one of them at a time, and a run whose context has ended takes on no further symbol.
type Generator struct {
	cfg          Config // without its ports
	ports        ports
	paused       atomic.Bool
	set          atomic.Pointer[settings] // what may change while it runs; replaced, never changed
	cycleChanged wake.Bell                // rings when the time between cycles changes

	mu       sync.Mutex         // guards the rest
	workers  []*worker          // one for each symbol, in their order; replaced, never changed
	removed  map[string]*worker // of symbols that were taken out, until the next cycle, or until one that hangs is back
	gone     Status             // the sums of those that were let go
	cycles   int
	overruns int
	failures errorRun // cycles in which nothing succeeded
}

// New checks the configuration and returns a Generator that has asked nothing of anybody yet.
func New(cfg Config) (*Generator, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("generator: Config.%w", err)
	}
	cfg.complete()
	ports := cfg.takePorts()
	g := &Generator{cfg: cfg, ports: ports, removed: make(map[string]*worker)}
	g.set.Store(cfg.settings(cfg.Cycle, cfg.MinConfidence))
	for _, symbol := range cfg.Symbols {
		g.workers = append(g.workers, newWorker(&g.cfg, &g.ports, symbol))
	}
	return g, nil
}

// Serve runs a cycle at once and then one at every multiple of Cycle on the Clock, until ctx ends; it returns ctx's
// error and ends for no other reason. A cycle that is still running when the next one is due has overrun: that is
// counted, the ones it ran into are left out, and the next begins at the next multiple.
//
// The loop shows that it lives while it waits as well, every eighth of Cycle and every second at least: under a
// supervisor's Stall of two cycles, a hang is seen within two cycles and a tick of the watch, wherever it is.
//
// Where the Source is a Waker, a bar that arrives in between begins a cycle of its own at once, or a hundredth of Cycle
// after the last one began: a source that wakes without end cannot do more. Such a cycle leaves out the symbols that no
// new bar is due for, and those that failed the last time.
func (g *Generator) Serve(ctx context.Context) error {
	g.cfg.Logger.Info("Signal generation started", "interval", g.set.Load().cycle, "symbols", g.symbols())
	wait := waiter{g: g}
	woken := false
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		wait.listen() // before anything is read, so that no bar falls in between
		start, cycle := g.cfg.Clock.Now(), g.set.Load().cycle
		g.cycle(ctx, start, woken)
		health.Ready(ctx)
		var err error
		if woken, err = wait.until(ctx, g.next(start, cycle, woken), start.Add(max(cycle/wakeLimit, 1))); err != nil {
			return err
		}
	}
}

// next is when the cycle after the one that began at start is due, now that this one has ended.
func (g *Generator) next(start time.Time, cycle time.Duration, woken bool) time.Time {
	due := multiple(start, cycle)
	now := g.cfg.Clock.Now()
	// One that was woken, or that began between two multiples as the first one does, may be under way when the next is
	// due: that one is only late.
	if woken || !now.After(due) || now.Sub(start) <= cycle {
		return due
	}
	g.mu.Lock()
	g.overruns++
	g.mu.Unlock()
	g.cfg.Logger.Warn("Generation cycle overran", "duration", now.Sub(start), "interval", cycle)
	late := now.Sub(due)
	leftOut := (late + cycle - 1) / cycle // due itself and those up to now; one that is due now is not late
	return due.Add(leftOut * cycle)
}

// multiple is the first multiple of cycle after t.
func multiple(t time.Time, cycle time.Duration) time.Time { return t.Truncate(cycle).Add(cycle) }

// Pause lets the cycles go on without generating anything, from the next one on. The loop still beats, and no verdict
// turns on it. Pausing a paused Generator does nothing.
func (g *Generator) Pause() { g.paused.Store(true) }

// Resume ends a Pause. The bars of the meantime are taken up like those of a short downtime: late, and none left out.
func (g *Generator) Resume() { g.paused.Store(false) }

// Paused reports whether the Generator is paused.
func (g *Generator) Paused() bool { return g.paused.Load() }
