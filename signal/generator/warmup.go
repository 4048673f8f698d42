package generator

import (
	"context"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// warmUp makes fresh strategies and sets the task back, so that it takes up the history first: as many bars as History
// says ahead of the first one whose signals may be emitted. The bars themselves then come as any others do.
func (t *task) warmUp(ctx context.Context) *Error {
	for _, step := range []func(*runner) *Error{t.make, func(r *runner) *Error { return t.ready(ctx, r) }} {
		for _, r := range t.runners {
			if r.behind() {
				continue
			}
			err := step(r)
			if err != nil && err.Kind == KindStrategy && t.others(r) {
				r.step(inMakeFailed)
				t.fail(err)
				continue
			}
			if err != nil {
				return err
			}
		}
		t.measure()
	}
	t.setBack()
	t.notPrepared, t.gapAsks, t.flat = false, 0, 0
	t.recent.reset(max(minRecent, t.cfg.Recheck))
	return nil
}

// measure derives how much history the strategies want.
func (t *task) measure() {
	t.history = t.cfg.History
	for _, r := range t.runners {
		if t.cfg.History == 0 {
			t.history = max(t.history, historyPerWarmup*r.warmup)
		}
	}
}

// oldest is how far back signals may be made: beyond, the strategies would not have seen enough to say the same again.
func (t *task) oldest() time.Time { return t.now.Add(-span(t.history+1, t.cfg.Interval)) }

// ready finds out from where on a runner with a fresh strategy goes on.
func (t *task) ready(ctx context.Context, r *runner) *Error {
	if r.life.history == isUnknown {
		if err := t.resume(ctx, r); err != nil {
			return err
		}
	}
	if err := t.restore(ctx, r); err != nil {
		return err
	}
	r.step(inReady)
	return nil
}

// resume sets from where on the runner's signals are emitted: after its newest stored one, after the bar that its State
// or the mark of its first cycle proves it has followed, or from the first cycle.
func (t *task) resume(ctx context.Context, r *runner) *Error {
	stored, err := t.ports.store.enter(t).Latest(ctx, signal.Query{Stream: r.stream, Limit: 1})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return t.errorf(KindStore, "read the newest signal of %s: %w", r.spec.Name, err)
	}
	upTo, alive, wrong := t.storedUpTo(ctx, r)
	if wrong != nil {
		return wrong
	}
	if len(stored) > 0 {
		upTo, alive, r.newest = later(upTo, stored[0].BarTime), true, stored[0].ID
	}
	known := inKnown
	if !alive {
		upTo, known = t.origin(), inNew
	}
	r.after = later(upTo, t.oldest())
	r.step(known)
	return nil
}

// origin is after which bar the first cycle begins: a bar that ends with it is not older than it.
func (t *task) origin() time.Time { return t.since.Add(-t.cfg.Interval - 1) }

// setBack decides after which bar the task goes on, so that all runners have seen what they must have seen by then.
func (t *task) setBack() {
	first, from := t.now.Add(-t.cfg.Interval), t.now
	resumed := true
	for _, r := range t.runners {
		switch {
		case r.behind():
		case r.upTo.IsZero():
			first, resumed = earliest(first, r.after), false
		default:
			from = earliest(from, r.upTo)
		}
	}
	if resumed {
		t.newest = later(t.newest, from.Add(t.cfg.Interval))
	} else {
		from = earliest(from, first.Add(-span(t.history, t.cfg.Interval)))
	}
	t.after = from
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
