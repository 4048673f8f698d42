package generator

import (
	"context"
	"slices"
	"time"
)

// pool takes the symbols of one cycle through its slots. Its cycle is over within one Timeout, and each symbol of which
// nothing bad is known is begun within half of one, however many hang:
//
//   - Symbols that ran out of time when they were tried last have slots of their own, as many again. Where there are more
//     of them than slots, those go first that were tried the longest ago, and the rest waits for a later cycle.
//   - The others go first, in their order, with up to Concurrency at work at once. Where those hang, more are begun, evenly
//     over half of Timeout.
//   - What is begun late gets less time, but half of Timeout at least.
//
// It is tempting to have a symbol that hangs give its slot up after a while. With so many slots and no more, either the
// last symbol is begun when all before it were given up, or a Source that is slow and well never gets the time it needs.
type pool struct {
	c     *cycle
	start time.Time     // on the Clock
	half  time.Duration // of Timeout
	ahead lane
	slow  lane
	tick  <-chan time.Time // armed for the next beginning; nil for none
}

// lane is the symbols that wait for slots of one kind.
type lane struct {
	waiting []*report
	all     int // how many there were; of those ahead only
	running int
}

// pass has all symbols worked on, as far as there is time for them.
func (w *pool) pass(ctx context.Context, now time.Time) {
	w.line(now)
	for ctx.Err() == nil {
		w.fill(ctx)
		if len(w.ahead.waiting) == 0 && (len(w.slow.waiting) == 0 || w.slow.running == 0) {
			break
		}
		w.await(ctx)
	}
	for w.ahead.running+w.slow.running > 0 {
		w.settle(ctx, <-w.c.reports)
	}
	for _, r := range w.slow.waiting {
		w.c.leaveOut(ctx, r)
	}
}

// line puts each symbol where it waits.
func (w *pool) line(now time.Time) {
	type slowReport struct {
		*report
		tried time.Time
	}
	var slow []slowReport
	w.ahead.waiting = make([]*report, 0, len(w.c.workers))
	for i, worker := range w.c.workers {
		if w.c.woken && !worker.due(now) {
			continue
		}
		r := &report{worker: worker, index: i, now: now}
		var tried time.Time
		if r.slow, tried = worker.slow(); r.slow {
			slow = append(slow, slowReport{r, tried})
		} else {
			w.ahead.waiting = append(w.ahead.waiting, r)
		}
	}
	slices.SortStableFunc(slow, func(a, b slowReport) int { return a.tried.Compare(b.tried) })
	for _, l := range slow {
		w.slow.waiting = append(w.slow.waiting, l.report)
	}
	w.ahead.all = len(w.ahead.waiting)
}

// fill begins what has a slot.
func (w *pool) fill(ctx context.Context) {
	slots := w.c.g.cfg.Concurrency
	for ctx.Err() == nil && len(w.slow.waiting) > 0 && w.slow.running < slots && w.since() <= w.half {
		w.begin(ctx, &w.slow)
	}
	for ctx.Err() == nil && len(w.ahead.waiting) > 0 && (w.ahead.running < slots || w.due() <= 0) {
		w.begin(ctx, &w.ahead)
	}
}

func (w *pool) since() time.Duration { return w.c.g.cfg.Clock.Now().Sub(w.start) }

// due is how long the next symbol may wait for a slot.
func (w *pool) due() time.Duration {
	started := w.ahead.all - len(w.ahead.waiting)
	return w.half*time.Duration(started)/time.Duration(w.ahead.all) - w.since()
}

func (w *pool) begin(ctx context.Context, l *lane) {
	r := l.waiting[0]
	l.waiting = l.waiting[1:]
	r.limit = max(w.c.set.timeout-max(w.since(), 0), w.half)
	if w.c.begin(ctx, r) {
		l.running++
	}
}

// await waits for a report, which is settled at once, or until the next symbol is due.
func (w *pool) await(ctx context.Context) {
	select {
	case r := <-w.c.reports: // without an alarm, which costs more than a symbol without news
		w.settle(ctx, r)
		return
	default:
	}
	if w.tick == nil && len(w.ahead.waiting) > 0 {
		w.tick = w.c.g.cfg.Clock.After(max(w.due(), 1))
	}
	select {
	case r := <-w.c.reports:
		w.settle(ctx, r)
	case <-w.tick:
		w.tick = nil
	}
}

func (w *pool) settle(ctx context.Context, r *report) {
	if r.slow {
		w.slow.running--
	} else {
		w.ahead.running--
	}
	w.c.settle(ctx, r)
}
