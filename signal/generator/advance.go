package generator

import (
	"context"
	"errors"
	"fmt"
	"github.com/seed-5dee1c0a/vigil/signal"
	"time"
)

// A cycle takes at most maxPages pages of a symbol; the rest waits for the next one, so that a long way to catch up
// does not hold the others up.
const (
	pageSize = 1000
	maxPages = 10
)

// runner is one strategy on one symbol.
type runner struct {
	spec     *signal.Spec
	id       func(bar time.Time) string // of its signals
	strategy signal.Strategy
	warmup   int
	seen     int       // bars, up to warmup
	after    time.Time // only signals of bars that open later than this are emitted
	fed      time.Time // the newest bar that its State had seen; zero for one that begins from history
}

// advance takes the lane up to now. Whatever it leaves undone when it fails or ctx ends, the next call finds the lane
// in order: a bar counts as seen once all strategies have seen it, and a signal stays pending until it is stored.
func (l *lane) advance(ctx context.Context, now time.Time, w *work) {
	w.closed = !l.open(now)
	if w.fail(l.store(ctx, w)); w.err != nil {
		return // what is old goes first, or the Store would not have the signals in order
	}
	from := l.askFrom()
	for range maxPages {
		if l.runners == nil {
			if w.fail(l.warmUp(ctx, now)); w.err != nil {
				return
			}
			from = l.after
		}
		bars, err := l.fetch(ctx, from)
		if err != nil {
			w.fail(err)
			return
		}
		before := l.after
		w.fail(l.take(ctx, bars, from, now, w))
		if err := l.store(ctx, w); err != nil {
			w.fail(err)
			return
		}
		rebuild := l.runners == nil
		if ctx.Err() != nil || !rebuild && (len(bars) < pageSize || l.after.Equal(before)) {
			break
		}
		from = l.after
	}
	w.fail(l.save(ctx))
	l.judge(now, w)
}

// judge tells whether a newer bar is due than the newest one taken.
func (l *lane) judge(now time.Time, w *work) {
	w.current = !l.newest.IsZero() && l.newest.Add(l.cfg.Interval).After(now)
	if ahead := l.newest.Sub(l.by(now)); ahead > l.cfg.MaxSkew { // no bar was ahead when it was taken: the Clock went back
		w.fail(l.errorf(KindClock, "the newest bar closes %s ahead of the clock", ahead))
	}
	if w.err == nil && w.bars == 0 && !w.current && !w.closed {
		w.notEmitted.NoData++
	}
}

// warmUp makes fresh strategies and sets the lane back, so that it takes up the history first: as many bars as History
// says ahead of the first one whose signals may be emitted. The bars themselves then come as any others do.
func (l *lane) warmUp(ctx context.Context, now time.Time) *Error {
	runners, err := l.newRunners()
	if err != nil {
		return err
	}
	history := l.cfg.History
	for _, r := range runners {
		if l.cfg.History == 0 {
			history = max(history, historyPerWarmup*r.warmup)
		}
	}
	if l.begin == nil {
		if err := l.resume(ctx, now.Add(-span(history+1, l.cfg.Interval))); err != nil {
			return err
		}
	}
	if err := l.restore(ctx, runners, now); err != nil {
		return err
	}
	l.setBack(runners, now, history)
	l.runners, l.anew, l.gapAsks = runners, false, 0
	l.recent.reset(max(minRecent, l.cfg.Recheck))
	return nil
}

// setBack decides after which bar each of the runners emits, and after which bar the lane goes on so that all of them
// have seen what they must have seen by then.
func (l *lane) setBack(runners []*runner, now time.Time, history int) {
	first, from := now.Add(-l.cfg.Interval), now
	restored := true
	for i, r := range runners {
		r.after = later(l.begin[i], l.newest.Add(-l.cfg.Interval)) // what was taken was also emitted, or is pending
		if r.fed.IsZero() {
			first, restored = earlier(first, r.after), false
			continue
		}
		from = earlier(from, r.fed)
	}
	if restored {
		l.newest = later(l.newest, from.Add(l.cfg.Interval))
	} else {
		from = earlier(from, first.Add(-span(history, l.cfg.Interval)))
	}
	l.after = from
}

func (l *lane) newRunners() ([]*runner, *Error) {
	l.doing = KindStrategy
	runners := make([]*runner, 0, len(l.cfg.Specs))
	for i := range l.cfg.Specs {
		spec := &l.cfg.Specs[i]
		strategy := spec.New()
		if strategy == nil {
			return nil, l.errorf(KindStrategy, "%s: %w", spec.Name, errNilStrategy)
		}
		runners = append(runners, &runner{
			spec: spec, strategy: strategy, warmup: strategy.Warmup(),
			id: l.stream(spec).IDs(),
		})
	}
	return runners, nil
}

// resume sets from where on the lane's signals are emitted, for each strategy: after its newest stored one, or from the
// first cycle. It goes no further back than oldest: there the strategies would not have seen enough to say the same
// again.
func (l *lane) resume(ctx context.Context, oldest time.Time) *Error {
	l.doing = KindStore
	var begin []time.Time
	for _, spec := range l.cfg.Specs {
		stored, err := l.cfg.Store.Latest(ctx, signal.Query{Symbol: l.symbol, Strategy: spec.Name, Limit: 1})
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return l.errorf(KindStore, "read the newest signal of %s: %w", spec.Name, err)
		}
		after := l.since.Add(-l.cfg.Interval - 1) // a bar that ends with the first cycle is not older than it
		if len(stored) > 0 {
			after = stored[0].BarTime
		}
		begin = append(begin, later(after, oldest))
	}
	l.begin = begin
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func (l *lane) fetch(ctx context.Context, after time.Time) ([]signal.Bar, *Error) {
	l.doing = KindSource
	batch, err := l.cfg.Source.Bars(ctx, l.symbol, after, pageSize)
	if err == nil {
		err = ctx.Err() // what comes too late is asked for again
	}
	if err != nil {
		return nil, l.errorf(KindSource, "bars after %s: %w", stamp(after), err)
	}
	return batch.Bars, nil
}

// store appends what is pending. Its signals stay pending until the Store has said that it has them.
func (l *lane) store(ctx context.Context, w *work) *Error {
	if len(l.pending) == 0 {
		return nil
	}
	l.doing = KindStore
	err := ctx.Err() // a run that was given up adds nothing
	if err == nil {
		err = l.cfg.Store.Append(ctx, l.pending...)
	}
	if errors.Is(err, signal.ErrConflict) {
		w.conflicts++
		w.signals-- // at least one of them is not what is stored
		l.cfg.Logger.Warn(msgConflict, "symbol", l.symbol, "error", err)
		err = nil
	}
	if err != nil {
		return l.errorf(KindStore, "append %s: %w", countOf(l.pending), err)
	}
	w.signals += len(l.pending)
	l.pending = nil // not [:0]: a Store may have kept what it was given
	return nil
}

func countOf(s []signal.Signal) string {
	if len(s) == 1 {
		return "signal " + s[0].ID
	}
	return fmt.Sprintf("%d signals from %s on", len(s), s[0].ID)
}
