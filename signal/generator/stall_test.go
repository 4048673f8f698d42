package generator_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// dying is a clock whose alarms never ring once it has died, also those that were set before.
type dying struct {
	clock.Clock
	dead atomic.Bool
}

func (d *dying) After(wait time.Duration) <-chan time.Time {
	rings := make(chan time.Time, 1)
	time.AfterFunc(wait, func() {
		if !d.dead.Load() {
			rings <- time.Now()
		}
	})
	return rings
}

// stuck is a log handler that blocks from some moment on until it is let go.
type stuck struct {
	slog.Handler
	from atomic.Bool
	goOn chan struct{}
}

func (s *stuck) Enabled(context.Context, slog.Level) bool { return true }
func (s *stuck) Handle(context.Context, slog.Record) error {
	if s.from.Load() {
		<-s.goOn
	}
	return nil
}

// A hang of the loop is seen within two cycles and a tick of the watch, be it in a cycle or between two.
func TestStallIsSeenWithinTwoCyclesWhereverItIs(t *testing.T) {
	t.Parallel()
	for _, cycle := range []time.Duration{2 * second, 5 * second, time.Minute} {
		for part := range 10 {
			after := 2*time.Minute + cycle*time.Duration(part)/10 + 1
			t.Run(fmt.Sprint("in the wait, ", cycle, " ", part), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					d := &dying{Clock: clock.New()}
					seen := seenAfter(t, cycle, after, func(c *generator.Config) { c.Clock = d }, func() { d.dead.Store(true) })
					require.LessOrEqual(t, seen, 2*cycle+second+20*time.Millisecond)
					require.GreaterOrEqual(t, seen, cycle)
				})
			})
			t.Run(fmt.Sprint("in a cycle, ", cycle, " ", part), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := &stuck{Handler: slog.DiscardHandler, goOn: make(chan struct{})}
					defer close(s.goOn)
					seen := seenAfter(t, cycle, after, func(c *generator.Config) { c.Logger = slog.New(s) }, func() { s.from.Store(true) })
					require.LessOrEqual(t, seen-(cycle-cycle*time.Duration(part)/10-1), 2*cycle+second+20*time.Millisecond, "since the next cycle began")
				})
			})
		}
	}
}

// seenAfter returns how long after the hang the supervisor saw it.
func seenAfter(
	t *testing.T, cycle, after time.Duration, change func(*generator.Config), hang func(),
) (seen time.Duration) {
	cfg := config(signal.NewMemory(0))
	cfg.Cycle = cycle
	change(&cfg)
	tree, err := supervisor.New(supervisor.Config{Name: "trader", Registry: health.NewRegistry(health.Config{}),
		Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	require.NoError(t, tree.Add("signals", newGenerator(t, cfg), supervisor.Policy{Stall: 2 * cycle, Zombie: supervisor.Replace}))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- tree.Serve(ctx) }()
	defer func() {
		cancel()
		require.NoError(t, <-ended)
	}()
	time.Sleep(after)
	synctest.Wait()
	require.Equal(t, health.StateRunning, tree.Status().Children[0].State)
	require.Equal(t, 1, tree.Status().Children[0].Starts)
	hang()
	from := time.Now()
	for time.Since(from) < 10*cycle {
		if s := tree.Status().Children[0]; s.State != health.StateRunning || s.Starts > 1 {
			break
		}
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
	}
	return time.Since(from)
}
