package supervisor_test

import (
	"context"
	"runtime/pprof"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// watched is a tree called "root" whose report is looked at.
func watched(t *testing.T, cfg supervisor.Config) (*supervisor.Supervisor, *health.Registry, *recorder) {
	t.Helper()
	rec := newRecorder()
	r := health.NewRegistry(health.Config{})
	cfg.Name, cfg.Registry, cfg.Logger, cfg.OnEvent = "root", r, quiet(), rec.Record
	s, err := supervisor.New(cfg)
	require.NoError(t, err)
	return s, r, rec
}

func TestVerdictSeesALoopOfCrashes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ lasts, delay time.Duration }{
		"dead at once":         {20 * time.Millisecond, supervisor.NoDelay}, // or it takes a minute of the processor's time
		"dead every 10 s":      {10 * time.Second, 100 * time.Millisecond},
		"dead every 61 s":      {61 * time.Second, time.Millisecond},
		"dead after 2 minutes": {2 * time.Minute, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r, _ := watched(t, supervisor.Config{})
				add(t, s, "a", lasting(c.lasts), supervisor.Policy{
					MaxRestarts: supervisor.Unlimited, Backoff: supervisor.Backoff{Initial: c.delay},
				})
				start(t, s)
				time.Sleep(10 * time.Minute)
				for range 100 {
					time.Sleep(777 * time.Millisecond)
					require.NotEqual(t, health.Healthy, r.Report().Verdict)
				}
				stop(t, s)
			})
		})
	}
}

func TestVerdictSeesSilenceThroughRestarts(t *testing.T) {
	t.Parallel()
	for name, strategy := range map[string]supervisor.Strategy{"its own": supervisor.OneForOne, "its group's": supervisor.OneForAll} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r, _ := watched(t, supervisor.Config{Strategy: strategy})
				policy := noDelay()
				policy.Backoff.Initial = time.Second
				mute := func(ctx context.Context) error {
					health.Expect(ctx, health.Limits{MaxSilence: time.Minute, DegradedRestarts: -1, MaxRestarts: -1})
					return lasting(45 * time.Second)(ctx)
				}
				add(t, s, "mute", mute, policy)
				add(t, s, "sibling", untilDone, policy)
				start(t, s)
				time.Sleep(65 * time.Second)
				for range 1000 {
					p, _ := r.Report().Part("root/mute")
					require.Equal(t, health.Unhealthy, p.Verdict)
					time.Sleep(13 * time.Second)
				}
				stop(t, s)
			})
		})
	}
}

func TestVerdictCountsZombies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, _ := watched(t, supervisor.Config{})
		release := make(chan struct{})
		deaf := func(context.Context) error { <-release; return nil }
		p := supervisor.Policy{Stall: time.Second, StopTimeout: time.Second, Zombie: supervisor.Replace}
		add(t, s, "a", deaf, p)
		start(t, s)
		time.Sleep(15 * time.Second)
		part, _ := r.Report().Part("root/a")
		require.Positive(t, part.Zombies)
		require.NotEqual(t, health.Healthy, part.Verdict)
		require.Error(t, s.StopChild(context.Background(), "a"))
		require.NoError(t, s.Remove(t.Context(), "a"))
		part, _ = r.Report().Part("root/a")
		require.Positive(t, part.Zombies, "also of a child that was removed")
		close(release)
		synctest.Wait()
		require.Empty(t, r.Report().Parts)
		stop(t, s)
	})
}

func TestReadyThatNeverComesIsSaid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, rec := watched(t, supervisor.Config{})
		add(t, s, "a", untilDone, supervisor.Policy{Ready: time.Minute})
		start(t, s)
		time.Sleep(61 * time.Second)
		p, _ := r.Report().Part("root/a")
		require.Equal(t, health.Degraded, p.Verdict)
		require.True(t, p.Unready)
		require.Equal(t, seconds(60), timesOf[supervisor.NotReady](rec, "root/a"))
		stop(t, s)
	})
}

// The start is done between two ticks of the watch: at the instant of one, either may come first.
func TestLeaseBeginsWhenTheStartIsDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _, rec := watched(t, supervisor.Config{})
		slow := func(ctx context.Context) error {
			if err := lasting(59*time.Second + 500*time.Millisecond)(ctx); err != errBoom { //nolint:errorlint // as it is
				return err
			}
			health.Ready(ctx)
			return untilDone(ctx) // and never beats
		}
		add(t, s, "a", slow, supervisor.Policy{Stall: 10 * time.Second, Ready: 5 * time.Minute})
		start(t, s)
		time.Sleep(75 * time.Second)
		require.Equal(t, seconds(70), timesOf[supervisor.Stalled](rec, "root/a")[:1])
		stop(t, s)
	})
}

// idler blocks in its loop until it is resumed.
type idler struct{ gate chan struct{} }

func (i *idler) Pause()  { i.gate <- struct{}{} }
func (i *idler) Resume() { i.gate <- struct{}{} }

func (i *idler) Serve(ctx context.Context) error {
	for {
		health.Beat(ctx)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		case <-i.gate:
			<-i.gate
		}
	}
}

func TestLeaseRestsWhilePaused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _, rec := watched(t, supervisor.Config{})
		require.NoError(t, s.Add("a", &idler{make(chan struct{})}, supervisor.Policy{Stall: 10 * time.Second}))
		start(t, s)
		require.NoError(t, s.Pause(t.Context(), "a"))
		time.Sleep(time.Hour)
		require.NoError(t, s.Resume(t.Context(), "a"))
		time.Sleep(time.Minute)
		require.Empty(t, only[supervisor.Stalled](rec))
		stop(t, s)
	})
}

func TestStackOfAStallIsFoundAfterForeignLabels(t *testing.T) {
	t.Parallel()
	for name, label := range map[string]func(ctx context.Context, run int){
		"for a while in this run": func(ctx context.Context, run int) {
			if run == 2 {
				pprof.Do(ctx, pprof.Labels("phase", "load"), func(context.Context) {})
			}
		},
		"left behind by an earlier run": func(_ context.Context, run int) {
			if run == 1 {
				pprof.SetGoroutineLabels(context.Background())
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, _, rec := watched(t, supervisor.Config{})
				add(t, s, "a", func(ctx context.Context) error {
					run := s.Status().Children[0].Starts
					label(ctx, run)
					if run > 1 {
						return untilDone(ctx)
					}
					return errBoom
				}, supervisor.Policy{Stall: 10 * time.Second})
				start(t, s)
				time.Sleep(20 * time.Second)
				require.Contains(t, only[supervisor.Stalled](rec)[0].Stack, "untilDone")
				stop(t, s)
			})
		})
	}
}

func TestJitterDiffersWithoutASeed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := make(map[time.Duration]bool) // since the tree began
		for range 20 {
			began := time.Now()
			s, _, rec := watched(t, supervisor.Config{})
			policy := supervisor.Policy{MaxRestarts: 1, Backoff: supervisor.Backoff{Jitter: 0.5}}
			add(t, s, "a", failing, policy)
			start(t, s)
			time.Sleep(10 * time.Second)
			seen[only[supervisor.Restarting](rec)[0].At.Sub(began)] = true
			parked := only[supervisor.Parked](rec)[0]
			seen[parked.Until.Sub(parked.Time)] = true
			stop(t, s)
		}
		require.Len(t, seen, 40)
	})
}
