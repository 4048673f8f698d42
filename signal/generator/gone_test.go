package generator_test

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// Symbols that came and went leave nothing behind: no memory, and no work for the cycles after them.
func TestSymbolsThatWentLeaveNothing(t *testing.T) { //nolint:paralleltest // it measures the heap
	const gone, batch = 10_000, 100
	now := origin
	cfg := replayConfig(withoutStates{signal.NewMemory(100)}, &now)
	cfg.Symbols = []string{"BTC"}
	registry := health.NewRegistry(health.Config{})
	ctx := health.NewContext(t.Context(), registry.Begin("generator").Part())
	r := replay{newGenerator(t, cfg), &now}
	cycle := func() { r.Cycle(ctx, now) }
	cycle()
	cost, heap := testing.AllocsPerRun(10, cycle), heapInUse()
	for i := 0; i < gone; i += batch {
		symbols := []string{"BTC"}
		for j := range batch {
			symbols = append(symbols, fmt.Sprint("gone", i+j))
		}
		require.NoError(t, r.SetSymbols(symbols...))
		now = now.Add(time.Minute)
		cycle()
	}
	require.NoError(t, r.SetSymbols("BTC"))
	cycle()
	require.Less(t, (heapInUse()-heap)/gone, 100, "bytes for each")
	require.LessOrEqual(t, testing.AllocsPerRun(10, cycle), cost)
	require.GreaterOrEqual(t, r.Status().Bars, 31*gone, "what they did counts")
	require.Len(t, registry.Report().Parts, 2)
	runtime.KeepAlive(r)
}

func heapInUse() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// One that hangs when it is taken out is let go after it came back, and what it did then counts as well.
func TestSymbolThatHangsWhenItGoesIsLetGoWhenItIsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		cfg.Symbols = []string{"BTC", "ETH"}
		source := signaltest.NewFlaky(cfg.Source)
		cfg.Source = source
		g := newGenerator(t, cfg)
		stop := serve(t, g)
		defer stop()
		time.Sleep(7 * second)
		source.Set("ETH", signaltest.Deaf)
		time.Sleep(8 * second)
		require.NoError(t, g.SetSymbols("BTC"))
		time.Sleep(time.Minute)
		require.Equal(t, 1, source.Waiting())
		source.Release()
		synctest.Wait()
		before := g.Status()
		require.Equal(t, 1, before.LeftBehind)
		time.Sleep(10 * second)
		after := g.Status()
		require.Equal(t, before.Bars, after.Bars)
		require.Equal(t, 1, after.LeftBehind)
		require.Equal(t, before.Errors, after.Errors)
	})
}
