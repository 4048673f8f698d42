package generator_test

import (
	"context"
	"sync"
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

// waking is a Source that says when a bar has arrived.
type waking struct {
	*asked
	mu   sync.Mutex // guards next
	next chan struct{}
}

func wakingFrom(source signal.Source) *waking {
	return &waking{asked: &asked{Source: source, from: time.Now()}, next: make(chan struct{})}
}

func (w *waking) Wake() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next
}

func (w *waking) arrive() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.next)
	w.next = make(chan struct{})
}

func TestBarThatArrivesDoesNotWaitForTheCycle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		cfg.Cycle = 40 * second
		source := wakingFrom(cfg.Source)
		cfg.Source = source
		g := newGenerator(t, cfg)
		stop := serve(t, g)
		defer stop()
		time.Sleep(50 * second)
		source.arrive() // no new bar can be there yet: nobody is asked
		time.Sleep(10*second + 7*time.Millisecond)
		source.arrive()
		synctest.Wait()
		require.Zero(t, time.Since(g.Status().Symbols[0].LastBar.Add(time.Minute+7*time.Millisecond)))
		time.Sleep(20 * second)
		synctest.Wait()
		at := source.asked.at
		require.Equal(t, []time.Duration{0, 40 * second, 60*second + 7*time.Millisecond, 80 * second}, at,
			"the multiples stay where they are")
		require.Zero(t, g.Status().Overruns)
	})
}

func TestSourceThatWakesWithoutEndIsHeldBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		source := wakingFrom(cfg.Source)
		close(source.next) // for ever
		cfg.Source = source
		g := newGenerator(t, cfg)
		stop := serve(t, g)
		defer stop()
		time.Sleep(10*second - time.Millisecond)
		synctest.Wait()
		require.Equal(t, 200, g.Status().Cycles, "a hundred in each Cycle of five seconds")
		require.Len(t, source.asked.at, 2, "its symbol has no new bar to give")
	})
}

func TestFailingSymbolIsNotAskedAtEachWake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		flaky := signaltest.NewFlaky(cfg.Source)
		flaky.Set("BTC", signaltest.Failing)
		source := wakingFrom(flaky)
		close(source.next)
		cfg.Source = source
		g := newGenerator(t, cfg)
		stop := serve(t, g)
		defer stop()
		time.Sleep(10*second - time.Millisecond)
		synctest.Wait()
		require.Equal(t, 2, g.Status().Errors)
	})
}

// panicsToWake has a Wake that cannot be called.
type panicsToWake struct{ signal.Source }

func (panicsToWake) Wake() <-chan struct{} { panic("wake") }

func TestWakeThatPanicsIsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		cfg.Source = panicsToWake{cfg.Source}
		g := newGenerator(t, cfg)
		stop := serve(t, g)
		time.Sleep(11 * second)
		stop()
		require.Equal(t, 3, g.Status().Cycles)
	})
}

// lockedWaker holds one lock in Bars and in Wake, as a Source may that keeps what it was pushed.
type lockedWaker struct {
	*signaltest.Flaky
	lock  chan struct{} // full while it is held: a bubble's time does not pass for who waits for a mutex
	wakes atomic.Int32
}

func (l *lockedWaker) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	l.lock <- struct{}{}
	defer func() { <-l.lock }()
	return l.Flaky.Bars(ctx, symbol, after, limit)
}

func (l *lockedWaker) Wake() <-chan struct{} {
	l.wakes.Add(1)
	l.lock <- struct{}{}
	defer func() { <-l.lock }()
	return make(chan struct{})
}

