package main

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

var quiet = slog.New(slog.DiscardHandler)

// asked is a source that keeps when it was asked, and may hang.
type asked struct {
	signal.Source
	hang <-chan struct{} // nil for never

	mu    sync.Mutex
	times []time.Time
}

func (s *asked) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	s.mu.Lock()
	s.times = append(s.times, time.Now())
	s.mu.Unlock()
	if s.hang != nil {
		<-s.hang // whatever ctx says
	}
	return s.Source.Bars(ctx, symbol, after, limit)
}

// watched builds a tree of a monitor and a generator, as the launcher's.
func watched(t *testing.T, source *asked, onBeat func(health.Report)) *supervisor.Supervisor {
	t.Helper()
	const symbol = "BTC/USDT"
	market, err := feed.NewSynthetic(feed.SyntheticConfig{Symbols: []string{symbol}, Interval: 5 * time.Second})
	require.NoError(t, err)
	source.Source = market
	spec, err := strategy.EMACross{}.Spec()
	require.NoError(t, err)
	generator, err := generator.New(generator.Config{
		Source: source, Specs: []signal.Spec{spec}, Store: signal.NewMemory(0), Symbols: []string{symbol},
		Interval: 5 * time.Second, Cycle: 5 * time.Second, Logger: quiet,
	})
	require.NoError(t, err)
	registry := health.NewRegistry(health.Config{})
	monitor, err := health.NewMonitor(health.MonitorConfig{
		Registry: registry, Interval: 10 * time.Second, Logger: quiet, OnBeat: onBeat,
	})
	require.NoError(t, err)
	tree, err := supervisor.New(supervisor.Config{Name: "bot", Registry: registry, Logger: quiet})
	require.NoError(t, err)
	require.NoError(t, tree.Add("health_monitor", monitor, supervisor.Policy{StopTimeout: time.Second}))
	require.NoError(t, tree.Add("signal_generation", generator, supervisor.Policy{Stall: 10 * time.Second}))
	return tree
}

// The second seed: a monitor that blocks must not delay one cycle of what it watches.
func TestMonitorThatHangsDelaysNoCycle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		release := make(chan struct{})
		source := &asked{}
		tree := watched(t, source, func(health.Report) { <-release })
		require.NoError(t, tree.Start(t.Context()))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		status, _ := tree.Status().Child("signal_generation")
		require.Equal(t, 1, status.Starts)

		source.mu.Lock()
		times := source.times
		source.mu.Unlock()
		cycles := make(map[time.Duration]bool)
		for _, at := range times {
			cycles[at.Sub(began)] = true
		}
		for n := range 121 {
			require.True(t, cycles[time.Duration(n)*5*time.Second], "cycle %d", n)
		}
		close(release)
		require.NoError(t, tree.Stop(t.Context()))
	})
}

// And the other way round: what is watched may hang, and the heartbeat goes on, and says so.
func TestGeneratorThatHangsDelaysNoHeartbeat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		release := make(chan struct{})
		var beats []time.Duration
		var verdicts []health.Verdict
		tree := watched(t, &asked{hang: release}, func(r health.Report) {
			beats = append(beats, r.At.Sub(began))
			verdicts = append(verdicts, r.Verdict)
		})
		require.NoError(t, tree.Start(t.Context()))
		time.Sleep(10*time.Minute + time.Second)
		synctest.Wait()
		require.Len(t, beats, 60)
		for i, beat := range beats {
			require.Equal(t, time.Duration(i+1)*10*time.Second, beat)
		}
		require.Equal(t, health.Unhealthy, verdicts[len(verdicts)-1], "it hears of it")
		status, _ := tree.Status().Child("signal_generation")
		require.Equal(t, 1, status.Starts, "a source that hangs is no reason to restart the generator")
		close(release)
		require.NoError(t, tree.Stop(t.Context()))
	})
}
