package generator

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// maxWarmup is how many bars a strategy may ask for: years of minutes. What asks for more than there can be would be
// fed for ever, say nothing and look well.
const maxWarmup = 10_000_000

// runner is one strategy on one symbol. It stays as long as the symbol does; its strategy is made anew where it must.
//
// What breaks in a strategy is its own: the runner is set aside, the others go on, and mend takes it up again. The last
// one that is not aside takes the symbol along.
type runner struct {
	spec     *signal.Spec
	stream   signal.Stream              // of its signals and its State
	id       func(bar time.Time) string // the stream's IDs
	strategy external[signal.Strategy]
	warmup   int
	seen     int       // bars, up to warmup
	upTo     time.Time // the newest bar that it has seen; zero for one that begins from history
	after    time.Time // only signals of bars that open later are emitted: it has decided on the others, or they are history

	newest string // the ID of the newest signal that was stored when it went on for the first time
	life   lifecycle
}

// step applies an input to the runner's life.
func (r *runner) step(in input) { r.life, _ = r.life.next(in) }

// behind reports whether the others are ahead of the runner.
func (r *runner) behind() bool { return r.life.place != isCurrent }

// newRunners makes those of all Specs. Their strategies are made when the symbol is warmed up.
func (t *task) newRunners() []*runner {
	runners := make([]*runner, 0, len(t.cfg.Specs))
	for i := range t.cfg.Specs {
		spec := &t.cfg.Specs[i]
		stream := signal.Stream{Strategy: spec.Name, Params: spec.Params, Symbol: t.symbol, Interval: t.cfg.Interval}
		runners = append(runners, &runner{spec: spec, stream: stream, id: stream.IDs()})
	}
	return runners
}

// make gives the runner a fresh strategy, which has seen nothing.
func (t *task) make(r *runner) *Error {
	t.at = r
	made := external[signal.Strategy]{KindStrategy, external[func() signal.Strategy]{KindStrategy, r.spec.New}.enter(t)()}
	if made.code == nil {
		return t.errorf(KindStrategy, "%s: %w", r.spec.Name, errNilStrategy)
	}
	warmup := made.enter(t).Warmup()
	if warmup < 0 || warmup > maxWarmup {
		return t.errorf(KindStrategy, "%s: Warmup %d is not between 0 and %d", r.spec.Name, warmup, maxWarmup)
	}
	r.strategy, r.warmup, r.seen, r.upTo = made, warmup, 0, time.Time{}
	r.step(inMade)
	return nil
}

// others reports whether the symbol has runners beside r that go on without it.
func (t *task) others(r *runner) bool {
	return slices.ContainsFunc(t.runners, func(o *runner) bool { return o != r && !o.behind() })
}

// runnerFailed books that a strategy has torn a claim apart, and reports whether the claim may go on: with the others,
// if there are any. A State may be what broke it.
func (t *task) runnerFailed() (goOn bool) {
	r := t.at
	switch {
	case r == nil || t.calling != KindStrategy:
		return false
	case t.writesState:
		t.writesState = false
		r.step(inSaveFailed)
		return true
	case r.behind() || t.others(r):
		r.step(inFailed)
		return true
	}
	r.step(inLastFailed)
	t.notPrepared = true
	return false
}

// lastFailed reports whether a strategy's last word was an error: cycles without a new bar do not make it right.
func (t *task) lastFailed() bool {
	for _, r := range t.runners {
		if r.life.is(isWrong) || r.behind() {
			return true
		}
	}
	return false
}

// ahead says which stored signal keeps the symbol from making any: one of a bar that is not there yet. A replay goes over
// bars whose signals are stored already, so there it is no fault.
func (t *task) ahead() error {
	if t.cfg.Inline {
		return nil
	}
	for _, r := range t.runners {
		if by := r.after.Add(t.cfg.Interval).Sub(t.by()); by > t.cfg.MaxSkew && r.newest != "" {
			return fmt.Errorf("%s: the newest stored signal %s is of the bar %s, which closes %s ahead of the clock: "+
				"nothing is emitted until then", r.spec.Name, r.newest, stamp(r.after), by)
		}
	}
	return nil
}
