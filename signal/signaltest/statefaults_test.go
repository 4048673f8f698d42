package signaltest_test

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// saving changes each state on its way, beside its Data, which is the caller's.
func saving(change func(*signal.State)) func(*mutant) {
	return func(m *mutant) {
		next := m.save
		m.save = func(ctx context.Context, states []signal.State) error {
			states = slices.Clone(states)
			for i := range states {
				change(&states[i])
			}
			return next(ctx, states)
		}
	}
}

// keyed finds states by another key.
func keyed(key func(signal.Stream) signal.Stream) func(*mutant) {
	return func(m *mutant) {
		saving(func(s *signal.State) { s.Stream = key(s.Stream) })(m)
		next := m.load
		m.load = func(ctx context.Context, of signal.Stream) (signal.State, bool, error) {
			s, ok, err := next(ctx, key(of))
			s.Stream = of
			return s, ok, err
		}
	}
}

// stateFaults are what may be wrong with States, and what the suite has to say of it.
var stateFaults = []planted{
	{"loses the last of a call", "want one", func(m *mutant) {
		next := m.save
		m.save = func(ctx context.Context, s []signal.State) error { return next(ctx, s[:max(len(s)-1, min(len(s), 1))]) }
	}},
	{"loses what is beyond a hundred of a call", "want one", func(m *mutant) {
		next := m.save
		m.save = func(ctx context.Context, s []signal.State) error { return next(ctx, s[:min(len(s), 100)]) }
	}},
	{"keeps the first of a call", "Bar is ", func(m *mutant) {
		next := m.save
		m.save = func(ctx context.Context, s []signal.State) error {
			s = slices.Clone(s)
			slices.Reverse(s)
			return next(ctx, s)
		}
	}},
	{"keeps the newer bar", "Bar is ", func(m *mutant) {
		next := m.save
		m.save = func(ctx context.Context, states []signal.State) error {
			for _, s := range states {
				held, ok, _ := m.Memory.LoadState(ctx, s.Stream)
				if ok && held.Bar.After(s.Bar) {
					continue
				}
				if err := next(ctx, []signal.State{s}); err != nil {
					return err
				}
			}
			return nil
		}
	}},
	{"cuts Bar to microseconds", "Bar is ", saving(func(s *signal.State) { s.Bar = s.Bar.Truncate(time.Microsecond) })},
	{"loses the zone of Bar", "Bar is ", saving(func(s *signal.State) {
		b := s.Bar
		s.Bar = time.Date(b.Year(), b.Month(), b.Day(), b.Hour(), b.Minute(), b.Second(), b.Nanosecond(), time.UTC)
	})},
	{"takes no Bar for 1970", "Bar is ", saving(func(s *signal.State) {
		if s.Bar.IsZero() {
			s.Bar = time.Unix(0, 0)
		}
	})},
	{"keeps Seen in two bytes", "Seen is ", saving(func(s *signal.State) { s.Seen = int(int16(s.Seen)) })},
	{"cuts Data at 65535", "Data is ", saving(func(s *signal.State) { s.Data = s.Data[:min(len(s.Data), 65535)] })},
	{"cuts Data at NUL", "Data is ", saving(func(s *signal.State) { s.Data, _, _ = bytes.Cut(s.Data, []byte{0}) })},
	{"keeps Data as text", "Data is ", saving(func(s *signal.State) { s.Data = []byte(strings.ToValidUTF8(string(s.Data), "?")) })},
	{"trims Data", "Data is ", saving(func(s *signal.State) { s.Data = bytes.TrimSpace(s.Data) })},
	{"changes the Data that it is given", "changed the caller's Data", func(m *mutant) {
		next := m.save
		m.save = func(ctx context.Context, states []signal.State) error {
			err := next(ctx, states)
			for _, s := range states {
				slices.Reverse(s.Data)
			}
			return err
		}
	}},
	{"ignores Interval", "Data is ", keyed(func(k signal.Stream) signal.Stream { k.Interval = 0; return k })},
	{"ignores Params", "Data is ", keyed(func(k signal.Stream) signal.Stream { k.Params = ""; return k })},
	{"cuts Interval to seconds", "of {Strategy", func(m *mutant) {
		saving(func(s *signal.State) { s.Stream.Interval = s.Stream.Interval.Truncate(time.Second) })(m)
		next := m.load
		m.load = func(ctx context.Context, of signal.Stream) (signal.State, bool, error) {
			of.Interval = of.Interval.Truncate(time.Second)
			return next(ctx, of)
		}
	}},
	{"reads symbols without their case", "Seen is ", keyed(func(k signal.Stream) signal.Stream { k.Symbol = strings.ToLower(k.Symbol); return k })},
	{"trims strategies", "Seen is ", keyed(func(k signal.Stream) signal.Stream { k.Strategy = strings.TrimSpace(k.Strategy); return k })},
	{"joins Strategy and Params", "Data is ", keyed(func(k signal.Stream) signal.Stream {
		return signal.Stream{Strategy: k.Strategy + k.Params, Symbol: k.Symbol, Interval: k.Interval}
	})},
	{"saves in a context that has ended", "SaveStates with a context that has ended: <nil>", func(m *mutant) {
		next := m.save
		m.save = func(ctx context.Context, s []signal.State) error { return next(context.WithoutCancel(ctx), s) }
	}},
	{"says nothing of a context that has ended", "SaveStates with a context that has ended: <nil>", func(m *mutant) {
		next := m.save
		m.save = func(ctx context.Context, s []signal.State) error {
			if ctx.Err() != nil {
				return nil
			}
			return next(ctx, s)
		}
	}},
	{"has no state when the context has ended", "LoadState with a context that has ended: <nil>", func(m *mutant) {
		next := m.load
		m.load = func(ctx context.Context, of signal.Stream) (signal.State, bool, error) {
			if ctx.Err() != nil {
				return signal.State{}, false, nil
			}
			return next(ctx, of)
		}
	}},
	{"calls an ended context by another name", "LoadState with a context that has ended: canceled", func(m *mutant) {
		next := m.load
		m.load = func(ctx context.Context, of signal.Stream) (signal.State, bool, error) {
			if ctx.Err() != nil {
				return signal.State{}, false, errors.New("canceled")
			}
			return next(ctx, of)
		}
	}},
	{"loses what two save at once", "want one", func(m *mutant) {
		next := m.save
		var inside atomic.Int64
		m.save = func(ctx context.Context, s []signal.State) error {
			defer inside.Add(-1)
			if inside.Add(1) > 1 {
				return nil
			}
			runtime.Gosched()
			return next(ctx, s)
		}
	}},
	{"mixes what two save at once", "Data is ", func(m *mutant) {
		next := m.save
		var data atomic.Pointer[[]byte]
		m.save = func(ctx context.Context, states []signal.State) error {
			for _, s := range states {
				mine := s.Data
				data.Store(&mine)
				runtime.Gosched()
				s.Data = *data.Load()
				if err := next(ctx, []signal.State{s}); err != nil {
					return err
				}
			}
			return ctx.Err()
		}
	}},
}
