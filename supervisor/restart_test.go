package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/thejerf/suture/v4"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// The first seed's table: up to ten restarts with five seconds between them, then crashed, and said so.
func TestServiceThatAlwaysFailsStartsElevenTimesAndIsParked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		add(t, s, "signals", failing, supervisor.Policy{})
		start(t, s)
		defer stop(t, s)
		time.Sleep(50 * time.Second)

		require.Equal(t, seconds(0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50), timesOf[supervisor.Started](rec, "root/signals"))
		require.Equal(t, seconds(50), timesOf[supervisor.Parked](rec, "root/signals"))
		c := childOf(t, s, "signals")
		require.Equal(t, health.StateCrashed, c.State)
		require.Equal(t, 11, c.Starts)
		require.Equal(t, 11, c.FailedStarts)
		require.Equal(t, "boom", c.LastError)
		require.Equal(t, rec.start.Add(50*time.Second+5*time.Minute), c.NextRestart)

		restarting := only[supervisor.Restarting](rec)
		require.Equal(t, supervisor.Attempt{N: 1, Max: 10}, restarting[0].Attempt)
		require.Equal(t, supervisor.Attempt{N: 10, Max: 10}, restarting[9].Attempt)

		time.Sleep(5*time.Minute + 5*time.Second)
		require.Len(t, timesOf[supervisor.Started](rec, "root/signals"), 13, "the park is over, and a new round has begun")
	})
}

func TestStartHasSucceededOnceItHasLasted(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		lasts    time.Duration
		failed   int
		verified int
	}{
		"ended a millisecond too early": {2999 * time.Millisecond, 1, 0},
		"lasted long enough":            {3001 * time.Millisecond, 0, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, rec := tree(t)
				add(t, s, "a", lasting(c.lasts), supervisor.Policy{})
				start(t, s)
				defer stop(t, s)
				require.Equal(t, health.StateStarting, childOf(t, s, "a").State)
				time.Sleep(4 * time.Second)
				require.Equal(t, c.failed, childOf(t, s, "a").FailedStarts)
				require.Len(t, timesOf[supervisor.Verified](rec, "root/a"), c.verified)
				require.Equal(t, c.failed == 1, only[supervisor.Failed](rec)[0].FailedStart)
			})
		})
	}
}

func TestPermanentChildIsRestartedAfterEveryEnd(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		end  func(ctx context.Context) error
		kind supervisor.Ending
		text string
	}{
		"a nil return":                {func(context.Context) error { return nil }, supervisor.EndReturned, "Serve returned without an error"},
		"an error":                    {failing, supervisor.EndError, "boom"},
		"a panic":                     {func(context.Context) error { panic("ouch") }, supervisor.EndPanic, "panic: ouch"},
		"a panic with nil":            {func(context.Context) error { panic(nil) }, supervisor.EndPanic, "panic: panic called with nil argument"},
		"Goexit":                      {func(context.Context) error { runtime.Goexit(); return nil }, supervisor.EndGoexit, "the service called runtime.Goexit"},
		"somebody else's Canceled":    {func(context.Context) error { return context.Canceled }, supervisor.EndError, "context canceled"},
		"a wrapped sentinel":          {func(context.Context) error { return fmt.Errorf("so: %w", suture.ErrDoNotRestart) }, supervisor.EndError, "so: service should not be restarted"},
		"another wrapped sentinel":    {func(context.Context) error { return fmt.Errorf("so: %w", suture.ErrTerminateSupervisorTree) }, supervisor.EndError, "so: tree should be terminated"},
		"a joined list with a nil-ly": {func(context.Context) error { return errors.Join(errBoom, suture.ErrDoNotRestart) }, supervisor.EndError, "boom\nservice should not be restarted"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, rec := tree(t)
				add(t, s, "before", untilDone, supervisor.Policy{})
				add(t, s, "a", c.end, supervisor.Policy{})
				add(t, s, "after", untilDone, supervisor.Policy{})
				start(t, s)
				defer stop(t, s)
				time.Sleep(12 * time.Second)

				require.Equal(t, seconds(0, 5, 10), timesOf[supervisor.Started](rec, "root/a"))
				failed := only[supervisor.Failed](rec)
				require.Len(t, failed, 3)
				require.Equal(t, c.kind, failed[0].End.Kind)
				require.Equal(t, c.text, failed[0].End.Error())
				require.Equal(t, c.kind == supervisor.EndPanic, failed[0].End.Stack != "")
				require.Equal(t, 1, childOf(t, s, "before").Starts, "a sibling never notices")
				require.Equal(t, 1, childOf(t, s, "after").Starts)
			})
		})
	}
}

