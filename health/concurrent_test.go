package health_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
)

// Two goroutines that ask for a new child at once must get one handle: with two, one of them would speak to nobody.
func TestChildIsOneForAllWhoAskAtOnce(t *testing.T) {
	t.Parallel()
	for range 200 {
		r := health.NewRegistry(health.Config{})
		ctx, _ := begin(t, r, "gen")
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { health.Observe(health.Child(ctx, "BTC"), errDown) })
		}
		all.Wait()
		require.Equal(t, 8, judged(t, r, "gen/BTC").ErrorRun)
	}
}

func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	say := []func(ctx context.Context, p *health.Run){
		func(ctx context.Context, _ *health.Run) { health.Beat(ctx) },
		func(ctx context.Context, _ *health.Run) { health.Observe(ctx, nil) },
		func(ctx context.Context, _ *health.Run) { health.Observe(health.Child(ctx, "BTC"), errDown) },
		func(ctx context.Context, _ *health.Run) { health.Idle(ctx, time.Time{}) },
		func(ctx context.Context, _ *health.Run) { health.Ready(ctx) },
		func(ctx context.Context, _ *health.Run) { health.Expect(ctx, health.Limits{MaxSilence: time.Hour}) },
		func(_ context.Context, p *health.Run) { p.TakeBeat() },
		func(_ context.Context, p *health.Run) { live(p, health.Lifecycle{State: health.StatePaused}) },
		func(_ context.Context, p *health.Run) { live(p, health.Lifecycle{State: health.StateRunning}) },
		func(context.Context, *health.Run) { r.Begin("gen") },
		func(context.Context, *health.Run) { r.Forget("gen") },
		func(context.Context, *health.Run) { r.Report() },
	}
	ctx, p := begin(t, r, "gen")
	var all sync.WaitGroup
	for _, one := range say {
		all.Go(func() {
			for range 200 {
				one(ctx, p)
			}
		})
	}
	all.Wait()
	ctx, _ = begin(t, r, "gen")
	health.Observe(ctx, nil)
	require.NotZero(t, judged(t, r, "gen").LastProgress)
}
