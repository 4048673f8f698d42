package generator

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// Result is what one cycle did.
type Result struct {
	At       time.Time     // the time that the cycle was given
	Duration time.Duration // on the Generator's Clock
	Paused   bool          // the Generator is paused: nothing was done
	Bars     int           // bars that reached the strategies
	Signals  int           // signals stored
	// Succeeded is how many symbols are up to date. A symbol whose Source answered in good order, only without the
	// bar that is due by now, has neither succeeded nor failed.
	Succeeded  int
	NotEmitted NotEmitted // why there were no more
	Errors     []error    // one *Error for each symbol that failed, in the order of Symbols
}

// Cycle takes every symbol up to now once and returns when each is done or left behind; Serve does nothing else than
// call it. It is for whoever drives time himself, such as a replay: with Concurrency 1 the same bars give the same
// signals in the same order. Its time limits stand on the Clock, all else that has to do with time on now.
//
// When ctx ends no further symbol is begun, and those under way get a tenth of Timeout to come back.
func (g *Generator) Cycle(ctx context.Context, now time.Time) Result {
	return g.cycle(ctx, now, false)
}

// cycle is a Cycle, or one that a Waker began.
func (g *Generator) cycle(ctx context.Context, now time.Time, woken bool) Result {
	began := g.cfg.Clock.Now()
	c := g.newCycle(woken)
	c.forget(ctx)
	c.result.At = now
	if g.Paused() {
		c.pause(ctx, now)
	} else {
		c.run(ctx, now)
	}
	c.result.Duration = g.cfg.Clock.Now().Sub(began)
	c.finish(ctx)
	return c.result
}

// cycle is one call of Cycle. All its accounts are settled on the caller's goroutine, so that a log handler that panics
// does so under the caller's guard, and so that the log tells what happened in the order in which it did.
type cycle struct {
	g        *Generator
	set      *settings
	workers  []*worker
	removed  []string     // symbols that health is to forget
	woken    bool         // by the Source
	reports  chan *report // has room for all, so that nobody waits to report; nil with Inline
	failures []*report    // as they came
	result   Result
}

func (g *Generator) newCycle(woken bool) *cycle {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := &cycle{g: g, set: g.set.Load(), workers: g.workers, removed: g.releaseLocked(), woken: woken}
	if !g.cfg.Inline {
		c.reports = make(chan *report, len(g.workers))
	}
	return c
}

// releaseLocked lets go what was taken out and is not busy, and returns which symbols were taken out.
func (g *Generator) releaseLocked() (symbols []string) {
	for symbol, w := range g.removed {
		symbols = append(symbols, symbol)
		if did, ok := w.close(); ok {
			g.gone.sum(did)
			delete(g.removed, symbol)
		}
	}
	return symbols
}

// forget has health forget the symbols that were taken out: nobody is to miss their progress.
func (c *cycle) forget(ctx context.Context) {
	for _, symbol := range c.removed {
		if p := health.FromContext(health.Child(ctx, symbol)); p != nil {
			p.Forget()
		}
	}
}

// report is how one symbol fared.
type report struct {
	worker *worker
	task   *task // of the claim; not for whoever gets the report, who does not own it
	turn   int   // the claim's number
	index  int   // among the cycle's workers
	now    time.Time
	limit  time.Duration // how long it may take
	slow   bool          // it has a slot of those that ran out of time when they were tried last
	spent  bool          // it ran out of time
	work   work
}

func (c *cycle) pause(ctx context.Context, now time.Time) {
	c.result.Paused = true
	for _, w := range c.workers {
		health.Idle(c.part(ctx, w), now.Add(2*c.set.cycle)) // until the next cycle has had its chance
		health.Beat(ctx)
	}
}

// run has each symbol worked on. Waiting for one is waiting for a report, which is settled at once: that is the loop's
// heartbeat, and keeps the log in order. A semaphore (x/sync) bounds as well, but whoever waits in its Acquire settles
// nothing meanwhile.
func (c *cycle) run(ctx context.Context, now time.Time) {
	if !c.g.cfg.Inline && c.g.cfg.Concurrency > 1 {
		w := pool{c: c, start: c.g.cfg.Clock.Now(), half: max(c.set.timeout/2, 1)}
		w.pass(ctx, now)
		return
	}
	for i, w := range c.workers {
		if ctx.Err() != nil {
			break
		}
		r := &report{worker: w, index: i, now: now, limit: c.set.timeout}
		if (!c.woken || w.due(now)) && c.begin(ctx, r) {
			c.settle(ctx, <-c.reports)
		}
	}
}

