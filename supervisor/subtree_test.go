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

// desk is a service that embeds a Supervisor.
type desk struct {
	*supervisor.Supervisor
}

// withEngine returns a supervisor whose engine gives up for good.
func withEngine(t *testing.T) *supervisor.Supervisor {
	t.Helper()
	s, err := supervisor.New(supervisor.Config{Name: "inner"})
	require.NoError(t, err)
	add(t, s, "engine", lasting(time.Second), givesUpAtOnce)
	return s
}

func TestTreeBelowARunBelongsToItsTree(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		service func(t *testing.T) supervisor.Service
		path    string
	}{
		"as a child": {func(t *testing.T) supervisor.Service { return withEngine(t) }, "root/desk/engine"},
		"embedded":   {func(t *testing.T) supervisor.Service { return desk{Supervisor: withEngine(t)} }, "root/desk/engine"},
		"embedded in a pointer": {func(t *testing.T) supervisor.Service { return &desk{Supervisor: withEngine(t)} },
			"root/desk/engine"},
		"made in a Serve": {func(t *testing.T) supervisor.Service {
			return serve(func(ctx context.Context) error { return withEngine(t).Serve(ctx) })
		}, "root/desk/inner/engine"},
		"started in a Serve": {func(t *testing.T) supervisor.Service {
			return serve(func(ctx context.Context) error {
				inner := withEngine(t)
				if err := inner.Start(ctx); err != nil {
					return err
				}
				<-ctx.Done()
				return inner.Stop(context.WithoutCancel(ctx))
			})
		}, "root/desk/inner/engine"},
		"made by a part of a Serve": {func(t *testing.T) supervisor.Service {
			return serve(func(ctx context.Context) error { return withEngine(t).Serve(health.Child(ctx, "BTC")) })
		}, "root/desk/BTC/inner/engine"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r, rec := watched(t, supervisor.Config{})
				add2(t, s, "desk", c.service(t), supervisor.Policy{})
				start(t, s)
				time.Sleep(10 * time.Second)
				require.Equal(t, seconds(1), timesOf[supervisor.GaveUp](rec, c.path))
				part, ok := r.Report().Part(c.path)
				require.True(t, ok)
				require.Equal(t, health.StateCrashed, part.Lifecycle.State)
				require.Equal(t, health.Unhealthy, r.Report().Verdict)
				stop(t, s)
				require.NotEqual(t, health.Healthy, r.Report().Verdict)
			})
		})
	}
}

func add2(t *testing.T, s *supervisor.Supervisor, name string, service supervisor.Service, p supervisor.Policy) {
	t.Helper()
	require.NoError(t, s.Add(name, service, p))
}

func TestGuestThatComesNoMoreIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, _ := watched(t, supervisor.Config{})
		runs := 0
		add(t, s, "desk", func(ctx context.Context) error {
			runs++
			if runs > 1 {
				return untilDone(ctx)
			}
			ctx, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			return withEngine(t).Serve(ctx)
		}, supervisor.Policy{})
		start(t, s)
		time.Sleep(30 * time.Second)
		require.Len(t, r.Report().Parts, 2, "what the run before had is kept for one more")
		require.NoError(t, s.Restart(t.Context(), "desk"))
		synctest.Wait()
		require.Len(t, r.Report().Parts, 1)
		require.Empty(t, childOf(t, s, "desk").Children)
		stop(t, s)
	})
}

