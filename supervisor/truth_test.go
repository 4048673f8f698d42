package supervisor_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// hookedClock calls the hook when somebody looks at it.
type hookedClock struct {
	clock.Clock
	hook atomic.Pointer[func()]
}

func (c *hookedClock) Now() time.Time {
	if hook := c.hook.Load(); hook != nil {
		(*hook)()
	}
	return c.Clock.Now()
}

func TestEventComesAfterItsStatus(t *testing.T) {
	t.Parallel()
	var s *supervisor.Supervisor
	clk := &hookedClock{Clock: clock.New()}
	asking, shown := make(chan struct{}), make(chan supervisor.Status, 1)
	s, err := supervisor.New(supervisor.Config{Name: "root", Logger: quiet(), Clock: clk, OnEvent: func(e supervisor.Event) {
		if _, ok := e.(supervisor.Paused); ok {
			close(asking)
			shown <- s.Status()
		}
	}})
	require.NoError(t, err)
	add(t, s, "a", untilDone, supervisor.Policy{Verify: supervisor.Off})
	require.NoError(t, s.Start(context.Background()))
	require.Eventually(t, func() bool { return s.Status().Children[0].State == health.StateRunning }, 10*time.Second, time.Millisecond)
	var looks atomic.Int32
	hook := func() {
		if looks.Add(1) != 2 { // the first one is for the event, the second for the state
			return
		}
		<-asking
		for range 1000 {
			runtime.Gosched()
		}
	}
	clk.hook.Store(&hook)
	require.NoError(t, s.Pause(t.Context(), "a"))
	clk.hook.Store(nil)
	require.NotEqual(t, health.StateRunning, (<-shown).Children[0].State)
	require.NoError(t, s.Stop(t.Context()))
}

func TestChildThatIsAskedForWhileItsZombieLivesShowsThatItWaits(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		down, up func(*supervisor.Supervisor) error
	}{
		"paused and resumed": {
			func(s *supervisor.Supervisor) error { return s.Pause(context.Background(), "a") },
			func(s *supervisor.Supervisor) error { return s.Resume(context.Background(), "a") },
		},
		"stopped and started": {
			func(s *supervisor.Supervisor) error { _ = s.StopChild(context.Background(), "a"); return nil },
			func(s *supervisor.Supervisor) error { return s.StartChild(context.Background(), "a") },
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, _ := tree(t)
				release := make(chan struct{})
				add(t, s, "a", deaf(release), supervisor.Policy{Stall: 4 * time.Second, StopTimeout: time.Second})
				start(t, s)
				time.Sleep(10 * time.Second)
				require.Equal(t, health.StateStalled, childOf(t, s, "a").State)
				require.NoError(t, c.down(s))
				require.NotEqual(t, health.StateStalled, childOf(t, s, "a").State)
				require.ErrorIs(t, c.up(s), supervisor.ErrZombie)
				require.Equal(t, health.StateStalled, childOf(t, s, "a").State)
				close(release)
				synctest.Wait()
				require.NotEqual(t, health.StateStalled, childOf(t, s, "a").State)
				_ = s.Stop(context.Background())
			})
		})
	}
}

func TestStallIsJudgedOnceWhicheverZombieEndsFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		releases := []chan struct{}{make(chan struct{}), make(chan struct{})}
		var runs atomic.Int32
		add(t, s, "a", func(ctx context.Context) error {
			run := int(runs.Add(1))
			if run > len(releases) {
				return untilDone(ctx)
			}
			<-releases[run-1]
			return nil
		}, supervisor.Policy{Stall: 4 * time.Second, StopTimeout: time.Second, Zombie: supervisor.Replace, MaxZombies: 1})
		start(t, s)
		time.Sleep(time.Minute)
		require.Equal(t, 2, childOf(t, s, "a").Zombies)
		close(releases[0]) // the one that was judged when the second run began beside it
		synctest.Wait()
		failed := only[supervisor.Failed](rec)
		require.Len(t, failed, 2)
		require.Less(t, failed[1].Time.Sub(rec.start)-failed[1].Ran, time.Minute)
		require.Equal(t, timesOf[supervisor.Started](rec, "root/a")[1], failed[1].Time.Sub(rec.start)-failed[1].Ran, "of the second run")
		close(releases[1])
		synctest.Wait()
		require.Len(t, only[supervisor.Failed](rec), 2)
		stop(t, s)
	})
}

func TestRunIsHeardWhileItsStackIsTaken(t *testing.T) {
	t.Parallel()
	says := map[string]func(context.Context){
		"that it waits":   func(ctx context.Context) { health.Idle(ctx, time.Now().Add(time.Second)) },
		"that it goes on": health.Beat,
	}
	for name, say := range says {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				clk, rec := &hookedClock{Clock: clock.New()}, newRecorder()
				s, err := supervisor.New(supervisor.Config{Name: "root", Logger: quiet(), OnEvent: rec.Record, Clock: clk})
				require.NoError(t, err)
				add(t, s, "a", func(ctx context.Context) error {
					var looks atomic.Int32
					hook := func() {
						if time.Since(rec.start) < 4*time.Second {
							return
						}
						if looks.Add(1) == 2 { // the first one is the watch's, which has found it silent
							say(ctx)
						}
					}
					clk.hook.Store(&hook)
					return untilDone(ctx)
				}, supervisor.Policy{Stall: 4 * time.Second})
				start(t, s)
				time.Sleep(4500 * time.Millisecond)
				require.Empty(t, only[supervisor.Stalled](rec))
				time.Sleep(time.Minute)
				require.NotEmpty(t, only[supervisor.Stalled](rec), "later silence does")
				stop(t, s)
			})
		})
	}
}
