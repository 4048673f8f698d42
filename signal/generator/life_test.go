package generator_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
)

// withoutStates is a Store that is no States.
type withoutStates struct{ signal.Store }

// oneAt returns the spec of a strategy that speaks on one bar only.
func oneAt(at time.Time, of func(each) signal.Strategy) signal.Spec {
	return spec("one", func() signal.Strategy {
		return of(func(b signal.Bar) (signal.Signal, bool) {
			return signal.Signal{Direction: signal.Long, Confidence: 1}, b.Time.Equal(at)
		})
	})
}

// remembers is a strategy with a state that says nothing.
type remembers struct{ each }

func (remembers) MarshalBinary() ([]byte, error) { return []byte{1}, nil }
func (remembers) UnmarshalBinary([]byte) error   { return nil }

func TestRestartOverTheBarOfTheFirstSignalEmitsIt(t *testing.T) {
	t.Parallel()
	at := origin.Add(9*time.Hour + 58*time.Minute)
	for name, change := range map[string]func(*generator.Config, *signal.Memory){
		"without States": func(c *generator.Config, _ *signal.Memory) {
			c.Specs = []signal.Spec{oneAt(at, func(e each) signal.Strategy { return e })}
		},
		"States, and a strategy that is not Stateful": func(c *generator.Config, m *signal.Memory) {
			c.Store, c.States = withoutStates{m}, m
			c.Specs = []signal.Spec{oneAt(at, func(e each) signal.Strategy { return e })}
		},
		"States, and one that is": func(c *generator.Config, m *signal.Memory) {
			c.States = m
			c.Specs = []signal.Spec{oneAt(at, func(e each) signal.Strategy { return remembers{e} })}
		},
	} {
		for _, up := range []time.Duration{time.Minute / 2, time.Minute, 9*time.Hour + 55*time.Minute} {
			t.Run(name+", up for "+up.String(), func(t *testing.T) {
				t.Parallel()
				now, store := at.Add(-3*time.Minute-up), signal.NewMemory(0)
				cfg := replayConfig(store, &now)
				cfg.Symbols, cfg.History = []string{"BTC"}, 20
				change(&cfg, store)
				r := replay{newGenerator(t, cfg), &now}
				require.Empty(t, r.Cycle(t.Context(), now).Errors)
				r.minutes(t, int(up/time.Minute))
				now = now.Add(10 * time.Minute)
				require.Equal(t, 1, newGenerator(t, cfg).Cycle(t.Context(), now).Signals)
			})
		}
	}
}

// A State that was saved half way through history proves nothing.
func TestRestartInTheMiddleOfHistoryEmitsNothingOlderThanTheFirstStart(t *testing.T) {
	t.Parallel()
	now, store := origin, signal.NewMemory(0)
	cfg := replayConfig(store, &now)
	cfg.Symbols, cfg.States, cfg.History = []string{"BTC"}, store, 25_000 // three cycles of ten pages
	cfg.Specs = []signal.Spec{spec("all", func() signal.Strategy {
		return remembers{each(func(signal.Bar) (signal.Signal, bool) { return signal.Signal{Direction: signal.Long}, true })}
	})}
	newGenerator(t, cfg).Cycle(t.Context(), now)
	now = now.Add(time.Minute)
	g := newGenerator(t, cfg)
	for range 4 {
		g.Cycle(t.Context(), now)
	}
	require.Equal(t, 1, len(stored(t, store, "")))
}

func TestClockThatIsWrongAtFirstEmitsNothingOfThePast(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]time.Time{
		"1970":          time.Unix(3600, 0).UTC(),
		"a day behind":  origin.AddDate(0, 0, -1),
		"a day ahead":   origin.AddDate(0, 0, 1),
		"years ahead":   origin.AddDate(70, 0, 0),
		"an hour ahead": origin.Add(time.Hour),
	} {
		for _, states := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				now, truth, store := wrong, origin, signal.NewMemory(0)
				cfg := replayConfig(store, &now)
				cfg.Symbols, cfg.Specs = []string{"BTC"}, []signal.Spec{always(signal.Signal{Direction: signal.Long})}
				cfg.Source = market{clock: still{&truth}, interval: time.Minute}
				if states {
					cfg.States = store
				}
				g := newGenerator(t, cfg)
				g.Cycle(t.Context(), now)
				truth = truth.Add(time.Minute)
				now = truth
				require.Empty(t, g.Cycle(t.Context(), now).Errors)
				require.Equal(t, 1, len(stored(t, store, "")), "the bar that ends with the first cycle whose clock is right")
				truth = truth.Add(time.Minute)
				now = truth
				g = newGenerator(t, cfg)
				require.Empty(t, g.Cycle(t.Context(), now).Errors)
				require.Equal(t, 2, len(stored(t, store, "")))
			})
		}
	}
}

