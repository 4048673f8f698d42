package generator_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// TestRandomFaultsLoseNothing lets source, strategy and store fail, panic and exit at random, restarts now and then,
// and compares what is stored in the end with a run that nothing happened to.
func TestRandomFaultsLoseNothing(t *testing.T) {
	t.Parallel()
	const longest = 30*time.Minute + 40*200*second
	now := origin
	want := signal.NewMemory(0)
	replay{newGenerator(t, replayConfig(want, &now)), &now}.minutes(t, int(longest/time.Minute))
	rapid.Check(t, func(t *rapid.T) {
		now := origin
		store := &badStore{Store: signal.NewMemory(0)}
		cfg := replayConfig(store, &now)
		cfg.History = 200 // a restart catches up with all of it
		flaky := signaltest.NewFlaky(cfg.Source)
		cfg.Source = flaky
		breaks := 0
		inner := cfg.Specs[0].New
		cfg.Specs[0].New = func() signal.Strategy {
			s := inner().(*turns)
			return keeping{withWarmup{s.Warmup(), func(b signal.Bar) (signal.Signal, bool) {
				if breaks--; breaks == 0 {
					panic("strategy")
				}
				return s.OnBar(b)
			}}, s}
		}
		states := &badStates{States: signal.NewMemory(0)}
		if rapid.Bool().Draw(t, "states") {
			cfg.States = states
		}
		full := errors.New("full")
		// A first signal must be there before the first restart: until then, the first cycle is the beginning.
		r := replay{newGenerator(t, cfg), &now}
		r.minutes(t, 30)
		for range rapid.IntRange(5, 40).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, "seconds")) * second)
			fault := rapid.SampledFrom([]signaltest.Fault{signaltest.Fine, signaltest.Failing, signaltest.Panicking,
				signaltest.Exiting, signaltest.Empty, signaltest.Garbage})
			for _, symbol := range cfg.Symbols {
				flaky.Set(symbol, fault.Draw(t, "fault"))
			}
			breaks = rapid.IntRange(0, 12).Draw(t, "breaks")
			store.fail = rapid.SampledFrom([]error{nil, nil, full}).Draw(t, "fail")
			states.save = rapid.SampledFrom([]error{nil, nil, full}).Draw(t, "save")
			states.load = rapid.SampledFrom([]error{nil, nil, full}).Draw(t, "load")
			if rapid.IntRange(0, 9).Draw(t, "restart") == 0 {
				r.Generator = newGenerator(t, cfg)
			}
			r.Cycle(context.Background(), now)
		}
		breaks, store.fail, states.save, states.load = 0, nil, nil, nil
		for _, symbol := range cfg.Symbols {
			flaky.Set(symbol)
		}
		require.Empty(t, r.Cycle(context.Background(), now).Errors)

		for _, symbol := range cfg.Symbols {
			w := stored(t, want, symbol)
			for len(w) > 0 && w[len(w)-1].BarTime.Add(time.Minute).After(now) {
				w = w[:len(w)-1] // the undisturbed run went on to the end
			}
			require.Equal(t, barsOf(w), barsOf(stored(t, store, symbol)))
			require.Equal(t, w, stored(t, store, symbol))
		}
	})
}

// barsOf says in short which signals they are.
func barsOf(signals []signal.Signal) (minutes []int) {
	for _, s := range signals {
		minutes = append(minutes, int(s.BarTime.Sub(origin)/time.Minute))
	}
	return minutes
}

// keeping is a strategy that breaks on request and can be saved.
type keeping struct {
	withWarmup
	*turns
}

func (k keeping) Warmup() int                              { return k.withWarmup.Warmup() }
func (k keeping) OnBar(b signal.Bar) (signal.Signal, bool) { return k.withWarmup.OnBar(b) }
func (k keeping) MarshalBinary() ([]byte, error)           { return json.Marshal(k.closes) }
func (k keeping) UnmarshalBinary(data []byte) error        { return json.Unmarshal(data, &k.closes) }

type withWarmup struct {
	warmup int
	each
}

func (w withWarmup) Warmup() int { return w.warmup }
