package generator

import (
	"context"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// stateReach is how many bars a State may be behind: feeding more than that takes longer than history is worth.
const stateReach = 100_000

const msgNoState = "Strategy state not restored, warming up from history"

// stateful returns the runner's strategy as one whose state can be written down, and false where it cannot.
func (r *runner) stateful() (guest[signal.Stateful], bool) {
	s, ok := r.strategy.code.(signal.Stateful)
	return guest[signal.Stateful]{KindStrategy, s}, ok
}

// restore gives the runners their States back. One that has none, or whose State is of no use, is warmed up from
// history instead; so are all of them after a State that panicked, or it would do so in each cycle.
func (t *task) restore(ctx context.Context, runners []*runner) *Error {
	if t.ports.states.code == nil || t.ignoreState {
		return nil
	}
	for _, r := range runners {
		if _, ok := r.stateful(); !ok {
			continue
		}
		state, ok, err := t.ports.states.enter(t).LoadState(ctx, r.stream)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return t.errorf(KindStore, "load the state of %s: %w", r.spec.Name, err)
		}
		if !ok || state.Bar.Before(t.now.Add(-span(stateReach, t.cfg.Interval))) || state.Bar.After(t.now) {
			continue
		}
		if err := t.revive(r, state); err != nil {
			return err
		}
	}
	return nil
}

// revive gives a State to a runner's strategy, which is Stateful.
func (t *task) revive(r *runner, state signal.State) *Error {
	strategy, _ := r.stateful()
	t.ignoreState = true // should it panic
	err := strategy.enter(t).UnmarshalBinary(state.Data)
	t.ignoreState = false
	if err == nil {
		r.fed, r.seen = state.Bar, min(state.Seen, r.warmup)
		return nil
	}
	t.cfg.Logger.Warn(msgNoState, "symbol", t.symbol, "strategy", r.spec.Name, "error", err)
	fresh, wrong := t.newStrategy(r.spec)
	r.strategy = fresh // what the attempt left behind is not trusted
	return wrong
}

// save keeps what the strategies know. It comes after their signals were stored: a State that is older than the signals
// only makes the same ones again, and one that is newer would lose some.
func (t *task) save(ctx context.Context) *Error {
	if t.ports.states.code == nil || !t.unsaved || t.runners == nil {
		return nil
	}
	var states []signal.State
	for _, r := range t.runners {
		strategy, ok := r.stateful()
		if !ok {
			continue
		}
		data, err := strategy.enter(t).MarshalBinary()
		if err != nil {
			return t.errorf(KindStrategy, "%s: write its state: %w", r.spec.Name, err)
		}
		states = append(states, signal.State{Stream: r.stream, Bar: t.after.UTC(), Seen: r.seen, Data: data})
	}
	if len(states) > 0 {
		if err := t.ports.states.enter(t).SaveStates(ctx, states...); err != nil {
			return t.errorf(KindStore, "save the state of %d strategies: %w", len(states), err)
		}
	}
	t.unsaved = false
	return nil
}