// begin has one symbol worked on. It reports whether there will be a report of it; where there is none, all is done.
func (c *cycle) begin(ctx context.Context, r *report) (running bool) {
	r.task, r.turn, r.work.err = r.worker.claim(r.now, c.g.cfg.Clock.Now(), c.set)
	switch {
	case r.work.err != nil:
		c.settle(ctx, r)
		return false
	case r.task == nil: // it was let go
		return false
	}
	part := c.part(ctx, r.worker)
	if r.task.loading {
		c.show(part, r.worker)
	}
	if c.g.cfg.Inline {
		c.settle(ctx, c.inline(part, r))
		return false
	}
	go func() { c.reports <- c.process(part, r) }() // ends with attend, which waits no longer than the symbol's limit
	return true
}

// part returns the context that speaks for the symbol's health, and through it for nothing of the loop's: a Source that
// beats must not hide that the loop hangs. A symbol that is up to date says so in each cycle until its next bar is due,
// so its silence begins an Interval after its newest bar's end.
func (c *cycle) part(ctx context.Context, w *worker) context.Context {
	part := health.Child(ctx, w.symbol)
	health.Expect(part, health.Limits{MaxSilence: c.set.maxAge - c.g.cfg.Interval, Remedy: remedySilent})
	return part
}

// remedySilent is what ends a symbol's silence, and its errors.
const remedySilent = "see whether the source answers and has newer bars of the symbol: each cycle asks again"

// settle takes one symbol's report to the books, to health and to the log.
func (c *cycle) settle(ctx context.Context, r *report) {
	defer health.Beat(ctx)
	w := &r.work
	if ctx.Err() != nil && w.err != nil && w.err.Kind != KindLeftBehind && w.err.Stack == "" {
		return // it was told to stop, and that is no fault of the symbol's
	}
	part := health.Child(ctx, r.worker.symbol)
	news := r.worker.setTimedOut(r.spent || w.err != nil && w.err.Kind == KindLeftBehind)
	if news && ctx.Err() == nil { // what a run that has ended says is not heard
		c.show(part, r.worker)
	}
	c.result.Bars += w.bars
	c.result.Signals += w.signals
	c.result.NotEmitted.add(w.notEmitted)
	if w.closed {
		health.Idle(part, r.now.Add(2*c.set.cycle)) // no further ahead: hours may change, and this loop may die
	}
	old, changed := r.worker.age(r.now, c.set, w.closed)
	if changed {
		c.logStale(r)
	}
	if w.faults.mustLog() {
		c.logFaults(r)
	}
	switch {
	case w.err != nil:
		if w.err.Kind == KindData && w.bars > 0 && !old {
			health.Observe(part, nil) // the bars beside the bad one are progress
		}
		health.Observe(part, w.err)
		c.failures = append(c.failures, r)
		c.failed(r)
	case w.upToDate() && !old:
		health.Observe(part, nil)
		c.result.Succeeded++
		c.succeeded(r)
	}
}

// leaveOut passes over a symbol that there was no slot for. Its data grows older all the same.
func (c *cycle) leaveOut(ctx context.Context, r *report) {
	closed := r.worker.closed()
	if closed {
		health.Idle(health.Child(ctx, r.worker.symbol), r.now.Add(2*c.set.cycle))
	}
	if _, changed := r.worker.age(r.now, c.set, closed); changed {
		c.logStale(r)
	}
}

// finish books the cycle as a whole.
func (c *cycle) finish(ctx context.Context) {
	slices.SortFunc(c.failures, func(a, b *report) int { return cmp.Compare(a.index, b.index) })
	for _, r := range c.failures {
		c.result.Errors = append(c.result.Errors, r.work.err)
	}
	stopping := ctx.Err() != nil
	warn := c.count(stopping)
	if stopping {
		return
	}
	switch {
	case c.result.Paused || c.result.Succeeded > 0:
		health.Observe(ctx, nil)
	case len(c.result.Errors) > 0:
		health.Observe(ctx, c.result.Errors[0])
	}
	c.logCycle(warn)
}

// count counts the cycle, and reports whether it was the last of ten in a row in which nothing succeeded.
func (c *cycle) count(stopping bool) (warn bool) {
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	c.g.cycles++
	switch {
	case c.result.Succeeded > 0:
		c.g.failures.end()
	case len(c.result.Errors) > 0 && !stopping:
		warn = c.g.failures.fail(c.result.At)
	}
	return warn
}
