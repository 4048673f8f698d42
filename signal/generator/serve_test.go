package generator_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// asked is a Source that notes when it is asked, before something happens.
type asked struct {
	signal.Source
	at   []time.Duration // since the test began
	from time.Time
	then func(call int)
}

func (a *asked) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	a.at = append(a.at, time.Since(a.from))
	if a.then != nil {
		a.then(len(a.at))
	}
	return a.Source.Bars(ctx, symbol, after, limit)
}

const second = time.Second

func TestCycleBeginsAtOnceAndThenAtEveryMultiple(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		source := &asked{Source: cfg.Source, from: time.Now()}
		cfg.Source = source
		time.Sleep(1234 * time.Millisecond)
		stop := serve(t, newGenerator(t, cfg))
		time.Sleep(20 * second)
		stop()
		require.Equal(t, []time.Duration{1234 * time.Millisecond, 5 * second, 10 * second, 15 * second, 20 * second}, source.at)
	})
}

func TestServeThatIsBegunOnAMultipleRunsNoCycleTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		source := &asked{Source: cfg.Source, from: time.Now()}
		cfg.Source = source
		stop := serve(t, newGenerator(t, cfg))
		time.Sleep(12 * second)
		stop()
		require.Equal(t, []time.Duration{0, 5 * second, 10 * second}, source.at)
	})
}

func TestOverrunIsCountedAndNotQueued(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		cfg.Timeout = time.Minute
		long := map[int]time.Duration{2: 12 * second, 3: 5 * second, 4: 10 * second}
		source := &asked{Source: cfg.Source, from: time.Now(), then: func(call int) { time.Sleep(long[call]) }}
		cfg.Source = source
		g := newGenerator(t, cfg)
		stop := serve(t, g)
		time.Sleep(41 * second)
		stop()
		// 5 to 17 overran those at 10 and 15; 20 to 25 was back on time; 25 to 35 overran the one at 30, and 35 was
		// due.
		require.Equal(t, []time.Duration{0, 5 * second, 20 * second, 25 * second, 35 * second, 40 * second}, source.at)
		require.Equal(t, 2, g.Status().Overruns)
		require.Equal(t, 6, g.Status().Cycles)
	})
}

func TestServeEndsWithItsContextAndForNoOtherReason(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGenerator(t, config(signal.NewMemory(0)))
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, g.Serve(ended), context.Canceled)
		require.Zero(t, g.Status().Cycles)

		ctx, cancel := context.WithTimeout(t.Context(), 7*second)
		defer cancel()
		from := time.Now()
		require.ErrorIs(t, g.Serve(ctx), context.DeadlineExceeded)
		require.Equal(t, 7*second, time.Since(from))
	})
}

func TestStopWaitsATenthOfTheTimeoutForOneThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		source := signaltest.NewFlaky(cfg.Source)
		cfg.Source, cfg.Timeout = source, 4*second
		source.Set("BTC", signaltest.Deaf)
		g := newGenerator(t, cfg)
		stop := serve(t, g)
		time.Sleep(second)
		from := time.Now()
		stop()
		require.Equal(t, 400*time.Millisecond, time.Since(from))
		require.Equal(t, 1, source.Waiting(), "only user code is still there")

		source.Set("BTC", signaltest.Hanging) // one that heeds its context
		source.Release()
		synctest.Wait()
		stop = serve(t, g)
		time.Sleep(second)
		from = time.Now()
		stop()
		require.Zero(t, time.Since(from))
		require.Equal(t, 1, g.Status().Errors, "being told to stop is no error")
	})
}

func TestCycleThatLeavesASymbolBehindIsOverInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		source := signaltest.NewFlaky(cfg.Source)
		cfg.Source = source
		source.Set("BTC", signaltest.Deaf)
		result := newGenerator(t, cfg).Cycle(t.Context(), time.Now())
		require.Equal(t, 4500*time.Millisecond, result.Duration)
		source.Release()
	})
}

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		undisturbed, paused := signal.NewMemory(0), signal.NewMemory(0)
		cfg := config(paused)
		source := &asked{Source: cfg.Source, from: time.Now()}
		cfg.Source = source
		g := newGenerator(t, cfg)
		stop, stopOther := serve(t, g), serve(t, newGenerator(t, config(undisturbed)))
		time.Sleep(time.Minute + time.Millisecond)
		synctest.Wait()
		g.Pause()
		g.Pause()
		require.True(t, g.Paused())
		calls, cycles := len(source.at), g.Status().Cycles
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		require.Len(t, source.at, calls, "a paused generator asks for nothing")
		require.Equal(t, cycles+360, g.Status().Cycles, "and its loop goes on")
		require.True(t, g.Status().Paused)
		g.Resume()
		g.Resume()
		require.False(t, g.Paused())
		time.Sleep(5 * second)
		synctest.Wait()
		require.NotEmpty(t, stored(t, paused, ""))
		require.Equal(t, stored(t, undisturbed, ""), stored(t, paused, ""), "a pause delays signals and loses none")
		stop()
		stopOther()
	})
}

func TestServeLogs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, log := config(signal.NewMemory(0)), &logbook{}
		cfg.Logger = log.logger(slog.LevelInfo)
		cfg.Specs = []signal.Spec{always(signal.Signal{Direction: signal.Long, Confidence: 1})}
		cfg.Symbols = []string{"BTC", "ETH"}
		stop := serve(t, newGenerator(t, cfg))
		time.Sleep(2*time.Minute + second)
		stop()
		require.Equal(t, []string{
			`level=INFO msg="Signal generation started" interval=5s symbols="[BTC ETH]"`,
			`level=INFO msg="Generated signals" count=2 duration=0s symbols=2`, // the bar that ended with the first cycle
			`level=INFO msg="Generated signals" count=2 duration=0s symbols=2`,
			`level=INFO msg="Generated signals" count=2 duration=0s symbols=2`,
		}, log.lines)
	})
}

func TestDayOfCyclesTakesNoTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		cfg.Symbols = []string{"BTC", "ETH", "SOL"}
		g := newGenerator(t, cfg)
		stop := serve(t, g)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		stop()
		status := g.Status()
		require.Equal(t, 17281, status.Cycles)
		require.Zero(t, status.Errors)
		for _, s := range status.Symbols {
			require.Equal(t, time.Minute, time.Since(s.LastBar))
		}
	})
}
