package supervisor_test

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// What Erlang/OTP's own suite expects of a supervisor, and where it is tested here.
//
//	Start
//	  an empty supervisor starts and stops ............ TestEmptySupervisorStartsAndStops
//	  a failed start leaves nothing behind, its error
//	  has the path .................................... TestFailedStartLeavesNothingBehind, TestRootReturnsAnEscalation
//	  a bad Policy field, a duplicate name ............ TestBadPolicyIsRefusedWithItsField, TestBadNamesAndServicesAreRefused
//	  defaults can be read back ....................... TestDefaultsCanBeReadBack
//	Stop
//	  a late child is abandoned after its own timeout . TestLateChildIsAbandonedWhileItsSiblingsStopGracefully
//	  an infinite timeout is allowed .................. TestRootsOwnDeadlineEndsALongStop
//	  ends during the stop ............................ TestEndsDuringTheStopDoNotDisturbIt,
//	                                                    TestChildThatEndsByItselfWhileItsSiblingStopsIsNotRestarted
//	  a stop of a stopped one; calls to a dead one .... TestEmptySupervisorStartsAndStops, TestCallsToADeadSupervisorFail
//	Administration by name
//	  each mistake its own error ...................... TestAdministrationMistakesHaveTheirOwnErrors
//	  a stopped child stays listed .................... TestStoppedChildStaysListedAndDown
//	Kinds ............................................. TestKindsOfRestart, TestPermanentChildIsRestartedAfterEveryEnd
//	Budget
//	  slow crashes never spend it, fast ones do ....... TestBudgetIsRefilledByAStableRun
//	  failing restarts count .......................... TestServiceThatAlwaysFailsStartsElevenTimesAndIsParked
//	  a group restart counts once ..................... TestGroupRestartCountsOnce
//	Strategies
//	  who is restarted with whom ...................... TestFailureTakesItsGroupAlong
//	  if the second fails to start .................... TestStartThatFailsStopsTheFirstAndTriesAllAgain
//	  a temporary bystander ........................... TestGroupLeavesOutWhoIsNotRestarted
//	  a restarted sub-supervisor has its static
//	  children and no others .......................... TestEscalationIsTheParentsToDecide
//	Restart loop ...................................... TestRestartLoopAnswers, TestGroupThatIsDownAnswersAndStops
//	Order and scale
//	  start in order, stop in reverse ................. TestChildrenStartInOrderAndStopInReverse, TestRandomTreeKeepsItsWord
//	  the work per child does not grow ................ TestWorkPerChildDoesNotGrow
//	Beyond OTP
//	  nil, Goexit, panic(nil), a foreign Canceled,
//	  wrapped sentinels ............................... TestPermanentChildIsRestartedAfterEveryEnd
//	  a sentinel as it is ............................. TestKindsOfRestart, TestSentinelThatEndsTheTreeEscalates

func TestFailedStartLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := health.NewRegistry(health.Config{})
		s, err := supervisor.New(supervisor.Config{Name: "root", Logger: quiet(), Registry: registry})
		require.NoError(t, err)
		start(t, s)
		require.Error(t, s.Add("a", serve(failing), supervisor.Policy{Stable: -1}))
		require.ErrorIs(t, s.Restart(t.Context(), "a"), supervisor.ErrNotFound)
		add(t, s, "b", failing, supervisor.Policy{Restart: supervisor.Temporary})
		synctest.Wait()
		require.Empty(t, s.Status().Children)
		require.Empty(t, registry.Report().Parts)
		stop(t, s)
	})
}

func TestRestartLoopAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		add(t, s, "loops", failing, supervisor.Policy{
			MaxRestarts: supervisor.Unlimited, Backoff: supervisor.Backoff{Initial: time.Second}})
		start(t, s)
		for range 100 {
			time.Sleep(900 * time.Millisecond)
			c := childOf(t, s, "loops")
			require.Equal(t, health.StateBackoff, c.State)
			require.Equal(t, c.Starts, c.FailedStarts)
			require.Equal(t, "boom", c.LastError)
			require.NoError(t, s.Add("other", serve(untilDone), supervisor.Policy{}))
			require.NoError(t, s.Restart(t.Context(), "loops"))
			require.NoError(t, s.StopChild(t.Context(), "other"))
			require.NoError(t, s.Remove(t.Context(), "other"))
		}
		require.NoError(t, s.StopChild(t.Context(), "loops"))
		require.NoError(t, s.Remove(t.Context(), "loops"))
		stop(t, s)
	})
}

