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

var temporary = supervisor.Policy{Restart: supervisor.Temporary, StopTimeout: time.Second}

func TestTemporaryChildThatAPersonStopsIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		release := make(chan struct{})
		add(t, s, "polite", untilDone, temporary)
		add(t, s, "deaf", deaf(release), temporary)
		start(t, s)
		require.NoError(t, s.StopChild(t.Context(), "polite"))
		var unstopped *supervisor.UnstoppedError
		require.ErrorAs(t, s.StopChild(t.Context(), "deaf"), &unstopped)
		require.Equal(t, "root/deaf", unstopped.Unstopped[0].Path)
		require.Empty(t, s.Status().Children)
		add(t, s, "polite", untilDone, temporary)
		add(t, s, "deaf", untilDone, temporary)
		close(release)
		synctest.Wait()
		stop(t, s)
	})
}

func TestChildThatWasAddedAtRunTimeIsGoneAfterThatServe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, _ := watched(t, supervisor.Config{})
		start(t, s)
		add(t, s, "visitor", untilDone, supervisor.Policy{})
		stop(t, s)
		require.Empty(t, s.Status().Children)
		require.Empty(t, r.Report().Parts)
		add(t, s, "visitor", untilDone, supervisor.Policy{})
	})
}

func TestChildThatWasAbandonedAtAStopIsStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, _ := watched(t, supervisor.Config{})
		release := make(chan struct{})
		add(t, s, "a", deaf(release), supervisor.Policy{StopTimeout: time.Second})
		start(t, s)
		require.Error(t, s.Stop(t.Context()))
		require.Equal(t, 1, childOf(t, s, "a").Zombies)
		close(release)
		require.Equal(t, health.StateStopped, childOf(t, s, "a").State)
		require.Zero(t, childOf(t, s, "a").Zombies)
		part, _ := r.Report().Part("root/a")
		require.Equal(t, health.StateStopped, part.Lifecycle.State)
	})
}

func TestCauseOfServesContextIsToldToTheRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		causes := make(chan error, 2)
		tells := func(ctx context.Context) error {
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return ctx.Err()
		}
		s, _ := tree(t)
		add(t, s, "a", tells, supervisor.Policy{})
		sub := subtree(t, s, "sub", supervisor.Policy{})
		add(t, sub, "b", tells, supervisor.Policy{})
		serve := func(ctx context.Context) {
			require.NoError(t, s.Start(ctx))
			synctest.Wait()
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		serve(ctx)
		cancel(errBoom)
		synctest.Wait()
		for range 2 {
			cause := <-causes
			require.ErrorIs(t, cause, errBoom)
			require.ErrorIs(t, cause, supervisor.ErrStopping)
			require.EqualError(t, cause, "supervisor: stopping: boom")
		}
		serve(t.Context())
		require.NoError(t, s.Restart(t.Context(), "sub"))
		cause := <-causes
		require.ErrorIs(t, cause, supervisor.ErrRestarted)
		require.ErrorIs(t, cause, supervisor.ErrStopping)
		synctest.Wait()
		stop(t, s)
		for range 2 {
			require.Equal(t, supervisor.ErrStopping, <-causes)
		}
	})
}

func TestTemporaryChildMayEndTheTree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		add(t, s, "a", func(context.Context) error { return suture.ErrTerminateSupervisorTree }, temporary)
		var escalated *supervisor.EscalatedError
		require.ErrorAs(t, s.Serve(t.Context()), &escalated)
		require.Len(t, only[supervisor.Escalated](rec), 1)
		require.Empty(t, s.Status().Children)
	})
}

func TestPolicyIsReadAndSet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		sub := subtree(t, s, "sub", supervisor.Policy{})
		add(t, sub, "a", untilDone, supervisor.Policy{Verify: time.Second})
		add(t, sub, "b", untilDone, supervisor.Policy{Verify: time.Second})
		start(t, s)
		time.Sleep(time.Hour)
		p, err := s.Policy("sub/a")
		require.NoError(t, err)
		require.Equal(t, supervisor.Policy{Verify: time.Second}.WithDefaults(serve(untilDone)), p)

		p.Stall = 10 * time.Second
		require.NoError(t, s.SetPolicy(t.Context(), "sub/a", p))
		time.Sleep(9 * time.Second)
		require.Empty(t, only[supervisor.Stalled](rec), "it was not watched before")
		time.Sleep(4 * time.Second)
		require.Len(t, only[supervisor.Stalled](rec), 1)
		time.Sleep(time.Minute)
		require.NotEmpty(t, only[supervisor.Stalled](rec)[1].Stack)

		require.ErrorContains(t, s.SetPolicy(t.Context(), "sub/b", supervisor.Policy{Stable: -1}), "Policy.Stable")
		require.ErrorIs(t, s.SetPolicy(t.Context(), "sub/nobody", p), supervisor.ErrNotFound)
		_, err = s.Policy("nobody")
		require.ErrorIs(t, err, supervisor.ErrNotFound)
		require.NoError(t, s.Restart(t.Context(), "sub"))
		time.Sleep(time.Minute)
		require.NotEmpty(t, timesOf[supervisor.Stalled](rec, "root/sub/a")[2:], "it lasts through a restart of its supervisor")
		require.Empty(t, timesOf[supervisor.Stalled](rec, "root/sub/b"))
		stop(t, s)
	})
}
