package supervisor_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

func TestRestartGivesTheWholeBudgetBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		add(t, s, "a", lasting(time.Second), supervisor.Policy{MaxRestarts: 1, Exhausted: supervisor.GiveUp})
		start(t, s)
		time.Sleep(6500 * time.Millisecond) // its only restart was at 6 s
		require.NoError(t, s.Restart(t.Context(), "a"))
		time.Sleep(time.Minute)
		require.Equal(t, seconds(0, 6, 6.5, 12.5), timesOf[supervisor.Started](rec, "root/a"))
		require.Len(t, only[supervisor.GaveUp](rec), 1)
		stop(t, s)
	})
}

func TestRunThatStalledGetsNoMoreTimeWhenSomebodyAsksItToEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		release := make(chan struct{})
		add(t, s, "a", deaf(release), supervisor.Policy{Stall: 4 * time.Second})
		start(t, s)
		time.Sleep(9 * time.Second)
		require.NoError(t, s.Restart(t.Context(), "a"))
		time.Sleep(time.Minute)
		require.Equal(t, seconds(14), timesOf[supervisor.Abandoned](rec, "root/a"))
		close(release)
		synctest.Wait()
		stop(t, s)
	})
}

func TestDeafRunIsAbandonedInTimeHoweverFarOffTheNextLookWas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		release := make(chan struct{})
		long := func(d time.Duration) supervisor.Policy {
			return supervisor.Policy{Verify: d, Stable: d, StopTimeout: time.Second}
		}
		add(t, s, "a", untilDone, long(time.Hour))
		add(t, s, "b", deaf(release), long(2*time.Hour))
		start(t, s)
		require.Error(t, s.StopChild(t.Context(), "b"))
		require.Equal(t, seconds(1), timesOf[supervisor.Abandoned](rec, "root/b"))
		close(release)
		synctest.Wait()
		stop(t, s)
	})
}

func TestSiblingThatFailsBeforeItIsReadyIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		add(t, s, "a", lasting(time.Second), supervisor.Policy{Ready: time.Hour})
		add(t, s, "b", untilDone, supervisor.Policy{})
		start(t, s)
		time.Sleep(2 * time.Second)
		require.Equal(t, seconds(1), timesOf[supervisor.Started](rec, "root/b"))
		stop(t, s)
	})
}

func TestFailureDuringTheStopEscalatesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		add(t, s, "a", lasting(11*time.Second), supervisor.Policy{MaxRestarts: supervisor.NoRestarts, Exhausted: supervisor.Escalate})
		add(t, s, "slow", func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(2 * time.Second)
			return nil
		}, supervisor.Policy{})
		start(t, s)
		time.Sleep(10 * time.Second)
		stop(t, s)
		require.Equal(t, seconds(11), timesOf[supervisor.Stopped](rec, "root/a"))
		require.Equal(t, "boom", childOf(t, s, "a").LastError, "its real reason")
		require.Empty(t, only[supervisor.Failed](rec))
	})
}

func TestSubtreeReportAtItsStopIsReportedByTheRoot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		release := make(chan struct{})
		sub, err := supervisor.New(supervisor.Config{Name: "sub", OnEvent: func(supervisor.Event) { <-release }})
		require.NoError(t, err)
		add(t, sub, "a", untilDone, supervisor.Policy{})
		require.NoError(t, s.Add("sub", sub, supervisor.Policy{}))
		start(t, s)
		require.EqualError(t, s.Stop(t.Context()), "supervisor: did not stop: root/sub (receiver of events)")
		close(release)
	})
}

func TestZombieOfALateChildIsReportedByTheNextStopToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		release := make(chan struct{})
		start(t, s)
		add(t, s, "late", deaf(release), supervisor.Policy{StopTimeout: time.Second})
		synctest.Wait()
		require.EqualError(t, s.Stop(t.Context()), "supervisor: did not stop: root/late")
		start(t, s)
		require.Empty(t, s.Status().Children)
		require.EqualError(t, s.Stop(t.Context()), "supervisor: did not stop: root/late")
		close(release)
	})
}

func TestZombieIsReportedAlthoughItsChildWasRemovedBetweenTwoRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		release := make(chan struct{})
		add(t, s, "a", deaf(release), supervisor.Policy{StopTimeout: time.Second})
		start(t, s)
		require.Error(t, s.Stop(t.Context()))
		require.NoError(t, s.Remove(t.Context(), "a"))
		start(t, s)
		require.EqualError(t, s.Stop(t.Context()), "supervisor: did not stop: root/a")
		close(release)
	})
}

func TestPartForgetsWhatIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := health.NewRegistry(health.Config{})
		s, err := supervisor.New(supervisor.Config{Name: "root", Logger: quiet(), Registry: registry})
		require.NoError(t, err)
		add(t, s, "a", failsOnce(time.Second), supervisor.Policy{})
		start(t, s)
		time.Sleep(2 * time.Second)
		require.False(t, registry.Report().Parts[0].Lifecycle.NextRestart.IsZero())
		time.Sleep(8 * time.Second)
		require.True(t, registry.Report().Parts[0].Lifecycle.NextRestart.IsZero(), "it runs")
		require.Equal(t, "boom", registry.Report().Parts[0].Lifecycle.LastError)
		stop(t, s)
		start(t, s)
		require.Empty(t, registry.Report().Parts[0].Lifecycle.LastError, "it was of the session before")
		stop(t, s)
	})
}

func TestTimerOfAnEarlierChildDoesNotCutALaterOnesTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		slow := func(d time.Duration) serve {
			return func(ctx context.Context) error { <-ctx.Done(); time.Sleep(d); return nil }
		}
		add(t, s, "second", slow(8*time.Second), supervisor.Policy{StopTimeout: 30 * time.Second})
		add(t, s, "first", slow(5*time.Second), supervisor.Policy{StopTimeout: 10 * time.Second})
		start(t, s)
		stop(t, s)
		require.Equal(t, seconds(5), timesOf[supervisor.Stopped](rec, "root/first"))
		require.Equal(t, seconds(13), timesOf[supervisor.Stopped](rec, "root/second"))
	})
}

func TestChildThatIsStillToBeStoppedCannotBeRestarted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		add(t, s, "a", untilDone, supervisor.Policy{})
		add(t, s, "slow", func(context.Context) error { time.Sleep(5 * time.Second); return nil }, supervisor.Policy{})
		start(t, s)
		go func() { _ = s.Stop(context.Background()) }()
		synctest.Wait()
		require.Equal(t, health.StateStarting, childOf(t, s, "a").State, "its turn has not come")
		require.True(t, childOf(t, s, "a").LastBeat.IsZero(), "nobody watches it")
		require.ErrorIs(t, s.Restart(t.Context(), "a"), supervisor.ErrNotRunning)
		require.NoError(t, s.Pause(t.Context(), "a"), "it is noted")
		stop(t, s)
	})
}

func TestChildThatGaveUpCanBeStoppedAndPaused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		add(t, s, "a", failing, givesUpAtOnce)
		start(t, s)
		require.NoError(t, s.Pause(t.Context(), "a"))
		require.Len(t, only[supervisor.Paused](rec), 1, "it will not start with its group or its supervisor")
		require.Equal(t, health.StateCrashed, childOf(t, s, "a").State)
		require.NoError(t, s.StopChild(t.Context(), "a"))
		require.Equal(t, health.StateStopped, childOf(t, s, "a").State)
		stop(t, s)
	})
}
