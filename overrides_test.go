package vigil_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// overrideAll has a person change all that can be changed.
func overrideAll(t *testing.T, trader *vigil.Trader) {
	t.Helper()
	require.NoError(t, trader.Pause(t.Context(), "ann"))
	require.NoError(t, trader.SetSymbols(t.Context(), []string{ether}, "bob"))
	require.NoError(t, trader.SetMinConfidence(t.Context(), 0.25, "ann"))
	require.NoError(t, trader.SetCycle(t.Context(), 7*time.Second, "ann"))
	require.NoError(t, trader.SetReduceOnly(t.Context(), true, "ann"))
}

func TestOverridesOutliveTheProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := onPaper(t)
		cfg.Store = newDisk()
		first := build(t, cfg)
		var overridden []journal.Override
		serve(t, first, time.Minute, func() {
			require.Empty(t, first.Status().Overrides)
			overrideAll(t, first)
			overridden = first.Status().Overrides
			require.Len(t, overridden, 5)
			require.Equal(t, journal.Override{
				Key: "symbols", Value: `["ETH/USDT"]`, Was: `["BTC/USDT","ETH/USDT"]`, By: "bob", At: time.Now(),
			}, overridden[4])
		})
		time.Sleep(time.Hour)
		log := logTo(&cfg)
		second := build(t, cfg)
		serve(t, second, time.Minute, func() {
			s := second.Status()
			require.Equal(t, overridden, s.Overrides)
			require.True(t, s.Generator.Paused)
			require.Len(t, s.Generator.Symbols, 1)
			require.True(t, s.Trading.ReduceOnly)
			require.Equal(t, overridden[3].At, sinceOf(t, second, "reduce_only"), "it holds since before the restart")
			require.InDelta(t, 0.25, s.Generator.MinConfidence, 0)
			require.Equal(t, 7*time.Second, s.Generator.Cycle)
			require.NoError(t, second.Resume(t.Context(), "ann"))
			require.NoError(t, second.SetReduceOnly(t.Context(), false, "ann"))
			require.NoError(t, second.SetSymbols(t.Context(), []string{ether, bitcoin}, "ann"))
			require.Len(t, second.Status().Overrides, 2, "what the configuration says by itself is no override")
		})
		const told = `msg="A person's word counts in the place of the configuration" what=`
		require.Equal(t, 5, strings.Count(log.String(), told), log.String())
		require.Contains(t, log.String(), told+`symbols value="[\"ETH/USDT\"]" by=bob at=`)
		third := build(t, cfg)
		serve(t, third, time.Minute, func() {
			s := third.Status()
			require.False(t, s.Generator.Paused)
			require.Len(t, s.Generator.Symbols, 2)
			require.False(t, s.Trading.ReduceOnly)
			require.Equal(t, 7*time.Second, s.Generator.Cycle)
		})
	})
}

// sinceOf is since when a condition holds.
func sinceOf(t *testing.T, trader *vigil.Trader, key string) time.Time {
	t.Helper()
	for _, part := range trader.Registry().Report().Parts {
		for _, c := range part.Conditions {
			if c.Key == key {
				return c.Since
			}
		}
	}
	t.Fatalf("nobody says %s", key)
	return time.Time{}
}

// Who changes the configuration after a person's word has the last word.
func TestConfigurationThatIsNewerThanAnOverrideCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := onPaper(t)
		cfg.Store = newDisk()
		first := build(t, cfg)
		serve(t, first, time.Minute, func() { overrideAll(t, first) })
		cfg.Symbols, cfg.MinConfidence = []string{bitcoin}, 0.5
		log := logTo(&cfg)
		for range 2 {
			second := build(t, cfg)
			serve(t, second, time.Minute, func() {
				s := second.Status()
				require.Equal(t, bitcoin, s.Generator.Symbols[0].Symbol)
				require.InDelta(t, 0.5, s.Generator.MinConfidence, 0)
				require.Equal(t, 7*time.Second, s.Generator.Cycle, "that was not changed")
			})
		}
		require.Equal(t, 2, strings.Count(log.String(), "The configuration was changed since a person's word, and counts"),
			"once for each of the two, and at one start")
	})
}

func TestOverrideThatCannotBeOrCannotBeKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, store := onPaper(t), newDisk()
		cfg.Store = store
		trader := build(t, cfg)
		serve(t, trader, time.Minute, func() {
			require.ErrorContains(t, trader.SetCycle(t.Context(), time.Second, " "), "changing cycle needs a name")
			require.Error(t, trader.SetMinConfidence(t.Context(), 2, "ann"))
			require.Empty(t, store.overrides)
			store.full.Store(true)
			err := trader.SetMinConfidence(t.Context(), 0.75, "ann")
			require.ErrorContains(t, err, "min_confidence is 0.75 now, and no more once the process has ended: it could not be stored: "+
				"the disk is full")
			require.InDelta(t, 0.75, trader.Status().Generator.MinConfidence, 0)
			store.full.Store(false)
		})
		for _, w := range []journal.Override{
			{Key: "symbols", Value: `["DOGE/USDT"]`, Was: `["BTC/USDT","ETH/USDT"]`, By: "ann"},
			{Key: "cycle", Value: "soon", Was: "5s", By: "ann"},
			{Key: "colour", Value: "red", Was: "false", By: "ann"},
		} {
			require.NoError(t, store.SetOverride(t.Context(), w))
		}
		log := logTo(&cfg)
		second := build(t, cfg)
		serve(t, second, time.Minute, func() { require.Empty(t, second.Status().Overrides) })
		require.Equal(t, 3, strings.Count(log.String(), "What a person wanted cannot be any more"), log.String())
		require.Contains(t, log.String(), "DOGE/USDT")
	})
}

func TestEquityIsSampledEachHourAndActsAreRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := onPaper(t)
		cfg.Store = newDisk()
		trader := build(t, cfg)
		began := time.Now()
		serve(t, trader, 5*time.Hour, func() {
			marks, err := trader.Equity(t.Context(), began)
			require.NoError(t, err)
			require.InDelta(t, 5, len(marks), 1)
			for i, m := range marks[1:] {
				require.Equal(t, time.Hour, m.At.Truncate(time.Hour).Sub(marks[i].At.Truncate(time.Hour)))
				require.True(t, m.Equity.IsPositive())
			}
			act := journal.Acted{Actor: "ann", Verb: "restart-service", Object: "trader/store", Error: strings.Repeat("x", 2000)}
			require.NoError(t, trader.Record(t.Context(), act))
			require.Error(t, trader.Record(t.Context(), journal.Acted{Verb: "halt"}), "nobody did")
			entries, err := trader.History().Before(t.Context(), 0, []string{"acted"}, 10)
			require.NoError(t, err)
			act.Error = act.Error[:1000]
			require.Len(t, entries, 1)
			require.Equal(t, act, entries[0].Event)
		})
	})
}

// A slip would keep a processor busy, or end the signals in silence, and that also after a restart.
func TestSetCycleRefusesASlip(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		trader := build(t, onPaper(t))
		serve(t, trader, time.Minute, func() {
			for _, slip := range []time.Duration{-time.Second, 0, 1, 99 * time.Millisecond, 1000 * time.Hour} {
				err := trader.SetCycle(t.Context(), slip, "ann")
				require.ErrorContains(t, err, "is not from 100ms to 24h0m0s", slip)
			}
			require.Empty(t, trader.Status().Overrides)
			require.NoError(t, trader.SetCycle(t.Context(), 24*time.Hour, "ann"))
		})
	})
}
