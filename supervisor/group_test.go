package supervisor_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// grouped is a tree with a strategy.
func grouped(t *testing.T, strategy supervisor.Strategy) (*supervisor.Supervisor, *recorder) {
	t.Helper()
	rec := newRecorder()
	s, err := supervisor.New(supervisor.Config{Name: "root", Strategy: strategy, OnEvent: rec.Record, Logger: quiet()})
	require.NoError(t, err)
	return s, rec
}

// story tells in short what was started, stopped and failed, from the given time on.
func story(r *recorder, from time.Duration) string {
	var words []string
	for _, e := range r.all() {
		if e.Stamped().Time.Sub(r.start) < from {
			continue
		}
		name := strings.TrimPrefix(e.Stamped().Path, "root/")
		switch e.(type) {
		case supervisor.Started:
			words = append(words, "+"+name)
		case supervisor.Stopped:
			words = append(words, "-"+name)
		case supervisor.Failed:
			words = append(words, "!"+name)
		default:
		}
	}
	return strings.Join(words, " ")
}

// failsOnce fails after d in its first run, and works in the others.
func failsOnce(d time.Duration) serve {
	first := true
	return func(ctx context.Context) error {
		if first {
			first = false
			return lasting(d)(ctx)
		}
		return untilDone(ctx)
	}
}

func TestFailureTakesItsGroupAlong(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		strategy supervisor.Strategy
		want     string
	}{
		"one for one leaves the siblings alone":                     {supervisor.OneForOne, "!b +b"},
		"one for all stops all in reverse and starts them in order": {supervisor.OneForAll, "!b -d -c -a +a +b +c +d"},
		"rest for one does so with those that were added later":     {supervisor.RestForOne, "!b -d -c +b +c +d"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, rec := grouped(t, c.strategy)
				add(t, s, "a", untilDone, supervisor.Policy{})
				add(t, s, "b", failsOnce(10*time.Second), supervisor.Policy{})
				add(t, s, "c", untilDone, supervisor.Policy{})
				add(t, s, "d", untilDone, supervisor.Policy{})
				start(t, s)
				time.Sleep(12 * time.Second)
				if c.strategy == supervisor.OneForAll {
					require.Equal(t, health.StateBackoff, childOf(t, s, "a").State, "it waits with the one that failed")
					require.Equal(t, rec.start.Add(15*time.Second), childOf(t, s, "a").NextRestart)
				}
				time.Sleep(10 * time.Second)
				require.Equal(t, c.want, story(rec, time.Second))
				require.Equal(t, seconds(0, 15), timesOf[supervisor.Started](rec, "root/b"), "after the delay of the one that failed")
				for _, child := range s.Status().Children {
					require.Equal(t, health.StateRunning, child.State, child.Name)
					require.True(t, child.NextRestart.IsZero())
				}
				stop(t, s)
			})
		})
	}
}

func TestStartThatFailsStopsTheFirstAndTriesAllAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := grouped(t, supervisor.OneForAll)
		runs := 0
		add(t, s, "a", untilDone, supervisor.Policy{})
		add(t, s, "b", func(ctx context.Context) error {
			runs++
			switch runs {
			case 1:
				return lasting(10 * time.Second)(ctx)
			case 2, 3:
				return errBoom
			}
			return untilDone(ctx)
		}, supervisor.Policy{Ready: time.Millisecond}) // the third is not started before that
		add(t, s, "c", untilDone, supervisor.Policy{})
		start(t, s)
		time.Sleep(time.Minute)
		require.Equal(t, "!b -c -a +a +b !b -a +a +b !b -a +a +b +c", story(rec, time.Second))
		require.Equal(t, seconds(0, 15, 20, 25), timesOf[supervisor.Started](rec, "root/b"))
		stop(t, s)
	})
}

