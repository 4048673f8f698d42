package supervisor_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/thejerf/suture/v4"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// subtree adds a supervisor called name to s.
func subtree(t *testing.T, s *supervisor.Supervisor, name string, p supervisor.Policy) *supervisor.Supervisor {
	t.Helper()
	sub, err := supervisor.New(supervisor.Config{Name: name})
	require.NoError(t, err)
	require.NoError(t, s.Add(name, sub, p))
	return sub
}

func TestEscalationIsTheParentsToDecide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		sub := subtree(t, s, "trading", supervisor.Policy{})
		add(t, sub, "broker", untilDone, supervisor.Policy{})
		add(t, sub, "engine", lasting(time.Second), supervisor.Policy{MaxRestarts: 1, Exhausted: supervisor.Escalate})
		add(t, s, "sibling", untilDone, supervisor.Policy{})
		start(t, s)
		defer stop(t, s)
		require.NoError(t, sub.Add("visitor", serve(untilDone), supervisor.Policy{}))
		time.Sleep(7 * time.Second)

		require.Equal(t, seconds(7), timesOf[supervisor.Escalated](rec, "root/trading/engine"))
		failed := only[supervisor.Failed](rec)
		require.Equal(t, "root/trading", failed[len(failed)-1].Path)
		require.Equal(t, "supervisor: root/trading/engine spent its restarts: boom", failed[len(failed)-1].End.Error())
		require.Equal(t, 1, childOf(t, s, "sibling").Starts)

		time.Sleep(5 * time.Second)
		trading := childOf(t, s, "trading")
		require.Equal(t, 2, trading.Starts)
		names := make([]string, 0, 2)
		for _, c := range trading.Children {
			names = append(names, c.Name)
		}
		require.Equal(t, []string{"broker", "engine"}, names, "static children are back, those added at run time are not")
		require.Equal(t, "root/trading/broker", trading.Children[0].Path)
	})
}

func TestRootReturnsAnEscalation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		sub := subtree(t, s, "trading", supervisor.Policy{MaxRestarts: supervisor.NoRestarts, Exhausted: supervisor.Escalate})
		add(t, sub, "engine", failing, supervisor.Policy{MaxRestarts: supervisor.NoRestarts, Exhausted: supervisor.Escalate})
		err := s.Serve(t.Context())
		require.EqualError(t, err,
			"supervisor: root/trading spent its restarts: supervisor: root/trading/engine spent its restarts: boom")
		require.ErrorIs(t, err, errBoom)
	})
}

func TestUnstoppedIsReportedFromBelow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		release := make(chan struct{})
		sub := subtree(t, s, "sub", supervisor.Policy{})
		add(t, sub, "deaf", deaf(release), supervisor.Policy{StopTimeout: time.Second})
		start(t, s)
		var unstopped *supervisor.UnstoppedError
		require.ErrorAs(t, s.Stop(t.Context()), &unstopped)
		require.Equal(t, "root/sub/deaf", unstopped.Unstopped[0].Path)
		close(release)
	})
}

func TestAdministrationByPath(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		sub := subtree(t, s, "sub", supervisor.Policy{})
		add(t, sub, "plain", untilDone, supervisor.Policy{})
		add(t, sub, "spent", failing, supervisor.Policy{MaxRestarts: supervisor.NoRestarts, Exhausted: supervisor.GiveUp})
		require.ErrorIs(t, s.Restart(t.Context(), "sub"), supervisor.ErrNotRunning)
		start(t, s)
		defer stop(t, s)

		require.ErrorIs(t, s.Restart(t.Context(), "nobody"), supervisor.ErrNotFound)
		require.ErrorIs(t, s.Restart(t.Context(), "sub/plain/deeper"), supervisor.ErrNotFound)
		require.ErrorIs(t, s.Pause(t.Context(), "sub/nobody"), supervisor.ErrNotFound)
		require.ErrorIs(t, s.Add("sub", serve(untilDone), supervisor.Policy{}), supervisor.ErrDuplicate)

		require.NoError(t, s.Restart(t.Context(), "sub/plain"))
		synctest.Wait()
		require.Equal(t, 2, childOf(t, sub, "plain").Starts, "a running one is replaced at once")
		require.Len(t, only[supervisor.GaveUp](rec), 1)
		require.NoError(t, s.Restart(t.Context(), "sub/spent"))
		synctest.Wait()
		require.Equal(t, 2, childOf(t, sub, "spent").Starts, "one that was given up runs again")

		require.NoError(t, s.Pause(t.Context(), "sub/plain"))
		synctest.Wait()
		require.Equal(t, health.StatePaused, childOf(t, sub, "plain").State)
		time.Sleep(time.Hour)
		require.Equal(t, 2, childOf(t, sub, "plain").Starts)
		require.NoError(t, s.Resume(t.Context(), "sub/plain"))
		synctest.Wait()
		require.Equal(t, 3, childOf(t, sub, "plain").Starts)
		require.Len(t, only[supervisor.Paused](rec), 1)
		require.Len(t, only[supervisor.Resumed](rec), 1)
	})
}

