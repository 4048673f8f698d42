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

func TestAdministrationMistakesHaveTheirOwnErrors(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		call func(s *supervisor.Supervisor) error
		want error
	}{
		"start a running one":              {func(s *supervisor.Supervisor) error { return s.StartChild(context.Background(), "running") }, supervisor.ErrStarted},
		"start one in backoff":             {func(s *supervisor.Supervisor) error { return s.StartChild(context.Background(), "backoff") }, supervisor.ErrStarted},
		"start a paused one":               {func(s *supervisor.Supervisor) error { return s.StartChild(context.Background(), "paused") }, supervisor.ErrStarted},
		"start one beside its zombie":      {func(s *supervisor.Supervisor) error { return s.StartChild(context.Background(), "zombie") }, supervisor.ErrZombie},
		"restart a running one":            {func(s *supervisor.Supervisor) error { return s.Restart(context.Background(), "running") }, nil},
		"restart one beside its zombie":    {func(s *supervisor.Supervisor) error { return s.Restart(context.Background(), "zombie") }, supervisor.ErrZombie},
		"remove a running one":             {func(s *supervisor.Supervisor) error { return s.Remove(context.Background(), "running") }, supervisor.ErrNotStopped},
		"remove one in backoff":            {func(s *supervisor.Supervisor) error { return s.Remove(context.Background(), "backoff") }, supervisor.ErrNotStopped},
		"remove a paused one":              {func(s *supervisor.Supervisor) error { return s.Remove(context.Background(), "paused") }, supervisor.ErrNotStopped},
		"stop a stopped one":               {func(s *supervisor.Supervisor) error { return s.StopChild(context.Background(), "stopped") }, nil},
		"start an unknown one":             {func(s *supervisor.Supervisor) error { return s.StartChild(context.Background(), "nobody") }, supervisor.ErrNotFound},
		"stop an unknown one":              {func(s *supervisor.Supervisor) error { return s.StopChild(context.Background(), "nobody") }, supervisor.ErrNotFound},
		"restart an unknown one":           {func(s *supervisor.Supervisor) error { return s.Restart(context.Background(), "nobody") }, supervisor.ErrNotFound},
		"remove an unknown one":            {func(s *supervisor.Supervisor) error { return s.Remove(context.Background(), "sub/nobody") }, supervisor.ErrNotFound},
		"pause an unknown one":             {func(s *supervisor.Supervisor) error { return s.Pause(context.Background(), "sub/") }, supervisor.ErrNotFound},
		"resume an unknown one":            {func(s *supervisor.Supervisor) error { return s.Resume(context.Background(), "") }, supervisor.ErrNotFound},
		"the status of an unknown one":     {func(s *supervisor.Supervisor) error { _, err := s.StatusOf("nobody"); return err }, supervisor.ErrNotFound},
		"a path through a plain child":     {func(s *supervisor.Supervisor) error { return s.Restart(context.Background(), "running/deeper") }, supervisor.ErrNotFound},
		"add one whose name is taken":      {func(s *supervisor.Supervisor) error { return s.Add("sub", serve(failing), supervisor.Policy{}) }, supervisor.ErrDuplicate},
		"a child of one that does not run": {func(s *supervisor.Supervisor) error { return s.Restart(context.Background(), "down/a") }, supervisor.ErrNotRunning},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, _ := tree(t)
				release := make(chan struct{})
				add(t, s, "running", untilDone, supervisor.Policy{})
				add(t, s, "backoff", failing, supervisor.Policy{})
				add(t, s, "paused", untilDone, supervisor.Policy{})
				add(t, s, "stopped", untilDone, supervisor.Policy{})
				add(t, s, "zombie", deaf(release), supervisor.Policy{StopTimeout: time.Second})
				add(t, subtree(t, s, "sub", supervisor.Policy{}), "a", untilDone, supervisor.Policy{})
				add(t, subtree(t, s, "down", supervisor.Policy{}), "a", untilDone, supervisor.Policy{})
				start(t, s)
				require.NoError(t, s.Pause(t.Context(), "paused"))
				require.NoError(t, s.StopChild(t.Context(), "stopped"))
				require.NoError(t, s.StopChild(t.Context(), "down"))
				var unstopped *supervisor.UnstoppedError
				require.ErrorAs(t, s.StopChild(t.Context(), "zombie"), &unstopped)
				require.Equal(t, "root/zombie", unstopped.Unstopped[0].Path)
				synctest.Wait()
				require.ErrorIs(t, c.call(s), c.want)
				close(release)
				synctest.Wait()
				stop(t, s)
			})
		})
	}
}

func TestStoppedChildStaysListedAndDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		add(t, s, "a", untilDone, supervisor.Policy{})
		start(t, s)
		require.NoError(t, s.StopChild(t.Context(), "a"))
		require.Equal(t, health.StateStopped, childOf(t, s, "a").State)
		time.Sleep(time.Hour)
		require.Equal(t, seconds(0), timesOf[supervisor.Started](rec, "root/a"))
		require.NoError(t, s.StartChild(t.Context(), "a"))
		time.Sleep(4 * time.Second)
		require.Equal(t, health.StateRunning, childOf(t, s, "a").State)
		require.NoError(t, s.StopChild(t.Context(), "a"))
		stop(t, s)
		start(t, s)
		require.Equal(t, health.StateStopped, childOf(t, s, "a").State, "through the next Serve as well")
		require.Zero(t, childOf(t, s, "a").Starts)
		stop(t, s)
	})
}

func TestChildThatIsDownIsStartedByName(t *testing.T) {
	t.Parallel()
	spent := supervisor.Policy{MaxRestarts: supervisor.NoRestarts}
	givenUp := supervisor.Policy{MaxRestarts: supervisor.NoRestarts, Exhausted: supervisor.GiveUp}
	cases := map[string]struct {
		service serve
		policy  supervisor.Policy
	}{
		"parked":   {failing, spent},
		"given up": {failing, givenUp},
		"done":     {func(context.Context) error { return nil }, supervisor.Policy{Restart: supervisor.Transient}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, rec := tree(t)
				add(t, s, "a", c.service, c.policy)
				start(t, s)
				time.Sleep(10 * time.Second)
				require.NoError(t, s.StartChild(t.Context(), "a"))
				synctest.Wait()
				require.Equal(t, seconds(0, 10), timesOf[supervisor.Started](rec, "root/a"))
				stop(t, s)
			})
		})
	}
}

func TestRemovedChildLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := health.NewRegistry(health.Config{})
		rec := newRecorder()
		s, err := supervisor.New(supervisor.Config{Name: "root", OnEvent: rec.Record, Logger: quiet(), Registry: registry})
		require.NoError(t, err)
		add(t, s, "a", untilDone, supervisor.Policy{})
		sub := subtree(t, s, "sub", supervisor.Policy{})
		add(t, sub, "b", untilDone, supervisor.Policy{})
		start(t, s)
		require.NoError(t, s.StopChild(t.Context(), "sub"))
		require.NoError(t, s.Remove(t.Context(), "sub"))
		require.Len(t, s.Status().Children, 1)
		paths := []string{}
		for _, p := range registry.Report().Parts {
			paths = append(paths, p.Path)
		}
		require.Equal(t, []string{"root/a"}, paths)
		require.Equal(t, seconds(0), timesOf[supervisor.Removed](rec, "root/sub"))
		require.NoError(t, s.Add("sub", serve(untilDone), supervisor.Policy{}), "the name is free")
		require.Equal(t, 1, childOf(t, s, "sub").Starts)
		stop(t, s)
		require.NoError(t, s.Remove(t.Context(), "a"), "a tree that does not run can be changed as well")
		start(t, s)
		require.Empty(t, s.Status().Children, "and what was added at run time is gone")
		require.Empty(t, registry.Report().Parts)
		stop(t, s)
	})
}

func TestRemovedZombieIsStillReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		release := make(chan struct{})
		add(t, s, "a", deaf(release), supervisor.Policy{StopTimeout: time.Second})
		start(t, s)
		require.Error(t, s.StopChild(t.Context(), "a"))
		require.NoError(t, s.Remove(t.Context(), "a"))
		var unstopped *supervisor.UnstoppedError
		require.ErrorAs(t, s.Stop(t.Context()), &unstopped)
		require.Equal(t, "root/a", unstopped.Unstopped[0].Path)
		close(release)
		synctest.Wait()
		start(t, s)
		stop(t, s)
	})
}

