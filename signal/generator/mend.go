package generator

import (
	"context"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// catchUp takes up again, once in a claim, each runner that was set aside. It comes after all else: its way through
// history is its own, and holds up nobody's bars.
func (t *task) catchUp(ctx context.Context) {
	for _, r := range t.runners {
		if r.behind() && !r.life.is(wasTried) && !t.notPrepared && ctx.Err() == nil {
			r.step(inTried)
			t.fail(t.takeUp(ctx, r))
		}
	}
}

// takeUp feeds the runner what the others have seen, and lets it join them when there is no more of it. A way that is
// too long for one claim goes on in the next one.
func (t *task) takeUp(ctx context.Context, r *runner) *Error {
	if r.life.place != isPartial {
		if err := t.restartRunner(ctx, r); err != nil {
			return err
		}
	}
	from := r.upTo
	if from.IsZero() {
		from = earliest(r.after, t.now.Add(-t.cfg.Interval)).Add(-span(t.history, t.cfg.Interval))
	}
	for range maxPages {
		bars, err := t.fetch(ctx, from)
		if err != nil {
			return err
		}
		before := from
		from = t.feedOne(ctx, r, bars, from)
		if err := t.store(ctx); err != nil {
			return err
		}
		if ctx.Err() == nil && (len(bars) < pageSize || !from.After(before)) {
			r.step(inCurrent)
			return nil
		}
	}
	r.step(inPartial)
	return nil
}

// restartRunner gives the runner a fresh strategy, and its State if that is of use. It emits no further back than
// history lets it say the same again.
func (t *task) restartRunner(ctx context.Context, r *runner) *Error {
	if err := t.make(r); err != nil {
		return err
	}
	t.measure()
	if err := t.ready(ctx, r); err != nil {
		return err
	}
	r.after = later(r.after, t.oldest())
	return nil
}

// feedOne feeds bars to one runner, and returns the newest that it has passed. It stops where the others are.
func (t *task) feedOne(ctx context.Context, r *runner, bars []signal.Bar, from time.Time) time.Time {
	in := response{from: from, by: t.by()}
	for i := range bars {
		b := &bars[i]
		if ended(ctx) || b.Time.After(t.after) {
			break
		}
		if !b.Time.After(from) || t.check(b, b.End(), &in) != nil {
			continue // the others have said what is wrong with it
		}
		t.fail(t.runStrategy(r, b))
		t.work.bars++
		from = b.Time
	}
	return from
}