// Whoever is told of a child in an event gives that path back, to whichever supervisor above it.
func TestPathOfAnEventLeadsToItsChild(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		sub := subtree(t, s, "sub", supervisor.Policy{})
		add(t, sub, "a", untilDone, supervisor.Policy{})
		start(t, s)
		path := only[supervisor.Started](rec)[1].Path
		require.Equal(t, "root/sub/a", path)
		starts := 1
		for _, of := range []struct {
			s        *supervisor.Supervisor
			relative string
		}{{s, "sub/a"}, {sub, "a"}} {
			for _, path := range []string{path, of.relative} {
				for _, call := range []func(context.Context, string) error{
					of.s.Restart, of.s.Pause, of.s.Resume, of.s.StopChild, of.s.StartChild,
				} {
					require.NoError(t, call(t.Context(), path), path)
					synctest.Wait()
				}
				starts += 3
				status, err := of.s.StatusOf(path)
				require.NoError(t, err)
				require.Equal(t, starts, status.Starts, path)
			}
		}
		require.ErrorIs(t, s.Restart(t.Context(), "root/nobody"), supervisor.ErrNotFound)
		require.NoError(t, s.StopChild(t.Context(), path))
		require.NoError(t, s.Remove(t.Context(), path))
		_, err := sub.StatusOf("a")
		require.ErrorIs(t, err, supervisor.ErrNotFound)
		stop(t, s)
	})
}

func TestRestartOnRequestDoesNotWaitForTheBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		add(t, s, "a", lasting(time.Second), supervisor.Policy{})
		start(t, s)
		defer stop(t, s)
		time.Sleep(2 * time.Second)
		require.Equal(t, health.StateBackoff, childOf(t, s, "a").State)
		require.NoError(t, s.Restart(t.Context(), "a"))
		synctest.Wait()
		require.Equal(t, seconds(0, 2), timesOf[supervisor.Started](rec, "root/a"))
	})
}

// pausable counts its working seconds.
type pausable struct{ paused chan bool }

var _ supervisor.Pauser = pausable{}

func (p pausable) Serve(ctx context.Context) error { return untilDone(ctx) }
func (p pausable) Pause()                          { p.paused <- true }
func (p pausable) Resume()                         { p.paused <- false }

func TestPauserGoesOnRunning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		p := pausable{make(chan bool, 3)}
		require.NoError(t, s.Add("a", p, supervisor.Policy{}))
		start(t, s)
		defer stop(t, s)
		require.NoError(t, s.Pause(t.Context(), "a"))
		require.True(t, <-p.paused)
		require.Equal(t, health.StatePaused, childOf(t, s, "a").State)
		require.NoError(t, s.Restart(t.Context(), "a"))
		synctest.Wait()
		require.Equal(t, health.StatePaused, childOf(t, s, "a").State, "through a restart too")
		require.NoError(t, s.Resume(t.Context(), "a"))
		require.False(t, <-p.paused)
		require.Equal(t, health.StateRunning, childOf(t, s, "a").State)
		require.Equal(t, 2, childOf(t, s, "a").Starts)
	})
}

