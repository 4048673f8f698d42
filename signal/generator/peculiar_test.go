package generator_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
)

// batchOf is a Source that is one function.
type batchOf func(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error)

func (f batchOf) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	return f(ctx, symbol, after, limit)
}

// with answers with what the market has, changed.
func (m market) with(change func(batch *signal.Batch, symbol string, after time.Time)) batchOf {
	return func(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
		batch, err := m.Bars(ctx, symbol, after, limit)
		change(&batch, symbol, after)
		return batch, err
	}
}

// What venues are known to answer beside what was asked for is left out and counted, said once in words, and does no harm.
func TestPeculiarAnswersAreLeftOutAndCounted(t *testing.T) {
	t.Parallel()
	minute := func(at time.Time) time.Time { return at.Truncate(time.Minute).UTC() }
	for name, test := range map[string]struct {
		source func(m market) signal.Source
		faults generator.DataFaults
		key    string
		change func(*generator.Config)
	}{
		"a last candle that is not finished": {
			source: func(m market) signal.Source {
				return m.with(func(batch *signal.Batch, symbol string, _ time.Time) {
					b := m.bar(symbol, minute(time.Now()))
					b.Close = b.Open + time.Since(b.Time).Seconds()/100
					batch.Bars = append(batch.Bars, b)
				})
			},
			faults: generator.DataFaults{Incomplete: 121}, key: "incomplete_bars",
		},
		"the bar that opens at the time asked from as well": {
			source: func(m market) signal.Source {
				return batchOf(func(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
					return m.Bars(ctx, symbol, after.Add(-1), limit)
				})
			},
			faults: generator.DataFaults{OutOfRange: 120}, key: "bars_before_after",
		},
		"that bar, where nothing is asked for twice": {
			source: func(m market) signal.Source {
				return batchOf(func(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
					return m.Bars(ctx, symbol, after.Add(-1), limit)
				})
			},
			faults: generator.DataFaults{OutOfRange: 120}, key: "bars_before_after",
			change: func(c *generator.Config) { c.Recheck = -1 },
		},
		"the bar within which the time asked from lies": {
			source: func(m market) signal.Source {
				return batchOf(func(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
					return m.Bars(ctx, symbol, minute(after).Add(-1), limit)
				})
			},
			faults: generator.DataFaults{OutOfRange: 121}, key: "bars_before_after",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store, want, log := signal.NewMemory(0), signal.NewMemory(0), &logbook{}
				cfg := config(store)
				cfg.Source, cfg.Logger = test.source(cfg.Source.(market)), log.logger(slog.LevelInfo)
				if test.change != nil {
					test.change(&cfg)
				}
				w := watch(t, cfg)
				defer w.stop()
				defer serve(t, newGenerator(t, config(want)))()
				for range 120 {
					time.Sleep(time.Minute)
					require.Equal(t, health.Healthy, w.verdict(t, "generator/BTC"))
				}
				time.Sleep(second)
				synctest.Wait()
				status := w.Status()
				require.Zero(t, status.Errors)
				require.Zero(t, status.Refused)
				require.Equal(t, test.faults, status.Faults)
				require.Equal(t, stored(t, want, ""), stored(t, store, ""))
				part, _ := w.registry.Report().Part("generator/BTC")
				require.Len(t, part.Conditions, 1)
				require.Equal(t, test.key, part.Conditions[0].Key)
				require.NotEmpty(t, part.Conditions[0].Remedy)
				require.Len(t, log.with("condition="+test.key), 1)
				require.Empty(t, log.with("level=WARN"))
			})
		})
	}
}

// traded returns whether a market that trades seldom has a bar that opens at that time.
type traded func(at time.Time) bool

func everySeventh(at time.Time) bool { return at.Unix()/60%7 == 0 }

// oneInSeven draws whether there is a bar, each minute anew.
func oneInSeven(at time.Time) bool {
	return rand.New(rand.NewPCG(uint64(at.Unix()), 1)).IntN(7) == 0
}

