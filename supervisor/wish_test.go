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

// What a person wants of a child outlives everything but the person's next word.
func TestWishOfAPersonLasts(t *testing.T) {
	t.Parallel()
	wishes := map[string]struct {
		ask  func(s *supervisor.Supervisor, path string) error
		end  func(s *supervisor.Supervisor, path string) error
		wish supervisor.Wish
	}{
		"stop": {
			func(s *supervisor.Supervisor, path string) error { return s.StopChild(context.Background(), path) },
			func(s *supervisor.Supervisor, path string) error { return s.StartChild(context.Background(), path) },
			supervisor.WishStop,
		},
		"pause": {
			func(s *supervisor.Supervisor, path string) error { return s.Pause(context.Background(), path) },
			func(s *supervisor.Supervisor, path string) error { return s.Resume(context.Background(), path) },
			supervisor.WishPause,
		},
	}
	nights := map[string]struct {
		before, after func(t *testing.T, s *supervisor.Supervisor)
	}{
		"through a restart of its supervisor": {nil, func(t *testing.T, s *supervisor.Supervisor) {
			require.NoError(t, s.Restart(t.Context(), "desk"))
		}},
		"through a failure of its supervisor": {nil, func(t *testing.T, s *supervisor.Supervisor) {
			require.NoError(t, s.StartChild(t.Context(), "desk/fuse"))
		}},
		"in its supervisor's backoff": {func(t *testing.T, s *supervisor.Supervisor) {
			require.NoError(t, s.StartChild(t.Context(), "desk/fuse"))
			time.Sleep(time.Second)
			require.Equal(t, health.StateBackoff, childOf(t, s, "desk").State)
		}, nil},
		"while its supervisor is stopped": {func(t *testing.T, s *supervisor.Supervisor) {
			require.NoError(t, s.StopChild(t.Context(), "desk"))
		}, func(t *testing.T, s *supervisor.Supervisor) {
			require.NoError(t, s.StartChild(t.Context(), "desk"))
		}},
		"through a restart of the tree": {nil, func(t *testing.T, s *supervisor.Supervisor) {
			stop(t, s)
			start(t, s)
		}},
		"before the tree is served": {func(t *testing.T, s *supervisor.Supervisor) { stop(t, s) }, func(t *testing.T, s *supervisor.Supervisor) {
			start(t, s)
		}},
	}
	for what, w := range wishes {
		for name, night := range nights {
			t.Run(what+" "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s, rec := tree(t)
					desk := subtree(t, s, "desk", supervisor.Policy{})
					add(t, desk, "engine", untilDone, supervisor.Policy{})
					add(t, desk, "fuse", failsOnce(time.Millisecond), supervisor.Policy{MaxRestarts: supervisor.NoRestarts, Exhausted: supervisor.Escalate})
					require.NoError(t, s.StopChild(t.Context(), "desk/fuse"), "it is lit later")
					start(t, s)
					if night.before != nil {
						night.before(t, s)
					}
					require.NoError(t, w.ask(s, "desk/engine"))
					synctest.Wait()
					ran := timesOf[supervisor.Started](rec, "root/desk/engine")
					if night.after != nil {
						night.after(t, s)
					}
					time.Sleep(time.Minute)
					require.Equal(t, health.StateRunning, childOf(t, s, "desk").State)
					engine, err := s.StatusOf("desk/engine")
					require.NoError(t, err)
					require.Contains(t, []health.State{health.StateStopped, health.StatePaused}, engine.State)
					require.Equal(t, w.wish, engine.Wish)
					require.Equal(t, ran, timesOf[supervisor.Started](rec, "root/desk/engine"), "nor has it run in between")
					require.NoError(t, w.end(s, "desk/engine"))
					time.Sleep(time.Minute)
					engine, err = s.StatusOf("desk/engine")
					require.NoError(t, err)
					require.Equal(t, health.StateRunning, engine.State)
					require.Equal(t, supervisor.WishRun, engine.Wish)
					stop(t, s)
				})
			})
		}
	}
}

func TestPauseOfACrashedChildKeepsItDownThroughARestartOfItsSupervisor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		desk := subtree(t, s, "desk", supervisor.Policy{})
		add(t, desk, "a", failsOnce(time.Second), givesUpAtOnce)
		start(t, s)
		time.Sleep(2 * time.Second)
		require.NoError(t, s.Pause(t.Context(), "desk/a"))
		require.Equal(t, health.StateCrashed, childOf(t, desk, "a").State)
		require.NoError(t, s.Restart(t.Context(), "desk"))
		require.Equal(t, health.StatePaused, childOf(t, desk, "a").State)
		require.NoError(t, s.Resume(t.Context(), "root/desk/a"), "a path as in events")
		time.Sleep(5 * time.Second)
		require.Equal(t, health.StateRunning, childOf(t, desk, "a").State)
		stop(t, s)
	})
}

func TestWishIsToldInEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		add(t, s, "a", untilDone, supervisor.Policy{})
		start(t, s)
		require.NoError(t, s.StopChild(t.Context(), "a"))
		require.NoError(t, s.StopChild(t.Context(), "a"))
		require.NoError(t, s.StartChild(t.Context(), "a"))
		require.NoError(t, s.Pause(t.Context(), "a"))
		require.NoError(t, s.Restart(t.Context(), "a"))
		require.Len(t, only[supervisor.Halted](rec), 1)
		require.Len(t, only[supervisor.Paused](rec), 1)
		require.Len(t, only[supervisor.Resumed](rec), 2)
		stop(t, s)
	})
}

func TestCallWithAContextThatHasEndedStartsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		add(t, s, "a", untilDone, supervisor.Policy{})
		pauser := &sluggish{slow: time.Second}
		require.NoError(t, s.Add("b", pauser, supervisor.Policy{}))
		start(t, s)
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errBoom)
		require.ErrorIs(t, s.StopChild(ctx, "a"), errBoom)
		require.ErrorIs(t, s.Pause(ctx, "b"), errBoom)
		for _, call := range []func(context.Context, string) error{s.StartChild, s.Restart, s.Resume, s.Remove} {
			require.ErrorIs(t, call(ctx, "a"), errBoom)
			require.ErrorIs(t, call(ctx, "b"), errBoom)
		}
		time.Sleep(2 * time.Second)
		require.Equal(t, supervisor.WishStop, childOf(t, s, "a").Wish)
		require.Equal(t, health.StateStopped, childOf(t, s, "a").State)
		require.True(t, pauser.idle)
		stop(t, s)
	})
}

// sluggish is a Pauser whose Pause takes its time.
type sluggish struct {
	slow    time.Duration
	broken  bool
	release chan struct{}
	idle    bool // what it does in the end; read when all is quiet
}

func (p *sluggish) Pause() {
	if p.broken {
		panic("ouch")
	}
	if p.release != nil {
		<-p.release
	}
	time.Sleep(p.slow)
	p.idle = true
}

func (p *sluggish) Resume()                         { p.idle = false }
func (p *sluggish) Serve(ctx context.Context) error { return untilDone(ctx) }

func TestPauserDoesWhatWasWantedLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		pauser := &sluggish{slow: time.Minute}
		require.NoError(t, s.Add("a", pauser, supervisor.Policy{}))
		start(t, s)
		paused := make(chan error)
		go func() { paused <- s.Pause(context.Background(), "a") }()
		time.Sleep(time.Second)
		require.Equal(t, health.StateStarting, childOf(t, s, "a").State, "it works until Pause has returned")
		require.NoError(t, s.Resume(t.Context(), "a"))
		require.NoError(t, <-paused, "the latest wish is what is done")
		require.False(t, pauser.idle)
		require.Equal(t, health.StateRunning, childOf(t, s, "a").State)
		stop(t, s)
	})
}

func TestPauserThatHangsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		pauser := &sluggish{release: make(chan struct{})}
		require.NoError(t, s.Add("a", pauser, supervisor.Policy{Stall: 10 * time.Second}))
		start(t, s)
		for _, call := range []func(context.Context, string) error{s.Pause, s.Resume} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			require.ErrorIs(t, call(ctx, "a"), context.DeadlineExceeded)
		}
		time.Sleep(15 * time.Second)
		require.Len(t, only[supervisor.Stalled](rec), 1, "it is judged as one that works")
		require.NoError(t, s.StopChild(t.Context(), "a"))
		close(pauser.release)
		synctest.Wait()
		require.False(t, pauser.idle, "in the end it has been told to go on")
		stop(t, s)
	})
}

func TestPauserThatPanicsIsAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		require.NoError(t, s.Add("a", &sluggish{broken: true}, supervisor.Policy{}))
		start(t, s)
		require.EqualError(t, s.Pause(t.Context(), "a"), `supervisor: tell "root/a": panic: ouch`)
		require.Equal(t, health.StateStarting, childOf(t, s, "a").State)
		stop(t, s)
	})
}

// A person's word does not wait for the turn in which a tree that stops comes to each child.
func TestStopAndPauseOfATreeThatStopsAreDoneAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		add(t, s, "halted", untilDone, supervisor.Policy{})
		add(t, s, "paused", untilDone, supervisor.Policy{})
		add(t, s, "slow", func(context.Context) error { time.Sleep(5 * time.Second); return nil }, supervisor.Policy{})
		start(t, s)
		go func() { _ = s.Stop(context.Background()) }()
		synctest.Wait()
		require.NoError(t, s.StopChild(t.Context(), "halted"))
		require.NoError(t, s.Pause(t.Context(), "paused"))
		require.Equal(t, seconds(0), timesOf[supervisor.Stopped](rec, "root/halted"))
		require.Equal(t, seconds(0), timesOf[supervisor.Stopped](rec, "root/paused"))
		stop(t, s)
		require.Equal(t, supervisor.WishStop, childOf(t, s, "halted").Wish)
		require.Equal(t, supervisor.WishPause, childOf(t, s, "paused").Wish)
	})
}
