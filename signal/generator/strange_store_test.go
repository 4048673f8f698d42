package generator_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// storeFunc is a Memory with another Append.
type storeFunc struct {
	*signal.Memory
	append func([]signal.Signal) error
}

func (s storeFunc) Append(_ context.Context, signals ...signal.Signal) error {
	return s.append(signals)
}

// A Store may do with its argument what it likes, also when it fails: what is offered again is what was offered first.
func TestStoreThatChangesItsArgumentAndFailsLosesNothing(t *testing.T) {
	t.Parallel()
	now, other := origin, origin
	want, memory := signal.NewMemory(0), signal.NewMemory(0)
	parts := func(c *generator.Config) {
		c.Specs = []signal.Spec{always(signal.Signal{
			Direction: signal.Long, Confidence: 1, Parts: []signal.Part{{Strategy: "a", Weight: 1}},
		})}
	}
	calls := 0
	cfg := replayConfig(storeFunc{memory, func(signals []signal.Signal) error {
		if calls++; calls%3 == 0 {
			return memory.Append(t.Context(), signals...)
		}
		for i := range signals {
			signals[i].ID, signals[i].Parts[0].Strategy = "", "\xff"
		}
		return errors.New("full")
	}}, &now)
	parts(&cfg)
	g := newGenerator(t, cfg)
	for range 90 {
		g.Cycle(t.Context(), now)
		now = now.Add(10 * second)
	}
	undisturbed := replayConfig(want, &other)
	parts(&undisturbed)
	r := replay{newGenerator(t, undisturbed), &other}
	require.Empty(t, r.Cycle(t.Context(), other).Errors)
	r.minutes(t, 20)
	got := stored(t, memory, "BTC")
	require.Greater(t, len(got), 10)
	require.Equal(t, stored(t, want, "BTC")[:len(got)], got)
}

func TestNamesThatAreNoUTF8AreRefusedWhereTheyComeIn(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*generator.Config){
		`Symbols[1] "B\xff" is not UTF-8`:                          func(c *generator.Config) { c.Symbols = []string{"A", "B\xff"} },
		`Specs[0].Name "a\xff" is not UTF-8`:                       func(c *generator.Config) { c.Specs[0].Name = "a\xff" },
		`Specs[0].Params "n=\xff" is not UTF-8 (strategy "turns")`: func(c *generator.Config) { c.Specs[0].Params = "n=\xff" },
	} {
		cfg := config(signal.NewMemory(0))
		spoil(&cfg)
		_, err := generator.New(cfg)
		require.EqualError(t, err, "generator: Config."+want)
	}
	g := newGenerator(t, config(signal.NewMemory(0)))
	require.EqualError(t, g.SetSymbols("\xff"), `generator: SetSymbols: Symbols[0] "\xff" is not UTF-8`)
}

// One signal that is stored with other content already is told and passed over. Where it is each of them, nothing is
// stored, and that is no success.
func TestConflictForEverIsUnhealthyWithinABound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var conflicts atomic.Bool
		memory := signal.NewMemory(0)
		cfg := config(storeFunc{memory, func(signals []signal.Signal) error {
			if conflicts.Load() {
				return fmt.Errorf("store signal %s: %w", signals[0].ID, signal.ErrConflict)
			}
			return memory.Append(t.Context(), signals...)
		}})
		cfg.Specs = []signal.Spec{always(signal.Signal{Direction: signal.Long, Confidence: 1})}
		w := watch(t, cfg)
		defer w.stop()
		time.Sleep(30 * second)
		require.Equal(t, health.Healthy, w.verdict(t, "generator"))
		conflicts.Store(true)
		time.Sleep(31 * second)
		synctest.Wait()
		require.NotEqual(t, time.Now().Add(-second), w.Status().Symbols[0].LastSuccess, "the cycle that met it is no success")
		require.Equal(t, health.Healthy, w.verdict(t, "generator/BTC"), "one alone is told and counted")
		time.Sleep(2*time.Minute + 50*second) // three bars and ten cycles
		require.Equal(t, health.Unhealthy, w.verdict(t, "generator/BTC"))
		require.Equal(t, health.Unhealthy, w.verdict(t, "generator"))
		s := w.Status().Symbols[0]
		require.ErrorIs(t, s.LastError, signal.ErrConflict)
		require.Equal(t, generator.KindStore, s.LastError.Kind)
		require.ErrorContains(t, s.LastError, "is another Generator at work on these streams?")
		require.Equal(t, 1, w.Status().Signals, "nothing of it counts as stored")

		conflicts.Store(false)
		time.Sleep(time.Minute)
		require.Equal(t, health.Healthy, w.verdict(t, "generator"))
	})
}

func TestHistoryThatIsBeingLoadedIsShown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		source := signaltest.NewFlaky(cfg.Source)
		cfg.Source, cfg.Symbols = source, []string{"BTC", "ETH"}
		source.Set("BTC", signaltest.Hanging)
		w := watch(t, cfg)
		defer w.stop()
		loading := func(symbol int) bool {
			synctest.Wait()
			s := w.Status().Symbols[symbol]
			part, _ := w.registry.Report().Part("generator/" + s.Symbol)
			shown := len(part.Conditions) == 1
			require.Equal(t, s.Loading, shown)
			require.True(t, !shown || part.Conditions[0].Key == "loading_history" && part.Conditions[0].Verdict == health.Healthy)
			return shown
		}
		time.Sleep(second)
		require.True(t, loading(0))
		require.False(t, loading(1))
		time.Sleep(time.Minute)
		require.True(t, loading(0), "it failed so far")
		source.Set("BTC")
		time.Sleep(5 * second)
		require.False(t, loading(0))
	})
}