func TestStoredSignalOfTheFutureIsAnErrorThatNamesIt(t *testing.T) {
	t.Parallel()
	now, store := origin, signal.NewMemory(0)
	cfg := replayConfig(store, &now)
	cfg.Symbols = []string{"BTC"}
	loud := always(signal.Signal{Direction: signal.Long})
	cfg.Specs = []signal.Spec{turnsSpec(), loud}
	stream := signal.Stream{Strategy: "turns", Symbol: "BTC", Interval: time.Minute}
	ahead := signal.Signal{Strategy: "turns", Symbol: "BTC", Interval: time.Minute, BarTime: origin.Add(time.Hour)}
	ahead.ID = stream.ID(ahead.BarTime)
	require.NoError(t, store.Append(t.Context(), ahead))
	g := newGenerator(t, cfg)
	for range 10 {
		result := g.Cycle(t.Context(), now)
		require.Len(t, result.Errors, 1)
		var err *generator.Error
		require.ErrorAs(t, result.Errors[0], &err)
		require.Equal(t, generator.KindClock, err.Kind)
		require.ErrorContains(t, err, ahead.ID)
		require.Equal(t, 1, result.Signals, "the other strategy goes on")
		now = now.Add(time.Minute)
	}
	now = origin.Add(2 * time.Hour)
	require.Empty(t, g.Cycle(t.Context(), now).Errors)
}

func TestIdleCyclesEndNoRunOfStrategyErrors(t *testing.T) {
	t.Parallel()
	for name, refused := range map[string]signal.Signal{
		"too sure":            {Direction: signal.Long, Confidence: 1.01},
		"no number":           {Direction: signal.Long, Confidence: math.NaN()},
		"no direction at all": {Direction: 7, Confidence: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now, store := origin, signal.NewMemory(0)
			cfg := replayConfig(store, &now)
			cfg.Interval = time.Hour
			cfg.Source = market{clock: cfg.Clock, interval: time.Hour}
			cfg.Symbols = []string{"BTC"}
			mended := false
			cfg.Specs = []signal.Spec{spec("s", func() signal.Strategy {
				return each(func(signal.Bar) (signal.Signal, bool) { return refused, !mended })
			})}
			g := newGenerator(t, cfg)
			for range 24 * 60 {
				result := g.Cycle(t.Context(), now)
				require.Zero(t, result.Succeeded)
				now = now.Add(time.Minute)
			}
			require.Equal(t, 24, g.Status().Symbols[0].ErrorRun)
			require.Equal(t, 24, g.Status().NotEmitted.Invalid)
			mended = true
			require.Equal(t, 1, g.Cycle(t.Context(), now).Succeeded, "a bar without an error ends it")
			now = now.Add(time.Minute)
			require.Equal(t, 1, g.Cycle(t.Context(), now).Succeeded)
		})
	}
}

func TestConfidenceIsRoundedByABillionth(t *testing.T) {
	t.Parallel()
	for given, want := range map[float64]float64{1.0000000000000002: 1, 1 + 1e-9: 1, -1e-17: 0, 0.5: 0.5} {
		now, store := origin, signal.NewMemory(0)
		cfg := replayConfig(store, &now)
		cfg.Symbols = []string{"BTC"}
		cfg.Specs = []signal.Spec{always(signal.Signal{Direction: signal.Long, Confidence: given})}
		require.Empty(t, newGenerator(t, cfg).Cycle(t.Context(), now).Errors)
		require.Equal(t, want, stored(t, store, "")[0].Confidence)
	}
}

// breaks returns the spec of a strategy that says the same on each bar and breaks at some of them.
func breaks(name string, at func(time.Time) bool, how func()) signal.Spec {
	return spec(name, func() signal.Strategy {
		return each(func(b signal.Bar) (signal.Signal, bool) {
			if at(b.Time) {
				how()
			}
			return signal.Signal{Direction: signal.Long, Confidence: 1}, true
		})
	})
}

func TestStrategyThatBreaksIsItsOwn(t *testing.T) {
	t.Parallel()
	fromThere := origin.Add(5 * time.Minute)
	for _, first := range []bool{true, false} {
		now, store := origin, signal.NewMemory(0)
		cfg := replayConfig(store, &now)
		cfg.Symbols = []string{"BTC"}
		mended := false
		bad := breaks("bad", func(at time.Time) bool { return !mended && !at.Before(fromThere) }, func() { panic("bad") })
		good := breaks("good", func(time.Time) bool { return false }, nil)
		cfg.Specs = []signal.Spec{good, bad}
		if first {
			cfg.Specs = []signal.Spec{bad, good}
		}
		g := newGenerator(t, cfg)
		of := func(name string) (minutes []int) {
			for _, s := range stored(t, store, "") {
				if s.Strategy == name {
					minutes = append(minutes, int(s.BarTime.Sub(origin)/time.Minute))
				}
			}
			return minutes
		}
		for n := range 15 {
			result := g.Cycle(context.Background(), now)
			require.Len(t, of("good"), n+1, "in the same cycle, whatever the other does")
			if n > 5 {
				require.ErrorContains(t, result.Errors[0], "panic: bad")
			}
			now = now.Add(time.Minute)
		}
		require.Len(t, of("bad"), 6)
		mended = true
		require.Empty(t, g.Cycle(context.Background(), now).Errors)
		require.Equal(t, of("good"), of("bad"), "nothing of it is lost")
		require.Equal(t, 1, g.Cycle(context.Background(), now).Succeeded)
	}
}
