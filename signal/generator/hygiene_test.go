package generator_test

import (
	"context"
	"log/slog"
	"slices"
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

// ledger is a Source of whatever bars it is given, of one symbol, and may be rewritten.
type ledger struct{ bars []signal.Bar }

func (l *ledger) Bars(_ context.Context, _ string, after time.Time, limit int) (signal.Batch, error) {
	var found []signal.Bar
	for _, b := range l.bars {
		if b.Time.After(after) && len(found) < limit {
			found = append(found, b)
		}
	}
	return signal.Batch{Bars: found}, nil
}

// diary is a strategy that notes the closes it sees, of all its values together, and of which value.
type diary struct {
	values int
	closes []float64
}

func (d *diary) spec() signal.Spec {
	return spec("diary", func() signal.Strategy {
		d.values++
		d.closes = append(d.closes, 0) // a new value begins
		return each(func(b signal.Bar) (signal.Signal, bool) {
			d.closes = append(d.closes, b.Close)
			return signal.Signal{Direction: signal.Long, Confidence: 1}, true
		})
	})
}

// bench drives a Generator over a ledger: minute n has the bar that opens at minute n, with n as its close.
type bench struct {
	*generator.Generator
	now    time.Time
	source *ledger
	diary  *diary
	store  *signal.Memory
	log    *logbook
}

func minuteBar(n int) signal.Bar {
	return signal.Bar{Symbol: "BTC", Time: origin.Add(time.Duration(n) * time.Minute), Interval: time.Minute,
		Open: float64(n), High: float64(n) + 1, Low: float64(n) - 0.5, Close: float64(n), Volume: 1}
}

func newBench(t *testing.T, change func(*generator.Config)) *bench {
	b := &bench{now: origin.Add(time.Minute), source: &ledger{}, diary: &diary{}, store: signal.NewMemory(0), log: &logbook{}}
	cfg := config(b.store)
	cfg.Clock, cfg.Source, cfg.Specs = still{&b.now}, b.source, []signal.Spec{b.diary.spec()}
	cfg.Logger = b.log.logger(slog.LevelWarn)
	if change != nil {
		change(&cfg)
	}
	b.Generator = newGenerator(t, cfg)
	return b
}

// at runs the cycle at the end of bar n, after the source got these bars.
func (b *bench) at(t *testing.T, n int, bars ...signal.Bar) {
	b.source.bars = append(b.source.bars, bars...)
	slices.SortStableFunc(b.source.bars, func(x, y signal.Bar) int { return x.Time.Compare(y.Time) })
	b.now = origin.Add(time.Duration(n+1) * time.Minute)
	require.Empty(t, b.Cycle(t.Context(), b.now).Errors)
}

func TestFaultyDataAsTheStrategySeesIt(t *testing.T) {
	t.Parallel()
	revised := minuteBar(3)
	revised.Close = 3.5
	rebuild := func(c *generator.Config) { c.Rebuild = true }
	tests := map[string]struct {
		change func(*generator.Config)
		run    func(t *testing.T, b *bench)
		faults generator.DataFaults
		sees   []float64 // 0 where a new value begins
	}{
		"a gap is passed over, told, and asked for again: what comes is late": {
			run: func(t *testing.T, b *bench) {
				b.at(t, 2, minuteBar(1), minuteBar(2))
				b.at(t, 8, minuteBar(3), minuteBar(7), minuteBar(8))
				b.at(t, 9, minuteBar(9))
				b.at(t, 9, minuteBar(5))
				b.at(t, 10, minuteBar(10))
			},
			faults: generator.DataFaults{Gaps: 1, Missing: 3, Late: 1},
			sees:   []float64{0, 1, 2, 3, 7, 8, 9, 10},
		},
		"a gap is asked for in a dozen cycles and no more": {
			run: func(t *testing.T, b *bench) {
				b.at(t, 3, minuteBar(1), minuteBar(3))
				for n := 4; n <= 16; n++ {
					b.at(t, n, minuteBar(n))
				}
				b.at(t, 16, minuteBar(2))
			},
			faults: generator.DataFaults{Gaps: 1, Missing: 1},
			sees:   []float64{0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
		},
		"with a GapWait the bars behind a gap wait for it": {
			change: func(c *generator.Config) { c.GapWait = 90 * second },
			run: func(t *testing.T, b *bench) {
				b.at(t, 3, minuteBar(1), minuteBar(3))
				require.Equal(t, []float64{0, 1}, b.diary.closes)
				b.at(t, 4, minuteBar(2), minuteBar(4))
				b.at(t, 7, minuteBar(7), minuteBar(6))
				require.Equal(t, 4.0, b.diary.closes[len(b.diary.closes)-1], "bar 6 has closed a minute ago")
				b.at(t, 8, minuteBar(8))
			},
			faults: generator.DataFaults{Gaps: 1, Missing: 1},
			sees:   []float64{0, 1, 2, 3, 4, 6, 7, 8},
		},
		"an equal bar in the same answer is left out": {
			run: func(t *testing.T, b *bench) {
				b.at(t, 2, minuteBar(1), minuteBar(2), minuteBar(2))
				b.source.bars = b.source.bars[:2] // the source has mended it
				b.at(t, 3, minuteBar(3))
			},
			faults: generator.DataFaults{Duplicates: 1},
			sees:   []float64{0, 1, 2, 3},
		},
		"a bar of the same time and other content in the same answer is a revision": {
			run:    func(t *testing.T, b *bench) { b.at(t, 3, minuteBar(2), minuteBar(3), revised) },
			faults: generator.DataFaults{Revised: 1},
			sees:   []float64{0, 2, 3},
		},
		"a revised bar is noticed once, and what was seen stands": {
			run: func(t *testing.T, b *bench) {
				b.at(t, 3, minuteBar(2), minuteBar(3))
				b.source.bars[1] = revised
				b.at(t, 4, minuteBar(4))
				b.at(t, 5, minuteBar(5))
			},
			faults: generator.DataFaults{Revised: 1},
			sees:   []float64{0, 2, 3, 4, 5},
		},
		"Rebuild lets new strategies see the revised bar": {
			change: rebuild,
			run: func(t *testing.T, b *bench) {
				b.at(t, 3, minuteBar(2), minuteBar(3))
				b.source.bars[1] = revised
				b.at(t, 4, minuteBar(4))
				b.at(t, 5, minuteBar(5))
			},
			faults: generator.DataFaults{Revised: 1},
			sees:   []float64{0, 2, 3, 0, 2, 3.5, 4, 5},
		},
		"Rebuild lets new strategies see the late bar in its place": {
			change: rebuild,
			run: func(t *testing.T, b *bench) {
				b.at(t, 4, minuteBar(2), minuteBar(4))
				b.at(t, 5, minuteBar(3), minuteBar(5))
			},
			faults: generator.DataFaults{Gaps: 1, Missing: 1, Late: 1},
			sees:   []float64{0, 2, 4, 0, 2, 3, 4, 5},
		},
		"a bar within another is left out, and counts once however often it comes": {
			change: func(c *generator.Config) { c.Recheck = 10 },
			run: func(t *testing.T, b *bench) {
				within := minuteBar(2)
				within.Time = within.Time.Add(20 * second)
				for n := 4; n < 9; n++ {
					b.source.bars = nil
					b.at(t, n, minuteBar(1), minuteBar(2), within, minuteBar(3), minuteBar(n))
				}
			},
			faults: generator.DataFaults{Overlaps: 1},
			sees:   []float64{0, 1, 2, 3, 4, 5, 6, 7, 8},
		},
		"a day that is an hour shorter is a day": {
			run: func(t *testing.T, b *bench) {
				late := minuteBar(2) // and the next one begins before it ends
				late.Time = late.Time.Add(20 * second)
				b.at(t, 4, minuteBar(1), late, minuteBar(3), minuteBar(4))
			},
			faults: generator.DataFaults{Gaps: 1, Missing: 1},
			sees:   []float64{0, 1, 2, 3, 4},
		},
		"without a Recheck nothing is asked for twice": {
			change: func(c *generator.Config) { c.Recheck = -1 },
			run: func(t *testing.T, b *bench) {
				b.at(t, 4, minuteBar(2), minuteBar(4))
				b.source.bars[0] = revised
				b.at(t, 5, minuteBar(3), minuteBar(5))
			},
			faults: generator.DataFaults{Gaps: 1, Missing: 1},
			sees:   []float64{0, 2, 4, 5},
		},
		"a closed market has no gap": {
			change: func(c *generator.Config) {
				c.Hours = hoursFunc(func(at time.Time) bool {
					minute := at.Sub(origin) / time.Minute
					return minute < 3 || minute > 6
				})
			},
			run: func(t *testing.T, b *bench) {
				b.at(t, 2, minuteBar(2))
				b.at(t, 9, minuteBar(7), minuteBar(9))
			},
			faults: generator.DataFaults{Gaps: 1, Missing: 1},
			sees:   []float64{0, 2, 7, 9},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, test.change)
			test.run(t, b)
			require.Equal(t, test.sees, b.diary.closes)
			require.Equal(t, test.faults, b.Status().Faults)
			require.Equal(t, test.faults, b.Status().Symbols[0].Faults)
			require.NotEmpty(t, b.log.with("Market data has faults"))
			bars := barsOf(stored(t, b.store, ""))
			require.Equal(t, slices.Compact(slices.Clone(bars)), bars, "no bar gives two signals")
			require.True(t, slices.IsSorted(bars), bars)
			require.Zero(t, b.Status().Conflicts)
		})
	}
}

