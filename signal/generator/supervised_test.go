package generator_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// TestDayOfFaultsNeverRestartsTheGenerator lets the source fail all symbols at once for a day, under a supervisor that
// would restart a generator that hangs, and park one that ends.
func TestDayOfFaultsNeverRestartsTheGenerator(t *testing.T) {
	t.Parallel()
	for _, fault := range []signaltest.Fault{
		signaltest.Failing, signaltest.Panicking, signaltest.Exiting, signaltest.Hanging, signaltest.Deaf,
		signaltest.Empty, signaltest.Garbage, signaltest.Frozen,
	} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { supervisedDay(t, fault) })
		})
	}
}

func supervisedDay(t *testing.T, fault signaltest.Fault) {
	cfg := config(signal.NewMemory(0))
	cfg.Symbols = []string{"BTC", "ETH", "SOL"}
	cfg.Cycle = 30 * second
	source := signaltest.NewFlaky(cfg.Source)
	cfg.Source = source
	g := newGenerator(t, cfg)
	registry := health.NewRegistry(health.Config{})
	tree, err := supervisor.New(supervisor.Config{
		Name: "trader", Registry: registry, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	require.NoError(t, tree.Add("signal_generation", g, supervisor.Policy{Stall: 2 * cfg.Cycle}))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- tree.Serve(ctx) }()
	child := func() supervisor.Status {
		synctest.Wait()
		return *tree.Status().Children[0]
	}
	verdict := func() health.Verdict {
		part, ok := registry.Report().Part("trader/signal_generation")
		require.True(t, ok)
		return part.Verdict
	}
	time.Sleep(5*time.Minute + 2*second)
	require.Equal(t, health.StateRunning, child().State)
	require.Equal(t, health.Healthy, verdict())

	for _, symbol := range cfg.Symbols {
		source.Set(symbol, fault)
	}
	for range int(lasts(fault).Hours()) {
		time.Sleep(time.Hour)
		require.Equal(t, health.StateRunning, child().State)
		require.Equal(t, health.Unhealthy, verdict(), "an outage is told")
	}
	require.Equal(t, 1, child().Starts)
	require.Zero(t, child().Restarts)
	require.Zero(t, g.Status().Overruns)

	for _, symbol := range cfg.Symbols {
		source.Set(symbol)
	}
	source.Release()
	fixed := time.Now()
	time.Sleep(2 * cfg.Cycle)
	require.Equal(t, 1, child().Starts)
	for _, s := range g.Status().Symbols {
		require.Zero(t, s.ErrorRun, s.Symbol)
		require.True(t, s.LastSuccess.After(fixed), "%s has succeeded by the end of the second cycle", s.Symbol)
		require.False(t, s.Stale)
	}
	require.Equal(t, health.Healthy, verdict())
	cancel()
	<-ended //nolint:errcheck // with what a tree ends is not the matter here
}
