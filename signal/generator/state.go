package generator

import (
	"context"
	"github.com/seed-5dee1c0a/vigil/signal"
	"time"
)

// stateReach is how many bars a State may be behind: feeding more than that takes longer than history is worth.
const stateReach = 100_000

const msgNoState = "Strategy state not restored, warming up from history"

func (l *lane) stream(spec *signal.Spec) signal.Stream {
	return signal.Stream{Strategy: spec.Name, Params: spec.Params, Symbol: l.symbol, Interval: l.cfg.Interval}
}

// restore gives the runners their States back. One that has none, or whose State is of no use, is warmed up from
// history instead; so are all of them after a State that panicked, or it would do so in each cycle.
func (l *lane) restore(ctx context.Context, runners []*runner, now time.Time) *Error {
	if l.cfg.States == nil || l.anew {
		return nil
	}
	for _, r := range runners {
		stateful, ok := r.strategy.(signal.Stateful)
		if !ok {
			continue
		}
		l.doing = KindStore
		state, ok, err := l.cfg.States.LoadState(ctx, l.stream(r.spec))
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return l.errorf(KindStore, "load the state of %s: %w", r.spec.Name, err)
		}
		if !ok || state.Bar.Before(now.Add(-span(stateReach, l.cfg.Interval))) || state.Bar.After(now) {
			continue
		}
		if err := l.revive(r, stateful, state); err != nil {
			return err
		}
	}
	return nil
}

func (l *lane) revive(r *runner, s signal.Stateful, state signal.State) *Error {
	l.doing, l.anew = KindStrategy, true // should it panic
	err := s.UnmarshalBinary(state.Data)
	l.anew = false
	if err == nil {
		r.fed, r.seen = state.Bar, min(state.Seen, r.warmup)
		return nil
	}
	l.cfg.Logger.Warn(msgNoState, "symbol", l.symbol, "strategy", r.spec.Name, "error", err)
	if r.strategy = r.spec.New(); r.strategy == nil { // what the attempt left behind is not trusted
		return l.errorf(KindStrategy, "%s: %w", r.spec.Name, errNilStrategy)
	}
	return nil
}

// save keeps what the strategies know. It comes after their signals were stored: a State that is older than the signals
// only makes the same ones again, and one that is newer would lose some.
func (l *lane) save(ctx context.Context) *Error {
	if l.cfg.States == nil || !l.unsaved || l.runners == nil {
		return nil
	}
	var states []signal.State
	for _, r := range l.runners {
		stateful, ok := r.strategy.(signal.Stateful)
		if !ok {
			continue
		}
		l.doing = KindStrategy
		data, err := stateful.MarshalBinary()
		if err != nil {
			return l.errorf(KindStrategy, "%s: write its state: %w", r.spec.Name, err)
		}
		states = append(states, signal.State{Stream: l.stream(r.spec), Bar: l.after.UTC(), Seen: r.seen, Data: data})
	}
	if len(states) > 0 {
		l.doing = KindStore
		if err := l.cfg.States.SaveStates(ctx, states...); err != nil {
			return l.errorf(KindStore, "save the state of %d strategies: %w", len(states), err)
		}
	}
	l.unsaved = false
	return nil
}
