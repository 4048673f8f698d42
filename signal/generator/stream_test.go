package generator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// hourly returns a generator of the same strategy on bars of an hour, in the same Store.
func hourly(t *testing.T, store signal.Store, now *time.Time) replay {
	cfg := replayConfig(store, now)
	cfg.Interval = time.Hour
	cfg.Source = market{clock: cfg.Clock, interval: time.Hour}
	return replay{newGenerator(t, cfg), now}
}

// Two intervals share a Store, and the one that is behind is not taken for as far as the other.
func TestRestartResumesEachIntervalByItself(t *testing.T) {
	t.Parallel()
	run := func(down bool) []signal.Signal {
		now, store := origin, signal.NewMemory(0)
		minutely := replay{newGenerator(t, replayConfig(store, &now)), &now}
		long := hourly(t, store, &now)
		for n := range 40 * 60 {
			now = now.Add(time.Minute)
			if n%60 == 59 && n > 20*60 && down { // the hour's bar comes while its generator is down
				minutely.Cycle(t.Context(), now)
				long = hourly(t, store, &now)
				continue
			}
			require.Empty(t, minutely.Cycle(t.Context(), now).Errors)
			require.Empty(t, long.Cycle(t.Context(), now).Errors)
		}
		now = now.Add(time.Minute)
		require.Empty(t, long.Cycle(t.Context(), now).Errors)
		hours, err := store.After(t.Context(), 0, 1e6)
		require.NoError(t, err)
		var of []signal.Signal
		for _, s := range hours {
			if s.Interval == time.Hour && s.Symbol == "BTC" {
				s.Seq, s.CreatedAt = 0, time.Time{}
				of = append(of, s)
			}
		}
		return of
	}
	want := run(false)
	require.Greater(t, len(want), 10)
	require.Equal(t, want, run(true))
}

func TestFirstStartBesideAnotherStreamEmitsNothingOlderThanItself(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]func(*replay, *testing.T, signal.Store, *time.Time){
		"another interval": func(r *replay, t *testing.T, store signal.Store, now *time.Time) { *r = hourly(t, store, now) },
		"other parameters": func(r *replay, t *testing.T, store signal.Store, now *time.Time) {
			cfg := replayConfig(store, now)
			cfg.Specs = []signal.Spec{turnsSpec()}
			cfg.Specs[0].Params = "n=2"
			*r = replay{newGenerator(t, cfg), now}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now, store := origin, signal.NewMemory(0)
			r := replay{}
			other(&r, t, store, &now)
			for range 20 {
				now = now.Add(time.Hour)
				require.Empty(t, r.Cycle(t.Context(), now).Errors)
			}
			before := len(stored(t, store, ""))
			require.NotZero(t, before)
			now = now.Add(20 * time.Minute)
			r = replay{newGenerator(t, replayConfig(store, &now)), &now}
			require.Empty(t, r.Cycle(t.Context(), now).Errors)
			for _, s := range stored(t, store, "")[before:] {
				require.False(t, s.BarTime.Before(now.Add(-time.Minute)), s.BarTime)
			}
		})
	}
}