// Without any delay a loop never rests, and its guard holds what the calls need again and again.
func TestRestartLoopWithoutADelayAnswers(t *testing.T) {
	t.Parallel()
	s, err := supervisor.New(supervisor.Config{Name: "root", Logger: quiet()})
	require.NoError(t, err)
	add(t, s, "loops", failing, supervisor.Policy{
		MaxRestarts: supervisor.Unlimited, Backoff: supervisor.Backoff{Initial: supervisor.NoDelay}})
	require.NoError(t, s.Start(context.Background()))
	for range 100 {
		c, err := s.StatusOf("loops")
		require.NoError(t, err)
		require.NotEqual(t, health.StateRunning, c.State)
		require.NoError(t, s.Restart(t.Context(), "loops"))
		require.NoError(t, s.StopChild(t.Context(), "loops"))
		require.NoError(t, s.StartChild(t.Context(), "loops"))
	}
	require.NoError(t, s.Stop(t.Context()))
}

// countingClock counts what is asked of it: how much work is done shows in it, and the timers in the watch.
type countingClock struct {
	clock.Clock
	reads, timers atomic.Int64
}

func (c *countingClock) Now() time.Time { c.reads.Add(1); return c.Clock.Now() }

func (c *countingClock) After(d time.Duration) <-chan time.Time {
	c.timers.Add(1)
	return c.Clock.After(d)
}

// Counting 100,000 takes four seconds, and many more with the race detector:
//
//	go test -run TestWorkPerChildDoesNotGrow ./supervisor -crowd 100000
var largeCrowd = flag.Int("crowd", 10_000, "the larger one of the crowds whose work is compared")

// The work of a start, a restart and a stop is counted in looks at the clock and in allocations, for crowds of very
// different sizes.
func TestWorkPerChildDoesNotGrow(t *testing.T) { //nolint:paralleltest // it counts allocations
	type work struct{ startReads, stopReads, restartReads, restartAllocs float64 }
	measure := func(n int) (w work) {
		clk := &countingClock{Clock: clock.New()}
		s, err := supervisor.New(supervisor.Config{Name: "root", Clock: clk, Logger: quiet()})
		require.NoError(t, err)
		var up sync.WaitGroup
		up.Add(n)
		for i := range n {
			require.NoError(t, s.Add(fmt.Sprint(i), serve(func(ctx context.Context) error { up.Done(); return untilDone(ctx) }), supervisor.Policy{}))
		}
		turn := make(chan struct{})
		runs := make(chan struct{})
		require.NoError(t, s.Add("fails", serve(func(ctx context.Context) error {
			runs <- struct{}{}
			select {
			case <-turn:
				return errBoom
			case <-ctx.Done():
				return nil
			}
		}), supervisor.Policy{MaxRestarts: supervisor.Unlimited, Backoff: supervisor.Backoff{Initial: supervisor.NoDelay}}))
		require.NoError(t, s.Start(context.Background()))
		up.Wait()
		<-runs
		w.startReads = float64(clk.reads.Swap(0)) / float64(n)
		w.restartAllocs = testing.AllocsPerRun(200, func() { turn <- struct{}{}; <-runs })
		w.restartReads = float64(clk.reads.Swap(0)) / 201
		require.NoError(t, s.Stop(context.Background()))
		w.stopReads = float64(clk.reads.Load()) / float64(n)
		require.Less(t, clk.timers.Load(), int64(n), "timers are not the children's")
		return w
	}
	few := measure(100)
	many := measure(*largeCrowd)
	require.Less(t, many.startReads, 1.5*few.startReads)
	require.Less(t, many.stopReads, 1.5*few.stopReads+2) // a timer for a child that is not gone at once
	require.Less(t, many.restartReads, 1.5*few.restartReads+1)
	require.LessOrEqual(t, many.restartAllocs, few.restartAllocs+1)
}

func TestTimerIsOneForAllThatIsWatched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clk := &countingClock{Clock: clock.New()}
		s, err := supervisor.New(supervisor.Config{Name: "root", Clock: clk, Logger: quiet()})
		require.NoError(t, err)
		for i := range 100 {
			add(t, s, fmt.Sprint(i), func(ctx context.Context) error {
				beatUntil(ctx, 100*time.Second)
				return untilDone(ctx)
			}, supervisor.Policy{Stall: 4 * time.Second, Verify: supervisor.Off})
		}
		start(t, s)
		time.Sleep(50 * time.Second)
		require.LessOrEqual(t, clk.timers.Load(), int64(52), "one a second")
		stop(t, s)
	})
}

func TestStallsOfManyAreSeenAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		for i := range 300 {
			add(t, s, fmt.Sprint(i), untilDone, supervisor.Policy{Stall: 4 * time.Second})
		}
		start(t, s)
		time.Sleep(4 * time.Second)
		stalled := only[supervisor.Stalled](rec)
		require.Len(t, stalled, 300)
		for _, e := range stalled {
			require.Contains(t, e.Stack, "untilDone")
			require.Contains(t, e.Stack, e.Path+" ", "each its own")
		}
		stop(t, s)
	})
}