func TestKindsOfRestart(t *testing.T) {
	t.Parallel()
	clean := func(context.Context) error { return nil }
	cases := map[string]struct {
		service serve
		policy  supervisor.Policy
		starts  int
		listed  bool
		done    bool
	}{
		"transient that is done":         {clean, supervisor.Policy{Restart: supervisor.Transient}, 1, true, true},
		"transient that failed":          {failing, supervisor.Policy{Restart: supervisor.Transient}, 3, true, false},
		"temporary that is done":         {clean, supervisor.Policy{Restart: supervisor.Temporary}, 0, false, false},
		"temporary that failed":          {failing, supervisor.Policy{Restart: supervisor.Temporary}, 0, false, false},
		"permanent that wants no more":   {func(context.Context) error { return suture.ErrDoNotRestart }, supervisor.Policy{}, 1, true, true},
		"no restarts, and then given up": {failing, supervisor.Policy{MaxRestarts: supervisor.NoRestarts, Exhausted: supervisor.GiveUp}, 1, true, false},
		"no restarts, parked for ever":   {failing, supervisor.Policy{MaxRestarts: supervisor.NoRestarts, CoolDown: supervisor.Forever}, 1, true, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, _ := tree(t)
				add(t, s, "a", c.service, c.policy)
				start(t, s)
				defer stop(t, s)
				time.Sleep(12 * time.Second)
				status, listed := s.Status().Child("a")
				require.Equal(t, c.listed, listed)
				require.Equal(t, c.starts, status.Starts)
				require.Equal(t, c.done, status.Done)
				if !c.listed {
					require.NoError(t, s.Add("a", serve(untilDone), supervisor.Policy{}), "its name is free again")
				}
			})
		})
	}
}

func TestBudgetIsRefilledByAStableRun(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		lasts   time.Duration
		crashed bool
	}{
		"slow crashes never spend it": {time.Minute, false},
		"fast ones do":                {time.Minute - time.Millisecond, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, _ := tree(t)
				add(t, s, "a", lasting(c.lasts), supervisor.Policy{MaxRestarts: 2})
				start(t, s)
				time.Sleep(3*(c.lasts+5*time.Second) + time.Second)
				require.Equal(t, c.crashed, childOf(t, s, "a").State == health.StateCrashed)
				stop(t, s)
			})
		})
	}
}

func TestDelaysBetweenRestarts(t *testing.T) {
	t.Parallel()
	starts := func(t *testing.T, b supervisor.Backoff, seed uint64) (times []time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			rec := newRecorder()
			s, err := supervisor.New(supervisor.Config{Name: "root", OnEvent: rec.Record, Logger: quiet(), Seed: seed})
			require.NoError(t, err)
			add(t, s, "a", failing, supervisor.Policy{MaxRestarts: 5, Backoff: b})
			start(t, s)
			defer stop(t, s)
			time.Sleep(2 * time.Minute)
			times = timesOf[supervisor.Started](rec, "root/a")
		})
		return times
	}
	growing := supervisor.Backoff{Initial: time.Second, Factor: 2, Max: 5 * time.Second}
	require.Equal(t, seconds(0, 1, 3, 7, 12, 17), starts(t, growing, 0))
	require.Equal(t, seconds(0, 0, 0, 0, 0, 0), starts(t, supervisor.Backoff{Initial: supervisor.NoDelay}, 0))

	growing.Jitter = 0.5
	first := starts(t, growing, 1)
	require.Equal(t, first, starts(t, growing, 1), "the same seed gives the same delays")
	require.NotEqual(t, first, starts(t, growing, 2))
	require.InDelta(t, 1, first[1].Seconds(), 0.5)
}

func TestSentinelThatEndsTheTreeEscalates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		add(t, s, "sibling", untilDone, supervisor.Policy{})
		add(t, s, "a", func(context.Context) error { return suture.ErrTerminateSupervisorTree }, supervisor.Policy{})
		err := s.Serve(t.Context())
		var escalated *supervisor.EscalatedError
		require.ErrorAs(t, err, &escalated)
		require.Equal(t, "root/a", escalated.Path)
		require.ErrorIs(t, err, suture.ErrTerminateSupervisorTree)
		require.Equal(t, seconds(0), timesOf[supervisor.Stopped](rec, "root/sibling"))
		require.Equal(t, health.StateCrashed, childOf(t, s, "a").State)
		require.Equal(t, health.StateStopped, childOf(t, s, "sibling").State)
	})
}