func TestSutureWorksBothWays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		theirs := suture.New("theirs", suture.Spec{EventHook: func(suture.Event) {}})
		ours, rec := tree(t)
		theirs.Add(ours)
		inner := suture.New("inner", suture.Spec{EventHook: func(suture.Event) {}})
		inner.Add(serve(untilDone))
		require.NoError(t, ours.Add("inner", inner, supervisor.Policy{}))
		add(t, ours, "a", lasting(time.Second), supervisor.Policy{})

		ctx, cancel := context.WithCancel(t.Context())
		done := theirs.ServeBackground(ctx)
		time.Sleep(10 * time.Second)
		require.Equal(t, seconds(0, 6), timesOf[supervisor.Started](rec, "root/a"))
		require.Equal(t, 1, childOf(t, ours, "inner").Starts)
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
		synctest.Wait()
		require.Equal(t, health.StateStopped, ours.Status().State)
	})
}

func TestPartsShowWhatTheSupervisorSees(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := health.NewRegistry(health.Config{})
		s, err := supervisor.New(supervisor.Config{Name: "root", Logger: quiet(), Registry: registry})
		require.NoError(t, err)
		add(t, s, "good", untilDone, supervisor.Policy{})
		sub := subtree(t, s, "sub", supervisor.Policy{})
		add(t, sub, "bad", lasting(10*time.Second), supervisor.Policy{})
		start(t, s)
		defer stop(t, s)
		require.Equal(t, health.Degraded, registry.Report().Verdict, "starting")
		time.Sleep(4 * time.Second)
		require.Equal(t, health.Healthy, registry.Report().Verdict)
		time.Sleep(7 * time.Second)
		report := registry.Report()
		require.Equal(t, health.Unhealthy, report.Verdict)
		require.Equal(t, []string{"root/sub/bad: backoff: boom"}, report.Reasons)
		bad, _ := report.Part("root/sub/bad")
		require.Equal(t, health.StateBackoff, bad.Lifecycle.State)
		time.Sleep(8 * time.Second)
		bad, _ = registry.Report().Part("root/sub/bad")
		require.Equal(t, health.StateRunning, bad.Lifecycle.State)
		require.Equal(t, 1, bad.Lifecycle.Restarts)
		require.Equal(t, "boom", bad.Lifecycle.LastError, "the reason is kept after the recovery")
		require.Equal(t, "error", bad.Lifecycle.LastEnd)
		require.Equal(t, 1, bad.Lifecycle.Attempt)
		require.Equal(t, 10, bad.Lifecycle.MaxAttempts)
	})
}

func TestTreeThatAServiceServesInsideOfItselfBelongsToItsTree(t *testing.T) {
	t.Parallel()
	for _, below := range []string{"the root", "a subtree"} {
		t.Run("below "+below, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, rec := tree(t)
				owner, path := s, "root"
				if below == "a subtree" {
					owner, path = subtree(t, s, "sub", supervisor.Policy{}), "root/sub"
				}
				inside := newRecorder()
				inner, err := supervisor.New(supervisor.Config{Name: "inner", Logger: quiet(), OnEvent: inside.Record})
				require.NoError(t, err)
				add(t, inner, "a", untilDone, supervisor.Policy{})
				add(t, owner, "a", inner.Serve, supervisor.Policy{}) // nobody can see that it is a tree
				start(t, s)
				require.Equal(t, seconds(0), timesOf[supervisor.Started](inside, path+"/a/inner/a"))
				require.Equal(t, seconds(0), timesOf[supervisor.Started](rec, path+"/a/inner/a"))
				require.Equal(t, path+"/a/inner/a", childOf(t, owner, "a").Children[0].Children[0].Path)
				require.NoError(t, s.Restart(t.Context(), path+"/a/inner/a"))
				synctest.Wait()
				stop(t, s)
				require.Len(t, inside.all(), 4)
			})
		})
	}
}

func TestEscalationIsReturnedAlthoughSomebodyStopsTheTree(t *testing.T) {
	t.Parallel()
	for range 200 {
		var s *supervisor.Supervisor
		s, err := supervisor.New(supervisor.Config{Name: "root", Logger: quiet(), OnEvent: func(e supervisor.Event) {
			if _, ok := e.(supervisor.Escalated); ok {
				ended, cancel := context.WithCancel(context.Background())
				cancel()
				_ = s.Stop(ended)
			}
		}})
		require.NoError(t, err)
		add(t, s, "a", failing, supervisor.Policy{MaxRestarts: supervisor.NoRestarts, Exhausted: supervisor.Escalate})
		var escalated *supervisor.EscalatedError
		require.ErrorAs(t, s.Serve(t.Context()), &escalated)
	}
}