// What still runs after a stop is named at every level, also when its tree was removed.
func TestStopNamesWhatStillRunsAtEveryLevel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		release := make(chan struct{})
		below := subtree(t, subtree(t, s, "sub", supervisor.Policy{}), "below", supervisor.Policy{})
		add(t, below, "deaf", deaf(release), supervisor.Policy{StopTimeout: time.Second})
		add(t, s, "host", func(ctx context.Context) error {
			inner, err := supervisor.New(supervisor.Config{Name: "inner"})
			if err != nil {
				return err
			}
			if err := inner.Add("deaf", deaf(release), supervisor.Policy{StopTimeout: time.Second}); err != nil {
				return err
			}
			return inner.Serve(ctx)
		}, supervisor.Policy{})
		start(t, s)
		names := func(err error, path ...string) {
			t.Helper()
			var unstopped *supervisor.UnstoppedError
			require.ErrorAs(t, err, &unstopped)
			var paths []string
			for _, u := range unstopped.Unstopped {
				paths = append(paths, u.Path)
			}
			require.ElementsMatch(t, path, paths)
		}
		sub, host := "root/sub/below/deaf", "root/host/inner/deaf"
		names(s.StopChild(t.Context(), "sub"), sub)
		names(s.StopChild(t.Context(), "sub"), sub)
		require.NoError(t, s.Remove(t.Context(), "sub"))
		names(s.StopChild(t.Context(), "host"), host)
		names(s.Stop(t.Context()), sub, host)
		names(s.Stop(t.Context()), sub, host)
		require.NoError(t, s.Remove(t.Context(), "host"))
		names(s.Stop(t.Context()), sub, host)
		close(release)
		synctest.Wait()
		require.NoError(t, s.Stop(t.Context()))
	})
}

func TestTreeIsKnownToHealthBeforeItIsServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, _ := watched(t, supervisor.Config{})
		sub, err := supervisor.New(supervisor.Config{Name: "anything"})
		require.NoError(t, err)
		add(t, sub, "before", untilDone, supervisor.Policy{})
		require.Empty(t, r.Report().Parts, "nobody can know where it is going to stand")
		add2(t, s, "sub", desk{Supervisor: sub}, supervisor.Policy{})
		add(t, sub, "after", untilDone, supervisor.Policy{})
		var paths []string
		for _, p := range r.Report().Parts {
			paths = append(paths, p.Path)
			require.Equal(t, health.StateNotStarted, p.Lifecycle.State)
			require.Equal(t, health.Degraded, p.Verdict)
		}
		require.Equal(t, []string{"root/sub", "root/sub/after", "root/sub/before"}, paths)
		require.NotEqual(t, health.Healthy, r.Report().Verdict)
		require.NoError(t, s.Remove(t.Context(), "sub/after"))
		require.Len(t, r.Report().Parts, 2)
		start(t, s)
		time.Sleep(5 * time.Second)
		require.Equal(t, health.Healthy, r.Report().Verdict)
		stop(t, s)
	})
}

func TestTreesOfOneNameOnOneRegistryAreRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first, r, _ := watched(t, supervisor.Config{})
		second, err := supervisor.New(supervisor.Config{Name: "root", Registry: r, Logger: quiet()})
		require.NoError(t, err)
		add(t, first, "a", failing, givesUpAtOnce)
		start(t, first)
		add(t, second, "a", untilDone, supervisor.Policy{})
		require.ErrorIs(t, second.Start(t.Context()), health.ErrClaimed)
		require.ErrorIs(t, second.Serve(t.Context()), health.ErrClaimed)
		time.Sleep(5 * time.Second)
		require.Equal(t, health.Unhealthy, r.Report().Verdict)
		stop(t, first)
		start(t, second)
		time.Sleep(5 * time.Second)
		part, _ := r.Report().Part("root/a")
		require.Equal(t, health.StateRunning, part.Lifecycle.State)
		stop(t, second)
	})
}

func TestSupervisorIsTheChildOfOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		sub := subtree(t, s, "sub", supervisor.Policy{})
		require.ErrorIs(t, s.Add("other", sub, supervisor.Policy{}), supervisor.ErrOwned)
		require.ErrorIs(t, s.Add("other", desk{Supervisor: sub}, supervisor.Policy{}), supervisor.ErrOwned)
		require.ErrorIs(t, s.Add("sub", desk{}, supervisor.Policy{}), supervisor.ErrDuplicate)
		require.NoError(t, s.Remove(t.Context(), "sub"))
		start(t, s)
		require.NoError(t, s.Add("other", sub, supervisor.Policy{}))
		stop(t, s)
		require.NoError(t, s.Add("third", sub, supervisor.Policy{}), "it was gone after that Serve")
	})
}