// Whoever asks a run to end, it gets its StopTimeout and no more.
func TestDeafRunIsAbandonedWhoeverAskedItToEnd(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		ask   func(s *supervisor.Supervisor) error
		state health.State
	}{
		"restarted": {func(s *supervisor.Supervisor) error { return s.Restart(context.Background(), "a") }, health.StateStalled},
		"paused":    {func(s *supervisor.Supervisor) error { return s.Pause(context.Background(), "a") }, health.StatePaused},
		"paused and resumed": {func(s *supervisor.Supervisor) error {
			if err := s.Pause(t.Context(), "a"); err != nil {
				return err
			}
			return s.Resume(t.Context(), "a")
		}, health.StateStalled},
		"stopped": {func(s *supervisor.Supervisor) error {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			_ = s.StopChild(ctx, "a")
			return nil
		}, health.StateStopped},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, rec := tree(t)
				release := make(chan struct{})
				add(t, s, "a", deaf(release), supervisor.Policy{StopTimeout: 7 * time.Second})
				start(t, s)
				require.NoError(t, c.ask(s))
				time.Sleep(7*time.Second - time.Millisecond)
				require.Equal(t, health.StateStopping, childOf(t, s, "a").State)
				time.Sleep(time.Millisecond)
				synctest.Wait()
				child := childOf(t, s, "a")
				require.Equal(t, c.state, child.State)
				require.Equal(t, 1, child.Zombies)
				require.Equal(t, []time.Time{rec.start.Add(7 * time.Second)}, child.ZombiesSince)
				require.Equal(t, seconds(7), timesOf[supervisor.Abandoned](rec, "root/a"))
				close(release)
				synctest.Wait()
				require.Zero(t, childOf(t, s, "a").Zombies)
				stop(t, s)
			})
		})
	}
}

func TestResumeBeforeTheRunHasEndedIsNoFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		add(t, s, "a", func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			return ctx.Err()
		}, supervisor.Policy{})
		start(t, s)
		require.NoError(t, s.Pause(t.Context(), "a"))
		require.NoError(t, s.Resume(t.Context(), "a"))
		time.Sleep(2 * time.Second)
		require.Empty(t, only[supervisor.Failed](rec))
		require.Equal(t, seconds(0, 1), timesOf[supervisor.Started](rec, "root/a"), "at once, when the old run has ended")
		stop(t, s)
	})
}

func TestStopOfAChildThatSomebodyRestartsMeanwhileReturns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		add(t, s, "a", func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			return nil
		}, supervisor.Policy{})
		start(t, s)
		stopped := make(chan error)
		go func() { stopped <- s.StopChild(context.Background(), "a") }()
		synctest.Wait()
		require.NoError(t, s.Restart(t.Context(), "a"))
		require.NoError(t, <-stopped)
		time.Sleep(2 * time.Second)
		require.Equal(t, 2, childOf(t, s, "a").Starts)
		stop(t, s)
	})
}

func TestChildThatStopsItselfByNameDoesNotDeadlock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		add(t, s, "a", func(ctx context.Context) error { return s.StopChild(ctx, "a") }, supervisor.Policy{})
		start(t, s)
		require.Equal(t, health.StateStopped, childOf(t, s, "a").State)
		require.NoError(t, s.Remove(t.Context(), "a"))
		stop(t, s)
	})
}

func TestCallsToADeadSupervisorFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		release := make(chan struct{})
		add(t, s, "a", deaf(release), supervisor.Policy{StopTimeout: supervisor.Forever})
		start(t, s)
		go func() { _ = s.Stop(context.Background()) }()
		synctest.Wait()
		require.ErrorIs(t, s.Add("b", serve(untilDone), supervisor.Policy{}), supervisor.ErrStopping)
		require.ErrorIs(t, s.Start(t.Context()), supervisor.ErrStopping, "it will not run in a moment")
		require.ErrorIs(t, s.Restart(t.Context(), "a"), supervisor.ErrNotRunning)
		require.Equal(t, health.StateStopping, s.Status().State)
		close(release)
		synctest.Wait()
		require.ErrorIs(t, s.Restart(t.Context(), "a"), supervisor.ErrNotRunning)
		require.ErrorIs(t, s.StartChild(t.Context(), "a"), supervisor.ErrNotRunning)
		require.NoError(t, s.Pause(t.Context(), "a"), "it is noted")
		require.NoError(t, s.StopChild(t.Context(), "a"))
		require.NoError(t, s.Stop(t.Context()))
	})
}