// seldom is a Source of such a market, which knows up to when it is complete, or does not.
func (m market) seldom(has traded, knows bool, dead func() bool) batchOf {
	return func(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
		batch := signal.Batch{}
		if dead() {
			return batch, ctx.Err()
		}
		now := time.Now().UTC()
		for at := after.Truncate(m.interval).Add(m.interval).UTC(); len(batch.Bars) < limit; at = at.Add(m.interval) {
			if at.Add(m.interval).After(now) {
				break
			}
			if has(at) {
				batch.Bars = append(batch.Bars, m.bar(symbol, at))
			}
		}
		if knows {
			batch.Complete = now.Truncate(m.interval)
		}
		return batch, ctx.Err()
	}
}

func TestSparseMarketIsHealthyUntilItIsSilentForLong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		has     traded
		knows   bool
		maxAge  time.Duration
		noticed time.Duration // within which a silence of the source is
	}{
		"a bar every seven minutes":                            {has: everySeventh, noticed: 40 * time.Minute},
		"a bar every seven minutes, and the source knows that": {has: everySeventh, knows: true, noticed: 5 * time.Minute},
		"one bar in seven":                                     {has: oneInSeven, noticed: 2 * time.Hour},
		"one bar in seven, and the source knows that":          {has: oneInSeven, knows: true, noticed: 5 * time.Minute},
		"a person says how old its bars may be":                {has: everySeventh, maxAge: 10 * time.Minute, noticed: 11 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg, log := config(signal.NewMemory(0)), &logbook{}
				var dead atomic.Bool
				cfg.Source = cfg.Source.(market).seldom(test.has, test.knows, dead.Load)
				cfg.Specs = []signal.Spec{always(signal.Signal{Direction: signal.Long, Confidence: 1})}
				cfg.History, cfg.MaxAge, cfg.Logger = 60, test.maxAge, log.logger(slog.LevelWarn)
				cfg.Cycle = 15 * second
				time.Sleep(3*time.Minute + second)
				w := watch(t, cfg)
				defer w.stop()
				bars := 0
				for range 13 * 60 {
					at := time.Now().Truncate(time.Minute)
					time.Sleep(time.Minute)
					if test.has(at) {
						bars++
					}
					require.Equal(t, health.Healthy, w.verdict(t, "generator/BTC"), time.Now())
					require.False(t, w.Status().Symbols[0].Stale)
				}
				status := w.Status()
				require.Zero(t, status.Errors)
				require.InDelta(t, bars, status.Signals, 1)
				require.LessOrEqual(t, len(log.with("")), 2, "a first gap may be one")

				dead.Store(true)
				time.Sleep(test.noticed)
				require.Equal(t, health.Unhealthy, w.verdict(t, "generator/BTC"))
				require.True(t, w.Status().Symbols[0].Stale)
			})
		})
	}
}

// A market that trades at each bar is held to that, also when its source lost some bars a while ago.
func TestDenseMarketIsStaleAfterThreeBars(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		var dead atomic.Bool
		hole := time.Now().Add(-15 * time.Minute)
		has := func(at time.Time) bool { return at.Before(hole) || at.After(hole.Add(9*time.Minute)) }
		cfg.Source = cfg.Source.(market).seldom(has, false, dead.Load)
		w := watch(t, cfg)
		defer w.stop()
		time.Sleep(10*time.Minute + second)
		require.Equal(t, health.Healthy, w.verdict(t, "generator/BTC"))
		require.Equal(t, 1, w.Status().Faults.Gaps)
		dead.Store(true)
		time.Sleep(4 * time.Minute)
		require.Equal(t, health.Unhealthy, w.verdict(t, "generator/BTC"))
	})
}

// What a Source knows to be complete has no gap, and nobody waits for it.
func TestCompleteAnswerHasNoGap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, knows := range []bool{true, false} {
			cfg := config(signal.NewMemory(0))
			cfg.GapWait, cfg.Specs = time.Hour, []signal.Spec{always(signal.Signal{Direction: signal.Long, Confidence: 1})}
			hole := time.Now().Add(5 * time.Minute).Truncate(time.Minute)
			has := func(at time.Time) bool { return !at.Equal(hole) }
			cfg.Source = cfg.Source.(market).seldom(has, knows, func() bool { return false })
			g := newGenerator(t, cfg)
			stop := serve(t, g)
			time.Sleep(10*time.Minute + second)
			stop()
			require.Zero(t, g.Status().Faults.Gaps, "it is waited for where nobody knows")
			require.Equal(t, knows, time.Since(g.Status().Symbols[0].LastBar) < 2*time.Minute)
		}
	})
}
