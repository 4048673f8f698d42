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

var givesUpAtOnce = supervisor.Policy{MaxRestarts: supervisor.NoRestarts, Exhausted: supervisor.GiveUp}

func TestLateChildThatGivesUpDuringTheStartDoesNotKeepTheOthersDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := grouped(t, supervisor.RestForOne)
		add(t, s, "a", untilDone, supervisor.Policy{Ready: time.Minute}) // b waits for it
		add(t, s, "b", untilDone, supervisor.Policy{})
		start(t, s)
		add(t, s, "late", lasting(time.Second), givesUpAtOnce)
		time.Sleep(2 * time.Minute)
		require.Equal(t, health.StateRunning, childOf(t, s, "b").State)
		require.Equal(t, seconds(60), timesOf[supervisor.Started](rec, "root/b"))
		require.Equal(t, health.StateCrashed, childOf(t, s, "late").State)
		stop(t, s)
	})
}

func TestEarlierFailureDoesNotWaitForALaterChildThatIsCrashed(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]supervisor.Policy{
		"and gave up":         givesUpAtOnce,
		"and parked for good": {MaxRestarts: supervisor.NoRestarts, CoolDown: supervisor.Forever},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, rec := grouped(t, supervisor.RestForOne)
				add(t, s, "a", failsOnce(20*time.Second), supervisor.Policy{})
				add(t, s, "b", untilDone, supervisor.Policy{})
				add(t, s, "c", failsOnce(10*time.Second), p)
				start(t, s)
				time.Sleep(15 * time.Second)
				require.Equal(t, health.StateCrashed, childOf(t, s, "c").State)
				time.Sleep(7 * time.Second)
				for _, child := range s.Status().Children {
					require.Equal(t, health.StateBackoff, child.State, child.Name)
					require.Equal(t, rec.start.Add(25*time.Second), child.NextRestart, child.Name)
				}
				time.Sleep(18 * time.Second)
				require.Equal(t, "!c !a -b +a +b +c", story(rec, time.Second))
				require.Equal(t, seconds(0, 25), timesOf[supervisor.Started](rec, "root/a"), "after its own delay")
				require.Len(t, timesOf[supervisor.Restarting](rec, "root/a"), 1)
				stop(t, s)
			})
		})
	}
}

func TestGroupDoesNotWaitForTheReadinessOfWhatItIsToStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := grouped(t, supervisor.OneForAll)
		add(t, s, "fails", failsOnce(time.Second), supervisor.Policy{})
		add(t, s, "slow", untilDone, supervisor.Policy{Ready: time.Hour})
		start(t, s)
		time.Sleep(10 * time.Second)
		require.Equal(t, seconds(0, 6), timesOf[supervisor.Started](rec, "root/fails"))
		stop(t, s)
	})
}

func TestChildOfAGroupThatIsDownShowsWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		policy supervisor.Policy
		want   health.State
	}{
		"the group's restart": {supervisor.Policy{Backoff: supervisor.Backoff{Initial: time.Hour}}, health.StateBackoff},
		"somebody who asks":   {givesUpAtOnce, health.StateStopped},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, _ := grouped(t, supervisor.OneForAll)
				release := make(chan struct{})
				add(t, s, "fails", failsOnce(10*time.Second), c.policy)
				add(t, s, "paused", untilDone, supervisor.Policy{})
				add(t, s, "deaf", deaf(release), supervisor.Policy{StopTimeout: time.Second})
				start(t, s)
				require.NoError(t, s.Pause(t.Context(), "paused"))
				time.Sleep(20 * time.Second)
				require.Equal(t, health.StatePaused, childOf(t, s, "paused").State)
				require.NoError(t, s.Resume(t.Context(), "paused"))
				require.Equal(t, c.want, childOf(t, s, "paused").State)
				require.Equal(t, health.StateStalled, childOf(t, s, "deaf").State)
				close(release)
				require.Equal(t, c.want, childOf(t, s, "deaf").State, "its zombie has ended")
				require.Equal(t, childOf(t, s, "fails").NextRestart, childOf(t, s, "deaf").NextRestart)
				require.NoError(t, s.Stop(context.Background()))
			})
		})
	}
}

func TestGroupThatIsParkedShowsItsCauseAsCrashed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := grouped(t, supervisor.OneForAll)
		add(t, s, "fails", failsOnce(time.Second), supervisor.Policy{MaxRestarts: supervisor.NoRestarts})
		add(t, s, "slow", func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(4 * time.Second)
			return nil
		}, supervisor.Policy{})
		start(t, s)
		time.Sleep(3 * time.Second)
		require.Equal(t, health.StateCrashed, childOf(t, s, "fails").State)
		require.Equal(t, rec.start.Add(time.Second+5*time.Minute), childOf(t, s, "fails").NextRestart)
		require.Equal(t, health.StateStopping, childOf(t, s, "slow").State)
		stop(t, s)
	})
}