func TestBarOfAClockALittleAheadIsLeftForLater(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.at(t, 1, minuteBar(1))
	b.source.bars = append(b.source.bars, minuteBar(2))
	b.now = origin.Add(3*time.Minute - 2*second)
	result := b.Cycle(t.Context(), b.now)
	require.Empty(t, result.Errors)
	require.Zero(t, result.Bars)
	b.at(t, 2)
	require.Equal(t, []float64{0, 1, 2}, b.diary.closes)

	b.source.bars = append(b.source.bars, minuteBar(3))
	b.now = origin.Add(4*time.Minute - 2*second - 1)
	require.Empty(t, b.Cycle(t.Context(), b.now).Errors)
	require.Equal(t, 1, b.Status().Faults.Incomplete)
	b.now = origin.Add(3*time.Minute - 2*second - 1)
	require.ErrorContains(t, b.Cycle(t.Context(), b.now).Errors[0], "not closed before", "it has not even opened")
}

func TestClockThatGoesBackIsAnError(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.at(t, 10, minuteBar(10))
	b.now = origin.Add(11*time.Minute - 2*second)
	require.Empty(t, b.Cycle(t.Context(), b.now).Errors, "within MaxSkew")
	b.now = origin
	b.source.bars = nil
	result := b.Cycle(t.Context(), b.now)
	require.Len(t, result.Errors, 1)
	require.ErrorContains(t, result.Errors[0], "BTC: clock: the newest bar closes 11m0s ahead of the clock")
	require.Zero(t, result.Succeeded)
}

