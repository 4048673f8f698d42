package generator

import (
	"context"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// maxStateLag is how many bars a State may be behind: feeding more than that takes longer than history is worth.
const maxStateLag = 100_000

const msgNoState = "Strategy state not restored, warming up from history"

// stateful returns the runner's strategy as one whose state can be written down, and false where it cannot.
func (r *runner) stateful() (external[signal.Stateful], bool) {
	s, ok := r.strategy.code.(signal.Stateful)
	return external[signal.Stateful]{KindStrategy, s}, ok
}

// restore gives a runner its State back. One that has none, or whose State is of no use, is warmed up from history.
func (t *task) restore(ctx context.Context, r *runner) *Error {
	if _, ok := r.stateful(); !ok || t.ports.states.code == nil || r.life.is(ignoreState) {
		return nil
	}
	state, ok, err := t.loadState(ctx, t.ports.states, r)
	if err != nil {
		return err
	}
	if !ok || len(state.Data) == 0 || state.Bar.Before(t.now.Add(-span(maxStateLag, t.cfg.Interval))) ||
		state.Bar.After(t.now) {
		return nil
	}
	return t.restoreState(r, state)
}

func (t *task) loadState(ctx context.Context, from external[signal.States], r *runner) (signal.State, bool, *Error) {
	state, ok, err := from.enter(t).LoadState(ctx, r.stream)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return state, false, t.errorf(KindStore, "load the state of %s: %w", r.spec.Name, err)
	}
	return state, ok, nil
}

// restoreState gives a State to a runner's strategy, which is Stateful.
func (t *task) restoreState(r *runner, state signal.State) *Error {
	strategy, _ := r.stateful()
	t.at = r
	err := strategy.enter(t).UnmarshalBinary(state.Data)
	if err == nil {
		r.upTo, r.seen = state.Bar, min(state.Seen, r.warmup)
		return nil
	}
	t.cfg.Logger.Warn(msgNoState, "symbol", t.symbol, "strategy", r.spec.Name, "error", err)
	return t.make(r) // what the attempt left behind is not trusted
}

// save keeps what the strategies know. It comes after their signals were stored: a State that is older than the signals
// only makes the same ones again, and one that is newer would lose some. It leaves out a strategy that is still in its
// history: its State would prove that it has followed bars which nobody asked it about.
func (t *task) save(ctx context.Context) *Error {
	if t.ports.states.code == nil || !t.dirty || t.notPrepared {
		return nil
	}
	var states []signal.State
	for _, r := range t.runners {
		strategy, ok := r.stateful()
		if !ok || r.behind() || r.life.is(noSave) || r.upTo.Add(t.cfg.Interval).Before(r.after) {
			continue
		}
		t.at, t.writesState = r, true
		data, err := strategy.enter(t).MarshalBinary()
		t.writesState = false
		if err != nil {
			t.fail(t.errorf(KindStrategy, "%s: write its state: %w", r.spec.Name, err))
			continue
		}
		states = append(states, signal.State{Stream: r.stream, Bar: r.upTo.UTC(), Seen: r.seen, Data: data})
	}
	if len(states) > 0 {
		if err := t.ports.states.enter(t).SaveStates(ctx, states...); err != nil {
			return t.errorf(KindStore, "save the state of %d strategies: %w", len(states), err)
		}
	}
	for _, s := range states {
		i := slices.IndexFunc(t.runners, func(r *runner) bool { return r.stream == s.Stream })
		t.runners[i].step(inMarked)
	}
	t.dirty = false
	return nil
}

// storedUpTo returns the newest bar up to which the Store proves that the stream was followed: all that was to be
// emitted until then is stored. A State proves it, and so does the mark that live leaves behind. One of the future
// proves nothing.
func (t *task) storedUpTo(ctx context.Context, r *runner) (bar time.Time, alive bool, err *Error) {
	if t.ports.streams.code == nil {
		return time.Time{}, false, nil
	}
	state, ok, err := t.loadState(ctx, t.ports.streams, r)
	if err != nil || !ok || state.Bar.After(t.by()) {
		return time.Time{}, false, err
	}
	return state.Bar, true, nil
}

// live marks where the life of each stream began that has neither signals nor a State yet, as a State without Data: a
// restart over the bar of its first signal would else begin anew, without that. It waits for a cycle whose clock agrees
// with the bars, because a mark that was set by a wrong clock would have the past emitted, or nothing.
func (t *task) live(ctx context.Context) *Error {
	if t.ports.streams.code == nil || !t.sane() {
		return nil
	}
	var started []signal.State
	for _, r := range t.runners {
		if r.life.history == isNew {
			started = append(started, signal.State{Stream: r.stream, Bar: t.origin().UTC()})
		}
	}
	if len(started) == 0 {
		return nil
	}
	if err := t.ports.streams.enter(t).SaveStates(ctx, started...); err != nil {
		return t.errorf(KindStore, "mark the first cycle of %d strategies: %w", len(started), err)
	}
	for _, r := range t.runners {
		if r.life.history == isNew {
			r.step(inMarked)
		}
	}
	return nil
}

// sane reports whether the bars and the clock agree on what time it is.
func (t *task) sane() bool {
	known := t.known()
	age := t.now.Sub(known)
	return !known.IsZero() && !t.work.future && age >= -t.cfg.MaxSkew &&
		(age <= t.set.maxAge+t.slack() || t.work.closed && age <= span(t.history, t.cfg.Interval))
}
