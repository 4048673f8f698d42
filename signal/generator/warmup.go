package generator

import (
	"context"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// runner is one strategy on one symbol.
type runner struct {
	spec     *signal.Spec
	stream   signal.Stream              // of its signals and its State
	id       func(bar time.Time) string // the stream's IDs
	strategy guest[signal.Strategy]
	warmup   int
	seen     int       // bars, up to warmup
	after    time.Time // only signals of bars that open later than this are emitted
	fed      time.Time // the newest bar that its State had seen; zero for one that begins from history
}

// warmUp makes fresh strategies and sets the task back, so that it takes up the history first: as many bars as History
// says ahead of the first one whose signals may be emitted. The bars themselves then come as any others do.
func (t *task) warmUp(ctx context.Context) *Error {
	runners, err := t.newRunners()
	if err != nil {
		return err
	}
	history := t.cfg.History
	for _, r := range runners {
		if t.cfg.History == 0 {
			history = max(history, historyPerWarmup*r.warmup)
		}
	}
	if t.begins == nil {
		if err := t.resume(ctx, t.now.Add(-span(history+1, t.cfg.Interval))); err != nil {
			return err
		}
	}
	if err := t.restore(ctx, runners); err != nil {
		return err
	}
	t.setBack(runners, history)
	t.runners, t.ignoreState, t.gapAsks = runners, false, 0
	t.recent.reset(max(minRecent, t.cfg.Recheck))
	return nil
}

func (t *task) newRunners() ([]*runner, *Error) {
	runners := make([]*runner, 0, len(t.cfg.Specs))
	for i := range t.cfg.Specs {
		spec := &t.cfg.Specs[i]
		strategy, err := t.newStrategy(spec)
		if err != nil {
			return nil, err
		}
		stream := t.stream(spec)
		runners = append(runners, &runner{
			spec: spec, stream: stream, id: stream.IDs(), strategy: strategy, warmup: strategy.enter(t).Warmup(),
		})
	}
	return runners, nil
}

func (t *task) stream(spec *signal.Spec) signal.Stream {
	return signal.Stream{Strategy: spec.Name, Params: spec.Params, Symbol: t.symbol, Interval: t.cfg.Interval}
}

func (t *task) newStrategy(spec *signal.Spec) (made guest[signal.Strategy], err *Error) {
	made = guest[signal.Strategy]{KindStrategy, guest[func() signal.Strategy]{KindStrategy, spec.New}.enter(t)()}
	if made.code == nil {
		return made, t.errorf(KindStrategy, "%s: %w", spec.Name, errNilStrategy)
	}
	return made, nil
}

// resume sets from where on the task's signals are emitted, for each strategy: after its newest stored one, or from the
// first cycle. It goes no further back than oldest: there the strategies would not have seen enough to say the same
// again.
func (t *task) resume(ctx context.Context, oldest time.Time) *Error {
	var begins []time.Time
	for _, spec := range t.cfg.Specs {
		newest := signal.Query{Stream: t.stream(&spec), Limit: 1}
		stored, err := t.ports.store.enter(t).Latest(ctx, newest)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return t.errorf(KindStore, "read the newest signal of %s: %w", spec.Name, err)
		}
		after := t.since.Add(-t.cfg.Interval - 1) // a bar that ends with the first cycle is not older than it
		if len(stored) > 0 {
			after = stored[0].BarTime
		}
		begins = append(begins, later(after, oldest))
	}
	t.begins = begins
	return nil
}

// setBack decides after which bar each of the runners emits, and after which bar the task goes on so that all of them
// have seen what they must have seen by then.
func (t *task) setBack(runners []*runner, history int) {
	first, from := t.now.Add(-t.cfg.Interval), t.now
	restored := true
	for i, r := range runners {
		r.after = later(t.begins[i], t.newest.Add(-t.cfg.Interval)) // what was taken was also emitted, or is pending
		if r.fed.IsZero() {
			first, restored = earlier(first, r.after), false
			continue
		}
		from = earlier(from, r.fed)
	}
	if restored {
		t.newest = later(t.newest, from.Add(t.cfg.Interval))
	} else {
		from = earlier(from, first.Add(-span(history, t.cfg.Interval)))
	}
	t.after = from
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