// A Source whose Wake hangs for as long as its Bars does holds the loop up no more than one that hangs in Bars alone.
func TestWakeThatHangsDoesNotTakeTheLoopAlong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		source := &lockedWaker{Flaky: signaltest.NewFlaky(cfg.Source), lock: make(chan struct{}, 1)}
		cfg.Source = source
		g := newGenerator(t, cfg)
		stop := serve(t, g)
		time.Sleep(7 * second)
		source.Set("BTC", signaltest.Deaf)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, 3600/5+2, g.Status().Cycles)
		require.Zero(t, g.Status().Overruns)
		require.Equal(t, int32(4), source.wakes.Load(), "it is not asked again before it has answered")
		source.Set("BTC")
		source.Release()
		time.Sleep(10 * second)
		synctest.Wait()
		require.Zero(t, g.Status().Symbols[0].ErrorRun)
		require.Less(t, time.Since(g.Status().Symbols[0].LastBar), 2*time.Minute)
		stop()
	})
}

func TestSetCycle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		cfg.Cycle = time.Hour
		source := &asked{Source: cfg.Source, from: time.Now()}
		cfg.Source = source
		g := newGenerator(t, cfg)
		stop := serve(t, g)
		defer stop()
		time.Sleep(31 * second)
		require.NoError(t, g.SetCycle(10*second))
		time.Sleep(20 * second)
		require.NoError(t, g.SetCycle(time.Minute))
		time.Sleep(100 * second)
		synctest.Wait()
		require.Equal(t, []time.Duration{0, 40 * second, 50 * second, 60 * second, 120 * second}, source.at)
		require.Zero(t, g.Status().Overruns)
		require.EqualError(t, g.SetCycle(0), "generator: SetCycle: 0s is not above zero")
		require.EqualError(t, g.SetCycle(-second), "generator: SetCycle: -1s is not above zero")
	})
}

// A cycle that was lengthened while one was running is not taken for an overrun.
func TestSetCycleFromWithinACycle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		source := &asked{Source: cfg.Source, from: time.Now()}
		cfg.Source = source
		g := newGenerator(t, cfg)
		source.then = func(call int) {
			if call == 1 {
				time.Sleep(3 * second)
				_ = g.SetCycle(second)
			}
		}
		stop := serve(t, g)
		defer stop()
		time.Sleep(5*second + 1)
		synctest.Wait()
		require.Equal(t, []time.Duration{0, 4 * second, 5 * second}, source.at)
		require.Zero(t, g.Status().Overruns)
	})
}

func TestSetMinConfidence(t *testing.T) {
	t.Parallel()
	now, store := origin, signal.NewMemory(0)
	cfg := replayConfig(store, &now)
	cfg.Symbols, cfg.Specs = []string{"BTC"}, []signal.Spec{always(signal.Signal{Direction: signal.Long, Confidence: 0.5})}
	r := replay{newGenerator(t, cfg), &now}
	r.minutes(t, 3)
	require.NoError(t, r.SetMinConfidence(0.51))
	r.minutes(t, 3)
	require.NoError(t, r.SetMinConfidence(0.5))
	r.minutes(t, 3)
	require.Len(t, stored(t, store, ""), 6)
	require.Equal(t, 3, r.Status().NotEmitted.Threshold)
	require.EqualError(t, r.SetMinConfidence(1.5), "generator: SetMinConfidence: MinConfidence 1.5 is not between 0 and 1")
}

func TestSetSymbols(t *testing.T) {
	t.Parallel()
	now, store := origin, signal.NewMemory(0)
	other, want := origin, signal.NewMemory(0)
	undisturbed := replay{newGenerator(t, replayConfig(want, &other)), &other}
	undisturbed.minutes(t, 40)

	cfg := replayConfig(store, &now)
	cfg.Symbols = []string{"BTC", "ETH"}
	r := replay{newGenerator(t, cfg), &now}
	r.minutes(t, 20)
	require.NoError(t, r.SetSymbols("SOL", "BTC"))
	r.minutes(t, 10)
	status := r.Status()
	require.Equal(t, "SOL", status.Symbols[0].Symbol)
	require.Len(t, status.Symbols, 2)
	require.Greater(t, status.Signals, status.Symbols[0].Signals+status.Symbols[1].Signals, "what ETH has done counts")
	require.NoError(t, r.SetSymbols("ETH", "BTC", "SOL"))
	r.minutes(t, 10)

	require.Equal(t, stored(t, want, "BTC"), stored(t, store, "BTC"), "one that stays goes on as it was")
	require.Equal(t, stored(t, want, "ETH"), stored(t, store, "ETH"), "one that comes back catches up")
	fromThen := stored(t, want, "SOL")
	for len(fromThen) > 0 && fromThen[0].BarTime.Before(origin.Add(20*time.Minute)) {
		fromThen = fromThen[1:]
	}
	require.Equal(t, fromThen, stored(t, store, "SOL"), "a new one begins with its first cycle")
}

