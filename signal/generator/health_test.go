package generator_test

import (
	"context"
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

// watched is a Generator that runs as the part "generator" of a registry.
type watched struct {
	*generator.Generator
	registry *health.Registry
	part     *health.Run
	stop     func()
}

func watch(t *testing.T, cfg generator.Config) watched {
	w := watched{Generator: newGenerator(t, cfg), registry: health.NewRegistry(health.Config{})}
	w.part = w.registry.Begin("generator")
	w.stop = serveIn(t, health.NewContext(t.Context(), w.part.Part()), w.Generator)
	return w
}

func (w watched) verdict(t *testing.T, path string) health.Verdict {
	t.Helper()
	synctest.Wait()
	part, ok := w.registry.Report().Part(path)
	require.True(t, ok, path)
	return part.Verdict
}

func TestErrorsTurnTheVerdictAndProgressTurnsItBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		cfg.Symbols = []string{"BTC", "ETH"}
		source := signaltest.NewFlaky(cfg.Source)
		cfg.Source = source
		w := watch(t, cfg)
		defer w.stop()
		time.Sleep(time.Minute + second)
		require.Equal(t, health.Healthy, w.verdict(t, "generator"))

		source.Set("ETH", signaltest.Failing)
		time.Sleep(5 * second)
		require.Equal(t, health.Degraded, w.verdict(t, "generator/ETH"), "one error")
		require.Equal(t, health.Healthy, w.verdict(t, "generator/BTC"))
		time.Sleep(40 * second)
		require.Equal(t, health.Degraded, w.verdict(t, "generator/ETH"), "nine errors")
		time.Sleep(5 * second)
		require.Equal(t, health.Unhealthy, w.verdict(t, "generator/ETH"), "ten errors")
		require.Equal(t, health.Degraded, w.verdict(t, "generator"), "one symbol of two")

		source.Set("BTC", signaltest.Failing)
		time.Sleep(5 * second)
		report, _ := w.registry.Report().Part("generator")
		require.Equal(t, 1, report.ErrorRun, "a cycle in which nothing succeeded")
		require.Contains(t, report.ObservedError, "BTC: source: bars after ")

		source.Set("BTC")
		source.Set("ETH")
		time.Sleep(5 * second)
		require.Equal(t, health.Healthy, w.verdict(t, "generator/ETH"))
		require.Equal(t, health.Healthy, w.verdict(t, "generator"))
	})
}

func TestSilentSourceTurnsTheVerdictThoughTheLoopBeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		cfg.Timeout = 4 * second
		source := signaltest.NewFlaky(cfg.Source)
		cfg.Source = source
		w := watch(t, cfg)
		defer w.stop()
		time.Sleep(time.Minute + second)
		source.Set("BTC", signaltest.Empty)
		// The last progress is the cycle at 1:55, when the bar of 1:00 is not due yet. Two bars, two cycles and a
		// timeout later, at 4:09, it has been silent for too long.
		time.Sleep(3*time.Minute + 8*second)
		require.Equal(t, health.Healthy, w.verdict(t, "generator/BTC"))
		time.Sleep(time.Millisecond)
		require.Equal(t, health.Unhealthy, w.verdict(t, "generator/BTC"))
		require.Equal(t, health.Unhealthy, w.verdict(t, "generator"), "its only symbol")
		w.part.TakeBeat()
		time.Sleep(5 * second)
		synctest.Wait()
		require.True(t, w.part.TakeBeat(), "no reason to restart it")

		source.Set("BTC")
		time.Sleep(5 * second)
		require.Equal(t, health.Healthy, w.verdict(t, "generator"))
	})
}

