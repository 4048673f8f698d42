package generator_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// frozen is a market whose prices stand still on request, under new times.
type frozen struct {
	market
	since  atomic.Int64 // in nanoseconds; 0 for never
	volume float64
}

func (f *frozen) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	batch, err := f.market.Bars(ctx, symbol, after, limit)
	for i := range batch.Bars {
		if b := &batch.Bars[i]; f.since.Load() > 0 && b.Time.UnixNano() >= f.since.Load() {
			b.Open, b.High, b.Low, b.Close, b.Volume = 101, 101, 101, 101, f.volume
		}
	}
	return batch, err
}

func TestPricesThatStandStillAreADataFault(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		max, limit int // the limit that follows from it; 0 for none
		interval   time.Duration
		volume     float64
	}{
		"an hour of bars of a minute":              {0, 60, time.Minute, 7},
		"an hour of bars of ten seconds":           {0, 360, 10 * second, 7},
		"sixty longer bars":                        {0, 60, 15 * time.Minute, 7},
		"without volume, as what fills up does":    {0, 60, time.Minute, 0},
		"as many as a person says":                 {5, 5, time.Minute, 7},
		"never, where a person says that it is so": {-1, 0, time.Minute, 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg, log := config(signal.NewMemory(0)), &logbook{}
				cfg.Logger = log.logger(slog.LevelWarn)
				source := &frozen{market: market{cfg.Clock, test.interval}, volume: test.volume}
				cfg.Source, cfg.Interval, cfg.Cycle, cfg.MaxFlat = source, test.interval, test.interval/5, test.max
				w := watch(t, cfg)
				defer w.stop()
				time.Sleep(10*test.interval + second)
				synctest.Wait()
				source.since.Store(time.Now().Truncate(test.interval).UnixNano())
				limit := test.limit
				if limit == 0 {
					limit = 1000
				}
				time.Sleep(time.Duration(limit-1) * test.interval)
				require.Equal(t, health.Healthy, w.verdict(t, "generator/BTC"))
				require.Equal(t, limit-1, w.Status().Symbols[0].Flat)
				time.Sleep(test.interval)
				if test.limit == 0 {
					require.Equal(t, health.Healthy, w.verdict(t, "generator/BTC"))
					return
				}
				require.Equal(t, health.Unhealthy, w.verdict(t, "generator/BTC"))
				time.Sleep(10 * test.interval)
				require.Equal(t, health.Unhealthy, w.verdict(t, "generator/BTC"))
				part, _ := w.registry.Report().Part("generator/BTC")
				require.Len(t, part.Conditions, 1)
				require.Equal(t, "flat_line", part.Conditions[0].Key)
				require.Contains(t, part.Conditions[0].Remedy, "MaxFlat")
				require.Equal(t, 1, w.Status().Faults.Flat)
				require.Zero(t, w.Status().Errors)
				require.Len(t, log.with("flat=1"), 1)

				source.since.Store(0)
				time.Sleep(test.interval)
				require.Equal(t, health.Healthy, w.verdict(t, "generator/BTC"))
				require.Zero(t, w.Status().Symbols[0].Flat)
			})
		})
	}
}

// A first cycle begins at once and not on a multiple. That it crosses the next one is no overrun: the one that was due
// then comes a little late.
func TestFirstCycleThatCrossesABoundaryIsNoOverrun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, log := config(signal.NewMemory(0)), &logbook{}
		cfg.Logger = log.logger(slog.LevelWarn)
		source := &asked{Source: cfg.Source, from: time.Now(), then: func(call int) {
			if call == 1 {
				time.Sleep(300 * time.Millisecond)
			}
		}}
		cfg.Source = source
		time.Sleep(4900 * time.Millisecond)
		g := newGenerator(t, cfg)
		stop := serve(t, g)
		time.Sleep(11 * second)
		stop()
		require.Equal(t, []time.Duration{4900 * time.Millisecond, 5200 * time.Millisecond, 10 * second, 15 * second}, source.at)
		require.Zero(t, g.Status().Overruns)
		require.Empty(t, log.lines)
	})
}
