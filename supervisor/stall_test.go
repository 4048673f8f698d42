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

// beatUntil beats every 100 ms for d.
func beatUntil(ctx context.Context, d time.Duration) {
	for end := time.Now().Add(d); ctx.Err() == nil && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		health.Beat(ctx)
	}
}

func TestSilentRunIsSeenWithinItsLimitAndOneTick(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		var cause error
		add(t, s, "a", func(ctx context.Context) error {
			beatUntil(ctx, 7250*time.Millisecond) // the last one at 7.2 s
			hangInHere(ctx)
			cause = context.Cause(ctx)
			return ctx.Err()
		}, supervisor.Policy{Stall: 10 * time.Second})
		add(t, s, "sibling", untilDone, supervisor.Policy{})
		start(t, s)
		defer stop(t, s)
		time.Sleep(18*time.Second - time.Millisecond)
		require.Empty(t, only[supervisor.Stalled](rec))
		time.Sleep(time.Millisecond)

		stalled := only[supervisor.Stalled](rec)
		require.Len(t, stalled, 1, "at the tick at 18 s: the beat was dated 8 s")
		require.Equal(t, 10*time.Second, stalled[0].Silence)
		require.Contains(t, stalled[0].Stack, "hangInHere", "the stack says where it hangs")
		require.NotContains(t, stalled[0].Stack, "untilDone", "and nothing of the sibling")
		var stall *supervisor.StallError
		require.ErrorAs(t, cause, &stall)

		c := childOf(t, s, "a")
		require.Equal(t, health.StateBackoff, c.State)
		require.Equal(t, supervisor.EndStalled, c.LastEnd)
		require.Equal(t, "stalled: silent for 10s (limit 10s)", c.LastError)
		time.Sleep(5 * time.Second)
		require.Equal(t, seconds(0, 23), timesOf[supervisor.Started](rec, "root/a"))
		require.Equal(t, 1, childOf(t, s, "sibling").Starts)
	})
}

//go:noinline
func hangInHere(ctx context.Context) { <-ctx.Done() }

func TestGoroutineOfTheServiceIsInItsStack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		add(t, s, "a", func(ctx context.Context) error {
			done := make(chan struct{})
			go func() {
				defer close(done)
				hangInHere(ctx)
			}()
			<-done
			return nil
		}, supervisor.Policy{Stall: time.Second})
		start(t, s)
		defer stop(t, s)
		time.Sleep(time.Second)
		require.Contains(t, only[supervisor.Stalled](rec)[0].Stack, "hangInHere")
	})
}

func TestPlannedSilenceIsNoStall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		add(t, s, "a", func(ctx context.Context) error {
			health.Idle(ctx, time.Now().Add(time.Minute))
			return untilDone(ctx)
		}, supervisor.Policy{Stall: 10 * time.Second})
		add(t, s, "b", func(ctx context.Context) error {
			health.Idle(ctx, time.Time{})
			time.Sleep(30500 * time.Millisecond)
			health.Beat(ctx) // the plan is over
			return untilDone(ctx)
		}, supervisor.Policy{Stall: 10 * time.Second})
		start(t, s)
		defer stop(t, s)
		time.Sleep(2 * time.Minute)
		require.Equal(t, 69*time.Second, timesOf[supervisor.Stalled](rec, "root/a")[0], "last excused at 59 s")
		require.Equal(t, 41*time.Second, timesOf[supervisor.Stalled](rec, "root/b")[0], "dated 31 s")
	})
}

// deaf ignores its context for as long as release is open.
func deaf(release <-chan struct{}) serve {
	return func(context.Context) error {
		<-release
		return nil
	}
}

func TestZombieIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		release := make(chan struct{})
		add(t, s, "a", deaf(release), supervisor.Policy{Stall: 10 * time.Second, StopTimeout: 2 * time.Second})
		start(t, s)
		time.Sleep(time.Minute)
		require.Equal(t, seconds(10), timesOf[supervisor.Stalled](rec, "root/a"))
		require.Equal(t, seconds(12), timesOf[supervisor.Abandoned](rec, "root/a"))
		require.Equal(t, seconds(0), timesOf[supervisor.Started](rec, "root/a"), "none beside the zombie")
		c := childOf(t, s, "a")
		require.Equal(t, health.StateStalled, c.State)
		require.Equal(t, 1, c.Zombies)

		close(release)
		time.Sleep(5 * time.Second)
		require.Equal(t, seconds(60), timesOf[supervisor.ZombieEnded](rec, "root/a"))
		require.Equal(t, 48*time.Second, only[supervisor.ZombieEnded](rec)[0].After)
		require.Equal(t, seconds(0, 65), timesOf[supervisor.Started](rec, "root/a"))
		require.Zero(t, childOf(t, s, "a").Zombies)
		stop(t, s)
	})
}

func TestZombieIsReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		release := make(chan struct{})
		add(t, s, "a", deaf(release), supervisor.Policy{
			Stall: 10 * time.Second, StopTimeout: 2 * time.Second, Zombie: supervisor.Replace, MaxZombies: 2,
		})
		start(t, s)
		time.Sleep(5 * time.Minute)
		require.Equal(t, seconds(0, 17, 34), timesOf[supervisor.Started](rec, "root/a"), "two zombies and no third run beside them")
		c := childOf(t, s, "a")
		require.Equal(t, 3, c.Zombies)
		require.Equal(t, health.StateStalled, c.State)

		close(release)
		time.Sleep(5 * time.Second)
		require.Len(t, timesOf[supervisor.ZombieEnded](rec, "root/a"), 3)
		require.Len(t, timesOf[supervisor.Started](rec, "root/a"), 4, "exactly one new run")
		stop(t, s)
	})
}

func TestZombieReportIsIgnored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := health.NewRegistry(health.Config{})
		s, err := supervisor.New(supervisor.Config{Name: "root", Logger: quiet(), Registry: registry})
		require.NoError(t, err)
		release := make(chan struct{})
		add(t, s, "a", func(ctx context.Context) error {
			<-release
			for range 20 {
				health.Observe(ctx, errBoom)
			}
			return nil
		}, supervisor.Policy{Stall: 10 * time.Second, StopTimeout: time.Second})
		start(t, s)
		time.Sleep(12 * time.Second)
		close(release)
		synctest.Wait()
		part, ok := registry.Report().Part("root/a")
		require.True(t, ok)
		require.Zero(t, part.ErrorRun)
		stop(t, s)
	})
}

func TestZombieThatCallsGoexitAtLastDoesNotStartASecondRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		release := make(chan struct{})
		var runs atomic.Int32
		add(t, s, "a", func(ctx context.Context) error {
			if runs.Add(1) > 1 {
				return untilDone(ctx)
			}
			<-release
			runtime.Goexit()
			return nil
		}, supervisor.Policy{Stall: 10 * time.Second, StopTimeout: time.Second, Zombie: supervisor.Replace})
		start(t, s)
		time.Sleep(17 * time.Second)
		close(release)
		require.NoError(t, s.Pause(t.Context(), "a"))
		time.Sleep(time.Minute)
		require.Len(t, timesOf[supervisor.Started](rec, "root/a"), 2)
		require.Len(t, timesOf[supervisor.ZombieEnded](rec, "root/a"), 1)
		stop(t, s)
	})
}

// sleepyClock is a clock whose timers may be kept from firing, as those of a suspended machine.
type sleepyClock struct {
	clock.Clock
	asleep chan struct{} // closed when the machine wakes up
	from   time.Time     // timers due after this wait for it
}

func (c *sleepyClock) After(d time.Duration) <-chan time.Time {
	if c.Now().Add(d).Before(c.from) {
		return c.Clock.After(d)
	}
	fired := make(chan time.Time, 1)
	go func() {
		<-c.Clock.After(d)
		<-c.asleep
		fired <- c.Now()
	}()
	return fired
}

func TestMachineThatWasSuspendedIsNoStall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clk := &sleepyClock{Clock: clock.New(), asleep: make(chan struct{}), from: time.Now().Add(20 * time.Second)}
		rec := newRecorder()
		s, err := supervisor.New(supervisor.Config{Name: "root", Clock: clk, OnEvent: rec.Record, Logger: quiet()})
		require.NoError(t, err)
		first := true
		add(t, s, "a", func(ctx context.Context) error {
			if !first {
				return untilDone(ctx)
			}
			first = false
			beatUntil(ctx, 15*time.Second)
			<-clk.asleep
			time.Sleep(5 * time.Second)
			beatUntil(ctx, 10*time.Second)
			return untilDone(ctx)
		}, supervisor.Policy{Stall: 20 * time.Second})
		start(t, s)
		time.Sleep(time.Hour)
		close(clk.asleep)
		time.Sleep(30 * time.Second)
		require.Empty(t, only[supervisor.Stalled](rec), "an hour in which nobody could beat is forgiven")
		suspended := only[supervisor.Suspended](rec)
		require.Len(t, suspended, 1)
		require.Equal(t, time.Hour-20*time.Second, suspended[0].Late)
		time.Sleep(10 * time.Second)
		require.Len(t, only[supervisor.Stalled](rec), 1, "and silence after it is not")
		stop(t, s)
		time.Sleep(time.Hour) // the sleepy clock's own timers
	})
}

// hasty is a clock on which a short wait is over at once.
type hasty struct{ clock.Clock }

func (h hasty) After(d time.Duration) <-chan time.Time {
	if d > time.Second/4 {
		return h.Clock.After(d)
	}
	over := make(chan time.Time, 1)
	over <- h.Now()
	return over
}

func TestStallDoesNotWaitForItsStack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rec := newRecorder()
		s, err := supervisor.New(supervisor.Config{
			Name: "root", OnEvent: rec.Record, Logger: quiet(), Clock: hasty{clock.New()},
		})
		require.NoError(t, err)
		release := make(chan struct{})
		add(t, s, "a", deaf(release), supervisor.Policy{Stall: 8 * time.Second})
		start(t, s)
		time.Sleep(9 * time.Second)
		stalled := only[supervisor.Stalled](rec)
		require.Len(t, stalled, 1)
		require.Empty(t, stalled[0].Stack, "it has not been found yet")
		require.Equal(t, health.StateStalled, childOf(t, s, "a").State)
		require.Contains(t, childOf(t, s, "a").Stack, ".deaf.", "now it has")
		close(release)
		stop(t, s)
	})
}
