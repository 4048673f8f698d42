package supervisor_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

func TestEmptySupervisorStartsAndStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		stop(t, s) // before any start
		start(t, s)
		require.NoError(t, s.Start(t.Context()), "a second start does nothing")
		require.ErrorIs(t, s.Serve(t.Context()), supervisor.ErrRunning)
		stop(t, s)
		stop(t, s)
		start(t, s)
		require.Equal(t, health.StateRunning, s.Status().State)
		stop(t, s)
		require.Equal(t, health.StateStopped, s.Status().State)
	})
}

func TestContextThatHasEndedStartsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		add(t, s, "a", untilDone, supervisor.Policy{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.NoError(t, s.Serve(ctx))
		require.Zero(t, childOf(t, s, "a").Starts)
	})
}

func TestChildrenStartInOrderAndStopInReverse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		for _, name := range []string{"a", "b", "c"} {
			add(t, s, name, func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(time.Second) // tidying up
				return nil
			}, supervisor.Policy{})
		}
		start(t, s)
		stop(t, s)
		var order []string
		for _, e := range rec.all() {
			switch e.(type) {
			case supervisor.Started:
				order = append(order, "start "+e.Stamped().Path)
			case supervisor.Stopped:
				order = append(order, "stop "+e.Stamped().Path)
			default:
			}
		}
		require.Equal(t, []string{"start root/a", "start root/b", "start root/c", "stop root/c", "stop root/b", "stop root/a"}, order)
		require.Equal(t, seconds(1), timesOf[supervisor.Stopped](rec, "root/c"))
		require.Equal(t, seconds(3), timesOf[supervisor.Stopped](rec, "root/a"))
	})
}

func TestNextSiblingWaitsUntilAChildIsReady(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		first serve
		at    time.Duration
	}{
		"ready after two seconds": {func(ctx context.Context) error {
			time.Sleep(2 * time.Second)
			health.Ready(ctx)
			return untilDone(ctx)
		}, 2 * time.Second},
		"never ready":                {untilDone, 7 * time.Second},
		"ended instead":              {failing, 0},
		"ready before it was waited": {func(ctx context.Context) error { health.Ready(ctx); return untilDone(ctx) }, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, rec := tree(t)
				add(t, s, "first", c.first, supervisor.Policy{Ready: 7 * time.Second})
				add(t, s, "second", untilDone, supervisor.Policy{})
				start(t, s)
				time.Sleep(10 * time.Second)
				require.Equal(t, []time.Duration{c.at}, timesOf[supervisor.Started](rec, "root/second"))
				stop(t, s)
			})
		})
	}
}

// A child that waits for those before it is not up, whoever has started the tree.
func TestChildThatIsNotStartedYetIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, _ := watched(t, supervisor.Config{})
		add(t, s, "first", untilDone, supervisor.Policy{Ready: time.Hour})
		add(t, s, "second", untilDone, supervisor.Policy{})
		start(t, s)
		synctest.Wait()
		require.Equal(t, []string{"root/first: not ready", "root/second: not_started"}, r.Report().Down())
		require.NoError(t, s.StopChild(t.Context(), "second"))
		require.Equal(t, []string{"root/first: not ready"}, r.Report().Down(), "a person wants it so")
		stop(t, s)
	})
}

func TestStopDuringTheStartEndsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		add(t, s, "first", untilDone, supervisor.Policy{Ready: time.Hour})
		add(t, s, "second", untilDone, supervisor.Policy{})
		start(t, s)
		began := time.Now()
		stop(t, s)
		require.Zero(t, time.Since(began))
		require.Equal(t, health.StateNotStarted, childOf(t, s, "second").State)
	})
}