// late is a Source that is behind by a constant time, and answers all the same.
type late struct {
	signal.Source
	by atomic.Int64 // nanoseconds
}

func (l *late) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	batch, err := l.Source.Bars(ctx, symbol, after, limit)
	end := slices.IndexFunc(batch.Bars, func(b signal.Bar) bool { return b.End().After(time.Now().Add(-time.Duration(l.by.Load()))) })
	if end >= 0 {
		batch.Bars = batch.Bars[:end]
	}
	return signal.Batch{Bars: batch.Bars}, err
}

func TestDataThatIsOldTurnsTheVerdictThoughItArrives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, log := config(signal.NewMemory(0)), &logbook{}
		cfg.Logger, cfg.MaxAge = log.logger(slog.LevelInfo), 4*time.Minute
		source := &late{Source: cfg.Source}
		source.by.Store(int64(10 * time.Minute))
		cfg.Source = source
		w := watch(t, cfg)
		defer w.stop()
		time.Sleep(3*time.Minute - second)
		require.NotEqual(t, health.Unhealthy, w.verdict(t, "generator/BTC"), "it has had no time yet")
		require.False(t, w.Status().Symbols[0].Stale)
		time.Sleep(2 * time.Minute)
		require.Equal(t, health.Unhealthy, w.verdict(t, "generator/BTC"))
		status := w.Status()
		require.Equal(t, 1, status.Stale)
		require.True(t, status.Symbols[0].Stale)
		require.GreaterOrEqual(t, status.Symbols[0].DataAge, 10*time.Minute)
		require.Zero(t, status.Errors)
		require.Len(t, log.with(`level=WARN msg="Market data is stale" symbol=BTC`), 1)

		source.by.Store(0)
		time.Sleep(5 * second)
		require.Equal(t, health.Healthy, w.verdict(t, "generator/BTC"))
		require.False(t, w.Status().Symbols[0].Stale)
		require.Len(t, log.with(`level=INFO msg="Market data is current again" symbol=BTC`), 1)
	})
}