func TestGroupRestartCountsOnce(t *testing.T) {
	t.Parallel()
	for name, strategy := range map[string]supervisor.Strategy{
		"one for all": supervisor.OneForAll, "rest for one": supervisor.RestForOne,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, rec := grouped(t, strategy)
				p := supervisor.Policy{MaxRestarts: 2, Backoff: supervisor.Backoff{Initial: time.Second}}
				add(t, s, "a", lasting(10*time.Second), p)
				add(t, s, "b", lasting(10*time.Second), p) // at the same moment
				add(t, s, "c", untilDone, p)
				start(t, s)
				time.Sleep(32 * time.Second)
				require.Len(t, timesOf[supervisor.Started](rec, "root/c"), 3, "one start and two restarts")
				parked := only[supervisor.Parked](rec)
				require.Len(t, parked, 1)
				require.Equal(t, rec.start.Add(32*time.Second), parked[0].Time)
				for _, c := range s.Status().Children {
					require.Contains(t, []health.State{health.StateCrashed, health.StateBackoff}, c.State)
				}
				time.Sleep(5 * time.Minute)
				require.Len(t, timesOf[supervisor.Started](rec, "root/c"), 4, "a new round for all of them")
				stop(t, s)
			})
		})
	}
}

func TestGroupThatWasStableHasItsBudgetBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := grouped(t, supervisor.OneForAll)
		p := supervisor.Policy{MaxRestarts: 1, Exhausted: supervisor.GiveUp}
		add(t, s, "a", lasting(time.Minute), p)
		add(t, s, "b", untilDone, p)
		start(t, s)
		time.Sleep(time.Hour)
		require.Empty(t, only[supervisor.GaveUp](rec))
		require.Greater(t, len(timesOf[supervisor.Started](rec, "root/b")), 50)
		stop(t, s)
	})
}

func TestGroupThatGaveUpWaitsForSomebody(t *testing.T) {
	t.Parallel()
	for _, ask := range []string{"a", "b"} {
		t.Run("asked for "+ask, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, rec := grouped(t, supervisor.OneForAll)
				add(t, s, "a", failsOnce(time.Second), supervisor.Policy{MaxRestarts: supervisor.NoRestarts, Exhausted: supervisor.GiveUp})
				add(t, s, "b", untilDone, supervisor.Policy{})
				start(t, s)
				time.Sleep(time.Hour)
				require.Equal(t, health.StateCrashed, childOf(t, s, "a").State)
				require.Equal(t, health.StateStopped, childOf(t, s, "b").State, "it needs the other one")
				require.NoError(t, s.Restart(t.Context(), ask))
				synctest.Wait()
				require.Equal(t, "+a +b", story(rec, time.Hour))
				time.Sleep(10 * time.Second)
				require.Equal(t, health.StateRunning, childOf(t, s, "a").State)
				stop(t, s)
			})
		})
	}
}

func TestGroupLeavesOutWhoIsNotRestarted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := grouped(t, supervisor.OneForAll)
		add(t, s, "fails", failsOnce(10*time.Second), supervisor.Policy{Backoff: supervisor.Backoff{Initial: supervisor.NoDelay}})
		add(t, s, "temporary", untilDone, supervisor.Policy{Restart: supervisor.Temporary})
		add(t, s, "brief", lasting(5*time.Second), supervisor.Policy{Restart: supervisor.Temporary})
		add(t, s, "stopped", untilDone, supervisor.Policy{})
		add(t, s, "paused", untilDone, supervisor.Policy{})
		add(t, s, "done", func(context.Context) error { return nil }, supervisor.Policy{Restart: supervisor.Transient})
		start(t, s)
		require.NoError(t, s.StopChild(t.Context(), "stopped"))
		require.NoError(t, s.Pause(t.Context(), "paused"))
		time.Sleep(20 * time.Second)
		require.Equal(t, seconds(0), timesOf[supervisor.Started](rec, "root/temporary"))
		_, listed := s.Status().Child("temporary")
		require.False(t, listed)
		require.NoError(t, s.Add("temporary", serve(untilDone), supervisor.Policy{}), "its name is free")
		require.Equal(t, seconds(0), timesOf[supervisor.Started](rec, "root/stopped"))
		require.Equal(t, health.StateStopped, childOf(t, s, "stopped").State)
		require.Equal(t, seconds(0), timesOf[supervisor.Started](rec, "root/paused"))
		require.Equal(t, health.StatePaused, childOf(t, s, "paused").State)
		require.Equal(t, seconds(0, 10), timesOf[supervisor.Started](rec, "root/fails"), "the end of a temporary one is nobody else's")
		require.Equal(t, seconds(0, 10), timesOf[supervisor.Started](rec, "root/done"), "what was done is done again")
		stop(t, s)
	})
}

func TestEarlierFailureJoinsARestartThatIsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := grouped(t, supervisor.RestForOne)
		add(t, s, "a", failsOnce(12*time.Second), supervisor.Policy{})
		add(t, s, "b", untilDone, supervisor.Policy{})
		add(t, s, "c", failsOnce(10*time.Second), supervisor.Policy{MaxRestarts: 1})
		add(t, s, "d", untilDone, supervisor.Policy{})
		start(t, s)
		time.Sleep(time.Minute)
		require.Equal(t, "!c -d !a -b +a +b +c +d", story(rec, time.Second))
		require.Equal(t, seconds(0, 15), timesOf[supervisor.Started](rec, "root/a"))
		require.Equal(t, 12*time.Second, timesOf[supervisor.Stopped](rec, "root/b")[0], "at once")
		stop(t, s)
	})
}

func TestGroupGoesOnWithoutAChildThatDoesNotStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := grouped(t, supervisor.OneForAll)
		release := make(chan struct{})
		add(t, s, "a", failsOnce(10*time.Second), supervisor.Policy{})
		add(t, s, "deaf", deaf(release), supervisor.Policy{StopTimeout: 2 * time.Second})
		add(t, s, "c", untilDone, supervisor.Policy{})
		start(t, s)
		time.Sleep(time.Minute)
		require.Equal(t, seconds(0, 15), timesOf[supervisor.Started](rec, "root/c"))
		require.Equal(t, seconds(12), timesOf[supervisor.Abandoned](rec, "root/deaf"))
		require.Equal(t, health.StateStalled, childOf(t, s, "deaf").State)
		close(release)
		synctest.Wait()
		require.Equal(t, seconds(0, 60), timesOf[supervisor.Started](rec, "root/deaf"), "it follows when its zombie has ended")
		time.Sleep(time.Second)
		_ = s.Stop(t.Context())
	})
}

func TestChildThatIsAddedWhileItsGroupIsDownWaitsForIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := grouped(t, supervisor.OneForAll)
		add(t, s, "a", failsOnce(10*time.Second), supervisor.Policy{})
		start(t, s)
		time.Sleep(12 * time.Second)
		add(t, s, "late", untilDone, supervisor.Policy{})
		time.Sleep(10 * time.Second)
		require.Equal(t, seconds(15), timesOf[supervisor.Started](rec, "root/late"))
		stop(t, s)
	})
}

func TestGroupThatIsDownAnswersAndStops(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		slow bool // a sibling takes its time to stop
		at   time.Duration
	}{
		"while it waits": {false, 12 * time.Second},
		"while it stops": {true, 12 * time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, _ := grouped(t, supervisor.OneForAll)
				add(t, s, "a", lasting(10*time.Second), supervisor.Policy{})
				add(t, s, "b", func(ctx context.Context) error {
					<-ctx.Done()
					if c.slow {
						time.Sleep(4 * time.Second)
					}
					return nil
				}, supervisor.Policy{})
				add(t, s, "c", untilDone, supervisor.Policy{})
				start(t, s)
				time.Sleep(c.at)
				require.NotEqual(t, health.StateRunning, childOf(t, s, "a").State)
				require.NoError(t, s.Add("d", serve(untilDone), supervisor.Policy{}))
				require.NoError(t, s.StopChild(t.Context(), "c"))
				require.NoError(t, s.Remove(t.Context(), "c"))
				require.NoError(t, s.Pause(t.Context(), "b"))
				require.NoError(t, s.Resume(t.Context(), "b"))
				began := time.Now()
				stop(t, s)
				require.LessOrEqual(t, time.Since(began), 4*time.Second)
			})
		})
	}
}

func TestEscalationInAGroupStopsTheTree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := grouped(t, supervisor.OneForAll)
		add(t, s, "a", lasting(time.Second), supervisor.Policy{MaxRestarts: 1, Exhausted: supervisor.Escalate})
		add(t, s, "b", untilDone, supervisor.Policy{})
		var escalated *supervisor.EscalatedError
		require.ErrorAs(t, s.Serve(t.Context()), &escalated)
		require.Equal(t, "!a -b +a +b !a -b", story(rec, time.Second))
	})
}