func TestLateChildIsAbandonedWhileItsSiblingsStopGracefully(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		release := make(chan struct{})
		add(t, s, "graceful", untilDone, supervisor.Policy{})
		add(t, s, "late", deaf(release), supervisor.Policy{StopTimeout: 2 * time.Second})
		add(t, s, "graceful too", untilDone, supervisor.Policy{})
		start(t, s)
		began := time.Now()
		err := s.Stop(t.Context())
		require.Equal(t, 2*time.Second, time.Since(began))
		var unstopped *supervisor.UnstoppedError
		require.ErrorAs(t, err, &unstopped)
		require.Len(t, unstopped.Unstopped, 1)
		require.Equal(t, "root/late", unstopped.Unstopped[0].Path)
		require.Len(t, timesOf[supervisor.Stopped](rec, "root/graceful"), 1)
		require.Len(t, timesOf[supervisor.Stopped](rec, "root/graceful too"), 1)
		require.Len(t, timesOf[supervisor.StopTimedOut](rec, "root/late"), 1)

		// The zombie is still there when the tree starts again, and no second run begins beside it.
		start(t, s)
		time.Sleep(time.Minute)
		require.Equal(t, health.StateStalled, childOf(t, s, "late").State)
		require.Equal(t, 1, childOf(t, s, "graceful").Starts)
		close(release)
		synctest.Wait()
		require.Equal(t, 1, childOf(t, s, "late").Starts, "now it runs")
		time.Sleep(time.Second)
		stop(t, s)
	})
}

func TestRootsOwnDeadlineEndsALongStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s, err := supervisor.New(supervisor.Config{Name: "root", Logger: quiet(), StopTimeout: 5 * time.Second})
		require.NoError(t, err)
		for _, name := range []string{"a", "b", "c"} {
			add(t, s, name, deaf(release), supervisor.Policy{StopTimeout: supervisor.Forever})
		}
		start(t, s)
		began := time.Now()
		var unstopped *supervisor.UnstoppedError
		require.ErrorAs(t, s.Stop(t.Context()), &unstopped)
		require.Len(t, unstopped.Unstopped, 3)
		require.Equal(t, 6*time.Second, time.Since(began), "and a last call of one second for those that were not yet asked")
		close(release)
	})
}

func TestEndsDuringTheStopDoNotDisturbIt(t *testing.T) {
	t.Parallel()
	ends := map[string]serve{
		"nil":          func(ctx context.Context) error { <-ctx.Done(); return nil },
		"error":        func(ctx context.Context) error { <-ctx.Done(); return errBoom },
		"panic":        func(ctx context.Context) error { <-ctx.Done(); panic("ouch") },
		"cancellation": untilDone,
		"goexit":       func(ctx context.Context) error { <-ctx.Done(); runtime.Goexit(); return nil },
	}
	reasons := map[string]string{"error": "boom", "panic": "panic: ouch", "goexit": "the service called runtime.Goexit"}
	for name, end := range ends {
		for _, kind := range []supervisor.Restart{supervisor.Permanent, supervisor.Transient, supervisor.Temporary} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s, rec := tree(t)
					add(t, s, "a", end, supervisor.Policy{Restart: kind})
					start(t, s)
					stop(t, s)
					require.Len(t, only[supervisor.Started](rec), 1)
					require.Empty(t, only[supervisor.Failed](rec))
					require.Equal(t, reasons[name], childOf(t, s, "a").LastError, "the real reason is kept")
				})
			})
		}
	}
}

func TestChildThatEndsByItselfWhileItsSiblingStopsIsNotRestarted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		add(t, s, "ends", lasting(3*time.Second), supervisor.Policy{Backoff: supervisor.Backoff{Initial: supervisor.NoDelay}})
		add(t, s, "slow", func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(8 * time.Second)
			return nil
		}, supervisor.Policy{})
		start(t, s)
		stop(t, s)
		require.Len(t, timesOf[supervisor.Started](rec, "root/ends"), 1)
	})
}

func TestCallsFromWithinAChildDoNotDeadlock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		runs := 0
		add(t, s, "a", func(ctx context.Context) error {
			runs++
			switch runs {
			case 1:
				_ = s.Status()
				if err := s.Add("b", serve(untilDone), supervisor.Policy{}); err != nil {
					return err
				}
				if err := s.Restart(t.Context(), "a"); err != nil {
					return err
				}
				return untilDone(ctx)
			default:
				time.Sleep(time.Second)
				return s.Stop(ctx)
			}
		}, supervisor.Policy{})
		require.NoError(t, s.Serve(t.Context()))
		require.Equal(t, seconds(0, 0), timesOf[supervisor.Started](rec, "root/a"))
		require.Equal(t, seconds(1), timesOf[supervisor.Stopped](rec, "root/b"))
	})
}

func TestStopThatIsNotWaitedForSaysWhy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		release := make(chan struct{})
		add(t, s, "a", deaf(release), supervisor.Policy{})
		start(t, s)
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("no patience"))
		require.EqualError(t, s.Stop(ctx), `supervisor: waiting for "root" to stop: no patience`)
		close(release)
		stop(t, s)
	})
}
