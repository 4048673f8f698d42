package health_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
)

// fall ends a run of the part by itself, and begins another one.
func fall(run *health.Run, failures int) {
	run.SetFailure(health.Failure{End: "error", Error: "no", At: time.Now(), RecentFailures: failures})
	run.SetState(health.Stage{State: health.StateRunning, Since: time.Now(), Restarts: failures})
}

func TestVerdictRemembersTheRunsThatEnded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limits  health.Limits
		every   time.Duration
		verdict []health.Verdict // after each end
	}{
		"the third degrades, the tenth turns it": {every: time.Second, verdict: []health.Verdict{0, 0, 1, 1, 1, 1, 1, 1, 1, 2, 2}},
		"ends that lie apart are no loop":        {every: 6 * time.Minute, verdict: []health.Verdict{0, 0, 0, 0, 0}},
		"limits say otherwise": {
			limits: health.Limits{DegradedRestarts: 1, MaxRestarts: 2, RestartWindow: time.Hour},
			every:  59 * time.Minute, verdict: []health.Verdict{1, 2, 2},
		},
		"limits may go beyond the default": {
			limits: health.Limits{DegradedRestarts: 12, MaxRestarts: 13}, every: time.Second,
			verdict: []health.Verdict{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2},
		},
		"they need not be judged": {
			limits: health.Limits{DegradedRestarts: -1, MaxRestarts: -1}, every: time.Second, verdict: make([]health.Verdict, 12),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := health.NewRegistry(health.Config{})
				ctx, run := begin(t, r, "gen")
				health.Expect(ctx, c.limits)
				for i, verdict := range c.verdict {
					time.Sleep(c.every)
					fall(run, i+1)
					require.Equal(t, verdict, judged(t, r, "gen").Verdict, "end %d", i+1)
				}
				time.Sleep(2 * time.Hour)
				require.Equal(t, health.Healthy, judged(t, r, "gen").Verdict, "it is over")
			})
		})
	}
}

func TestRunsThatEndedAreCountedOnceAndNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := health.NewRegistry(health.Config{})
		_, run := begin(t, r, "gen")
		for range 5 {
			fall(run, 1) // told again, as when the next run begins
		}
		require.Equal(t, 1, judged(t, r, "gen").RecentFailures)
		run.SetFailure(health.Failure{}) // a new session
		fall(run, 1)
		fall(run, 2)
		p := judged(t, r, "gen")
		require.Equal(t, 3, p.RecentFailures, "whoever restarts it")
		require.Equal(t, "3 runs ended within 10m0s (limit 3), last: no", p.Reason)
	})
}

func TestSilenceCountsFromTheLastProgressWhoeverRestarts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := health.NewRegistry(health.Config{})
		unhealthy := 0
		for range 100 {
			ctx, run := begin(t, r, "feed")
			run.SetState(health.Stage{State: health.StateNotStarted}) // its tree is restarted
			run.SetState(health.Stage{State: health.StateRunning})
			health.Expect(ctx, health.Limits{MaxSilence: time.Minute})
			time.Sleep(45 * time.Second)
			if judged(t, r, "feed").Verdict == health.Unhealthy {
				unhealthy++
			}
			run.SetState(health.Stage{State: health.StateStopped})
		}
		require.Equal(t, 99, unhealthy)
	})
}

func TestSilenceLeavesOutWhatARunHasWaitedAsPlanned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := health.NewRegistry(health.Config{})
		ctx, _ := begin(t, r, "feed")
		health.Expect(ctx, health.Limits{MaxSilence: time.Minute})
		health.Idle(ctx, time.Now().Add(24*time.Hour))
		time.Sleep(time.Hour)
		begin(t, r, "feed")
		time.Sleep(time.Minute)
		require.Equal(t, health.Healthy, judged(t, r, "feed").Verdict)
		time.Sleep(time.Millisecond)
		require.Equal(t, health.Unhealthy, judged(t, r, "feed").Verdict, "the new run has planned nothing")
	})
}

func TestErrorRunEndsWithTheRun(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	ctx, _ := begin(t, r, "gen")
	for range 12 {
		health.Observe(ctx, errDown)
	}
	require.Equal(t, health.Unhealthy, judged(t, r, "gen").Verdict)
	begin(t, r, "gen")
	require.Equal(t, health.Healthy, judged(t, r, "gen").Verdict)
}

func TestZombieDegradesItsPartAndOutlivesIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := health.NewRegistry(health.Config{})
		begin(t, r, "a")
		begin(t, r, "gen")
		since := time.Now()
		ended := r.Abandon("gen", since)
		time.Sleep(time.Second)
		second := r.Abandon("gen", time.Now())
		p := judged(t, r, "gen")
		require.Equal(t, health.Degraded, p.Verdict)
		require.Equal(t, "2 abandoned runs are still running, since 2000-01-01T00:00:00Z", p.Reason)
		require.Equal(t, since, p.ZombiesSince)

		r.Forget("gen")
		require.Equal(t, 2, judged(t, r, "gen").Zombies, "the part is gone, its runs are not")
		require.Equal(t, health.Degraded, r.Report().Verdict)
		ended()
		second()
		require.Len(t, r.Report().Parts, 1)
		require.Equal(t, health.Healthy, r.Report().Verdict)
	})
}

func TestUnreadyRunIsDegradedAfterItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := health.NewRegistry(health.Config{})
		ctx, run := begin(t, r, "gen")
		run.SetState(health.Stage{State: health.StateRunning, Ready: time.Minute})
		require.True(t, judged(t, r, "gen").Unready)
		time.Sleep(time.Minute)
		require.Equal(t, health.Healthy, judged(t, r, "gen").Verdict)
		time.Sleep(time.Second)
		require.Equal(t, "not ready for 1m1s (limit 1m0s)", judged(t, r, "gen").Reason)
		health.Ready(ctx)
		require.Equal(t, health.Healthy, judged(t, r, "gen").Verdict)
		require.False(t, judged(t, r, "gen").Unready)
	})
}

// turned is a clock whose wall may be set, while its monotonic reading goes on.
type turned struct{ by time.Duration }

func (c *turned) After(time.Duration) <-chan time.Time { return nil }

func (c *turned) Now() time.Time {
	now := time.Now()
	wall := (*uint64)(unsafe.Pointer(&now)) // with a monotonic reading the seconds stand above 30 bits of nanoseconds
	*wall = uint64(int64(*wall) + int64(c.by/time.Second)<<30)
	return now
}

func TestIdleIsALengthOfTimeWhateverTheClockIsSetTo(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{-24 * time.Hour, time.Hour} {
		clk := &turned{}
		start := clk.Now()
		r := health.NewRegistry(health.Config{Clock: clk})
		ctx, run := begin(t, r, "gen")
		calendar := func() time.Time { return clk.Now().Add(10 * time.Minute).Round(0) }
		health.Idle(ctx, calendar())
		clk.by = by
		now := clk.Now()
		require.InDelta(t, by.Hours(), now.Round(0).Sub(start.Round(0)).Hours(), 0.1, "the wall has been turned")
		require.True(t, run.IdleAt(now), by)
		require.False(t, run.IdleAt(now.Add(10*time.Minute)), by)
		health.Idle(ctx, calendar()) // of the calendar as it is now
		require.True(t, run.IdleAt(now), by)
		require.False(t, run.IdleAt(clk.Now().Add(10*time.Minute)), by)
	}
}

func TestBeatOfAChildFeedsItsOwner(t *testing.T) {
	t.Parallel()
	ctx, run := begin(t, health.NewRegistry(health.Config{}), "gen")
	health.Beat(health.Child(health.Child(ctx, "BTC"), "feed"))
	require.True(t, run.TakeBeat())
}

func TestChildrenOfEarlierRunsAreDropped(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	run := r.Begin("gen")
	for i := range 1000 {
		var ctx = t.Context()
		ctx, run = run.Next(ctx)
		health.Child(ctx, fmt.Sprint("conn-", i))
		health.Child(ctx, "always")
		health.Count(health.Child(ctx, "always"), "runs", 1)
	}
	require.LessOrEqual(t, r.Records(), 5, "gen, and the children of two runs")
	require.Equal(t, int64(1000), judged(t, r, "gen/always").Counts["runs"])
}

type unsayable func() string

func (e unsayable) Error() string { return e() }

func TestObserveSurvivesTheErrorThatItIsGiven(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		text string
	}{
		"it panics":   {unsayable(nil), "an error of type health_test.unsayable, whose Error method panicked"},
		"it hangs":    {unsayable(func() string { time.Sleep(time.Hour); return "" }), "an error of type health_test.unsayable, whose Error method did not return"},
		"it says all": {unsayable(func() string { return "all" }), "all"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := health.NewRegistry(health.Config{})
				ctx, _ := begin(t, r, "gen")
				health.Observe(ctx, c.err)
				require.Equal(t, c.text, judged(t, r, "gen").ObservedError)
				time.Sleep(2 * time.Hour)
			})
		})
	}
}

func TestObservedErrorIsBounded(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	ctx, _ := begin(t, r, "gen")
	health.Observe(ctx, errors.New(string(make([]byte, 1<<20))))
	require.Len(t, judged(t, r, "gen").ObservedError, 1024)
}