func TestSymbolThatComesBackCatchesUpLikeAfterARestart(t *testing.T) {
	t.Parallel()
	now, store := origin, signal.NewMemory(0)
	cfg := replayConfig(store, &now)
	cfg.Symbols, cfg.History = []string{"BTC", "ETH"}, 10
	cfg.Specs = []signal.Spec{always(signal.Signal{Direction: signal.Long})}
	r := replay{newGenerator(t, cfg), &now}
	r.minutes(t, 1)
	require.NoError(t, r.SetSymbols("BTC"))
	r.minutes(t, 100)
	require.NoError(t, r.SetSymbols("BTC", "ETH"))
	r.minutes(t, 1)
	require.Equal(t, 102, len(stored(t, store, "BTC")))
	require.Equal(t, 1+10, len(stored(t, store, "ETH")), "as far back as History reaches")
}

func TestSetSymbolsNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	g := newGenerator(t, config(signal.NewMemory(0)))
	require.EqualError(t, g.SetSymbols(), "generator: SetSymbols: Symbols is empty")
	require.EqualError(t, g.SetSymbols("BTC", ""), "generator: SetSymbols: Symbols[1] is empty")
	require.EqualError(t, g.SetSymbols("BTC", "BTC"), `generator: SetSymbols: Symbols[1] "BTC" is there twice`)
	require.Len(t, g.Status().Symbols, 1, "nothing has changed")
}

func TestSymbolThatHangsIsRunOnceAlsoWhenItIsTakenOutAndComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		cfg.Symbols = []string{"BTC", "ETH"}
		source := signaltest.NewFlaky(cfg.Source)
		cfg.Source = source
		source.Set("ETH", signaltest.Deaf)
		w := watch(t, cfg)
		defer w.stop()
		time.Sleep(7 * second)
		g := w.Generator
		require.NoError(t, g.SetSymbols("BTC"))
		time.Sleep(10 * time.Minute)
		require.Equal(t, health.Healthy, w.verdict(t, "generator"), "nobody misses it")
		require.NoError(t, g.SetSymbols("BTC", "ETH"))
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, 1, source.Waiting())
		require.Equal(t, generator.KindLeftBehind, g.Status().Symbols[1].LastError.Kind)
		source.Set("ETH")
		source.Release()
		time.Sleep(10 * second)
		synctest.Wait()
		require.Zero(t, g.Status().Symbols[1].ErrorRun)
	})
}

func TestSettingsMayChangeWhileItRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		cfg.Symbols = []string{"BTC", "ETH", "SOL"}
		g := newGenerator(t, cfg)
		stop := serve(t, g)
		defer stop()
		var done sync.WaitGroup
		for i := range 4 {
			done.Go(func() {
				for n := range 200 {
					time.Sleep(time.Duration(137*(i+1)) * time.Millisecond)
					_ = g.SetCycle(time.Duration(1+n%7) * second)
					_ = g.SetMinConfidence(float64(n%10) / 10)
					_ = g.SetSymbols([]string{"BTC", "ETH", "SOL", "XRP"}[n%4:]...)
					_ = g.Status()
				}
			})
		}
		done.Wait()
		require.NoError(t, g.SetSymbols("BTC", "ETH"))
		time.Sleep(time.Minute)
		synctest.Wait()
		for _, s := range g.Status().Symbols {
			require.Zero(t, s.ErrorRun)
			require.Less(t, time.Since(s.LastBar), 2*time.Minute+7*second)
		}
	})
}