func TestPlannedSilenceTurnsNoVerdict(t *testing.T) {
	t.Parallel()
	type switcher func(g *generator.Generator, closed *atomic.Bool)
	tests := map[string]struct{ silence, end switcher }{
		"of a paused generator": {
			func(g *generator.Generator, _ *atomic.Bool) { g.Pause() }, func(g *generator.Generator, _ *atomic.Bool) { g.Resume() }},
		"of a closed market": {
			func(_ *generator.Generator, closed *atomic.Bool) { closed.Store(true) },
			func(_ *generator.Generator, closed *atomic.Bool) { closed.Store(false) }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := config(signal.NewMemory(0))
				source := signaltest.NewFlaky(cfg.Source)
				cfg.Source = source
				var closed atomic.Bool
				cfg.Hours = hoursFunc(func(time.Time) bool { return !closed.Load() })
				w := watch(t, cfg)
				defer w.stop()
				time.Sleep(time.Minute + second)
				synctest.Wait()
				test.silence(w.Generator, &closed)
				source.Set("BTC", signaltest.Empty)
				for range 100 {
					time.Sleep(30*time.Minute + 777*time.Millisecond)
					require.Equal(t, health.Healthy, w.verdict(t, "generator"))
					require.Equal(t, health.Healthy, w.verdict(t, "generator/BTC"))
				}
				report := w.registry.Report()
				symbol, _ := report.Part("generator/BTC")
				require.True(t, symbol.Idle)
				loop, _ := report.Part("generator")
				require.Less(t, report.At.Sub(loop.LastProgress), 5*second)
				require.Zero(t, w.Status().NotEmitted.NoData)
				w.part.TakeBeat()
				time.Sleep(5 * second)
				synctest.Wait()
				require.True(t, w.part.TakeBeat())

				test.end(w.Generator, &closed)
				for range 30 { // it has its time to bring a bar
					time.Sleep(4 * second)
					require.Equal(t, health.Healthy, w.verdict(t, "generator/BTC"))
				}
				time.Sleep(time.Minute)
				require.Equal(t, health.Unhealthy, w.verdict(t, "generator/BTC"), "but not for ever")
			})
		})
	}
}

func TestBeatFollowsEachSymbolThatIsDoneOrLeftBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		cfg.Symbols, cfg.Concurrency, cfg.Cycle, cfg.Timeout = []string{"A", "B", "C"}, 1, time.Minute, 10*second
		source := signaltest.NewFlaky(cfg.Source)
		cfg.Source = source
		for _, symbol := range cfg.Symbols {
			source.Set(symbol, signaltest.Deaf)
		}
		w := watch(t, cfg)
		for i := range 3 {
			time.Sleep(9*second + 999*time.Millisecond)
			synctest.Wait()
			require.False(t, w.part.TakeBeat(), "symbol %d hangs", i)
			time.Sleep(time.Millisecond)
			synctest.Wait()
			require.True(t, w.part.TakeBeat(), "symbol %d is left behind", i)
		}
		require.Equal(t, 3, w.Status().LeftBehind)
		source.Release()
		w.stop()
	})
}

func TestLoopIsReadyAfterACycleAndIdleUntilTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		source := signaltest.NewFlaky(cfg.Source)
		cfg.Source = source
		source.Set("BTC", signaltest.Hanging)
		w := watch(t, cfg)
		defer w.stop()
		isReady := func() bool {
			synctest.Wait()
			select {
			case <-w.part.Part().AwaitReady():
				return true
			default:
				return false
			}
		}
		time.Sleep(second)
		require.False(t, isReady())
		require.False(t, w.part.IdleAt(time.Now()))
		source.Set("BTC")
		source.Release()
		require.True(t, isReady())
		require.True(t, w.part.IdleAt(time.Now()))
		require.False(t, w.part.IdleAt(time.Now().Add(4*second)), "the next cycle is due")
	})
}

func TestGoodBarsBesideABadOneAreProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bad := true
		cfg := config(signal.NewMemory(0))
		market := cfg.Source
		cfg.Source = &asked{Source: sourceFunc(func() ([]signal.Bar, error) {
			batch, err := market.Bars(t.Context(), "BTC", time.Now().Add(-2*time.Minute), 10)
			bars := batch.Bars
			if bad {
				bars = append(bars, signal.Bar{})
			}
			return bars, err
		})}
		registry := health.NewRegistry(health.Config{})
		ctx := health.NewContext(t.Context(), registry.Begin("generator").Part())
		progress := func() time.Time {
			part, _ := registry.Report().Part("generator/BTC")
			require.Equal(t, health.Degraded, part.Verdict)
			return part.LastProgress
		}
		g := newGenerator(t, cfg)
		time.Sleep(time.Minute)
		require.Len(t, g.Cycle(ctx, time.Now()).Errors, 1)
		require.Equal(t, time.Now(), progress())

		bad = false
		cfg.Specs = []signal.Spec{always(signal.Signal{Confidence: 2})}
		g = newGenerator(t, cfg)
		before := progress()
		time.Sleep(time.Minute)
		require.Len(t, g.Cycle(ctx, time.Now()).Errors, 1)
		require.Equal(t, before, progress(), "bars that a strategy fails on are none")
	})
}

func TestRunThatWasGivenUpIsIgnored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		source := signaltest.NewFlaky(cfg.Source)
		cfg.Source = source
		w := watch(t, cfg)
		time.Sleep(second)
		w.registry.Begin("generator") // a new run, whose Serve is still to come
		source.Set("BTC", signaltest.Failing)
		time.Sleep(time.Hour)
		require.Equal(t, health.Healthy, w.verdict(t, "generator"))
		w.stop()
	})
}

func TestConcurrencyBoundsWhatRunsAtOnceWhileNothingHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		cfg.Symbols, cfg.Concurrency, cfg.Timeout = []string{"A", "B", "C", "D", "E"}, 2, 10*second
		source := signaltest.NewFlaky(cfg.Source)
		cfg.Source = source
		for _, symbol := range []string{"A", "B", "D"} {
			source.Set(symbol, signaltest.Deaf)
		}
		g := newGenerator(t, cfg)
		done := make(chan generator.Result)
		go func() { done <- g.Cycle(context.Background(), time.Now()) }()
		time.Sleep(second)
		synctest.Wait()
		require.Equal(t, 2, source.Waiting())
		require.Zero(t, source.Calls("C"))
		time.Sleep(second)
		synctest.Wait()
		require.Equal(t, 1, source.Calls("C"), "two fifths of half of Timeout have passed")
		from := time.Now()
		result := <-done // at 10 s A, B and D, which was begun at 3 s, are left behind
		require.Equal(t, 8*second, time.Since(from))
		require.Equal(t, 10*second, result.Duration)
		require.Equal(t, 2, result.Succeeded)
		require.Len(t, result.Errors, 3)
		for i, symbol := range []string{"A", "B", "D"} {
			within := map[string]string{"A": "10s", "B": "10s", "D": "7s"}[symbol]
			require.EqualError(t, result.Errors[i], "generator: "+symbol+": left_behind: not back within "+within)
		}
		require.Equal(t, 3, source.Waiting())

		from = time.Now()
		result = g.Cycle(context.Background(), time.Now())
		require.Zero(t, time.Since(from), "they hold up nobody a second time")
		require.EqualError(t, result.Errors[0], "generator: A: left_behind: not back yet after 10s")
		require.Equal(t, 3, g.Status().LeftBehind)
		require.Equal(t, 6, g.Status().Errors)
		source.Release()
		synctest.Wait()
		for _, symbol := range cfg.Symbols {
			source.Set(symbol)
		}
		require.Equal(t, 5, g.Cycle(context.Background(), time.Now()).Succeeded)
	})
}

func TestRunThatHasEndedBeginsNoFurtherSymbol(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		cfg.Symbols, cfg.Concurrency = []string{"A", "B"}, 1
		ctx, cancel := context.WithCancel(t.Context())
		source := &asked{Source: cfg.Source, then: func(int) { cancel() }}
		cfg.Source = source
		made := 0
		cfg.Specs[0].New = func() signal.Strategy { made++; return &turns{} }
		g := newGenerator(t, cfg)
		result := g.Cycle(ctx, time.Now())
		require.Len(t, source.at, 1)
		require.Equal(t, 1, made)
		require.Empty(t, result.Errors)
		require.Zero(t, g.Status().Errors)
	})
}