func TestFrozenFeedTurnsTheVerdict(t *testing.T) {
	t.Parallel()
	for _, fault := range []signaltest.Fault{signaltest.Frozen, signaltest.Empty, signaltest.Deaf, signaltest.Garbage} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := config(signal.NewMemory(0))
				source := signaltest.NewFlaky(cfg.Source)
				cfg.Source = source
				w := watch(t, cfg)
				defer w.stop()
				time.Sleep(10*time.Minute + second)
				source.Set("BTC", fault)
				time.Sleep(4 * time.Minute)
				require.Equal(t, health.Unhealthy, w.verdict(t, "generator/BTC"))
				require.True(t, w.Status().Symbols[0].Stale)
				source.Set("BTC")
				source.Release()
				time.Sleep(10 * second)
				require.Equal(t, health.Healthy, w.verdict(t, "generator/BTC"))
			})
		})
	}
}

func TestDataIsNotStaleBecauseTheMarketWasClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, log := config(signal.NewMemory(0)), &logbook{}
		cfg.Logger = log.logger(slog.LevelInfo)
		cfg.Cycle = 30 * second
		from, until := time.Now().Add(time.Hour), time.Now().Add(4*time.Hour)
		open := func(at time.Time) bool { return at.Before(from) || !at.Before(until) }
		cfg.Hours = hoursFunc(open)
		inner := cfg.Source
		cfg.Source = sourceOf(func(ctx context.Context, symbol string, after time.Time, limit int) ([]signal.Bar, error) {
			batch, err := inner.Bars(ctx, symbol, after, limit)
			return slices.DeleteFunc(batch.Bars, func(b signal.Bar) bool { return !open(b.Time) }), err
		})
		w := watch(t, cfg)
		defer w.stop()
		for range 5 * 60 {
			time.Sleep(time.Minute)
			require.Equal(t, health.Healthy, w.verdict(t, "generator/BTC"))
			require.False(t, w.Status().Symbols[0].Stale)
		}
		require.Empty(t, log.with("Market data"))
		require.Zero(t, w.Status().Faults)
	})
}

type sourceOf func(ctx context.Context, symbol string, after time.Time, limit int) ([]signal.Bar, error)

func (f sourceOf) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	bars, err := f(ctx, symbol, after, limit)
	return signal.Batch{Bars: bars}, err
}
