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

func TestSubtreeThatIsAbandonedIsServedAgainWhenItHasEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rec := newRecorder()
		s, err := supervisor.New(supervisor.Config{
			Name: "root", Logger: quiet(), OnEvent: rec.Record, StopTimeout: 5 * time.Second})
		require.NoError(t, err)
		release := make(chan struct{})
		sub := subtree(t, s, "sub", supervisor.Policy{})
		add(t, sub, "deaf", deaf(release), supervisor.Policy{StopTimeout: supervisor.Forever})
		start(t, s)
		var unstopped *supervisor.UnstoppedError
		require.ErrorAs(t, s.Stop(t.Context()), &unstopped)
		require.Equal(t, "root/sub", unstopped.Unstopped[0].Path)
		require.Equal(t, rec.start, unstopped.Unstopped[0].Since, "when it was asked")

		start(t, s)
		time.Sleep(time.Minute)
		require.Equal(t, health.StateStalled, childOf(t, s, "sub").State, "the old run of the subtree still stops")
		close(release)
		time.Sleep(time.Minute)
		require.Equal(t, health.StateRunning, childOf(t, s, "sub").State)
		require.Equal(t, 1, childOf(t, s, "sub").Starts)
		stop(t, s)
	})
}

func TestDeafRunInASubtreeThatEndedLongAgoIsStillReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		release := make(chan struct{})
		givesUp := supervisor.Policy{MaxRestarts: supervisor.NoRestarts, Exhausted: supervisor.GiveUp}
		sub := subtree(t, s, "sub", givesUp)
		add(t, sub, "deaf", deaf(release), supervisor.Policy{StopTimeout: time.Second})
		add(t, sub, "fails", lasting(10*time.Second), supervisor.Policy{
			MaxRestarts: supervisor.NoRestarts, Exhausted: supervisor.Escalate})
		start(t, s)
		time.Sleep(time.Hour)
		require.Equal(t, health.StateCrashed, childOf(t, s, "sub").State)
		require.EqualError(t, s.Stop(t.Context()), "supervisor: did not stop: root/sub/deaf")
		close(release)
		synctest.Wait()
		require.NoError(t, s.Remove(t.Context(), "sub"))
	})
}

func TestTemporaryChildsZombieIsStillReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		release := make(chan struct{})
		add(t, s, "a", deaf(release), supervisor.Policy{
			Restart: supervisor.Temporary, Stall: 4 * time.Second, StopTimeout: time.Second, Zombie: supervisor.Replace})
		start(t, s)
		time.Sleep(10 * time.Second)
		require.Empty(t, s.Status().Children)
		require.EqualError(t, s.Stop(t.Context()), "supervisor: did not stop: root/a")
		close(release)
		synctest.Wait()
		start(t, s)
		stop(t, s)
	})
}

func TestErrorWhoseMethodPanicsIsAnEndLikeAnyOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		add(t, s, "a", hostile, supervisor.Policy{})
		start(t, s)
		time.Sleep(6 * time.Second)
		require.Equal(t, 2, childOf(t, s, "a").Starts)
		require.Equal(t, "an error of type *supervisor_test.badError, whose Error method panicked", childOf(t, s, "a").LastError)
		stop(t, s)
	})
}

func TestErrorWhoseMethodPanicsAtTheStopDisturbsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		add(t, s, "a", untilDone, supervisor.Policy{})
		add(t, s, "b", func(ctx context.Context) error { <-ctx.Done(); return new(uncomparable) }, supervisor.Policy{})
		start(t, s)
		stop(t, s)
		require.Len(t, timesOf[supervisor.Stopped](rec, "root/b"), 1)
		require.Len(t, timesOf[supervisor.Stopped](rec, "root/a"), 1)
	})
}

// uncomparable is an error that cannot be compared with others.
type uncomparable struct{}

func (*uncomparable) Error() string { return "an error" }
func (*uncomparable) Is(error) bool { panic("no comparison") }
