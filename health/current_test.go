package health_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
)

// A Report that is shown to many must not outlive a verdict or a state. What makes it old, and what does not.
func TestCurrentEndsWithWhatIsSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		say     func(r *health.Registry, run *health.Run)
		current bool
	}{
		"nothing":      {func(*health.Registry, *health.Run) {}, true},
		"a beat":       {func(_ *health.Registry, run *health.Run) { run.Part().Beat() }, true},
		"progress":     {func(_ *health.Registry, run *health.Run) { run.Part().Observe(nil) }, true},
		"a count":      {func(_ *health.Registry, run *health.Run) { run.Part().Count("gaps", 1) }, true},
		"an error":     {func(_ *health.Registry, run *health.Run) { run.Part().Observe(errDown) }, false},
		"a wait":       {func(_ *health.Registry, run *health.Run) { run.Part().Idle(time.Now().Add(time.Hour)) }, false},
		"limits":       {func(_ *health.Registry, run *health.Run) { run.Part().Expect(health.Limits{MaxErrors: 1}) }, false},
		"readiness":    {func(_ *health.Registry, run *health.Run) { run.Part().Ready() }, false},
		"a child":      {func(_ *health.Registry, run *health.Run) { run.Part().Child("BTC") }, false},
		"a condition":  {func(_ *health.Registry, run *health.Run) { run.Part().Raise(health.Condition{Key: "halted"}) }, false},
		"a state":      {func(_ *health.Registry, run *health.Run) { run.SetState(health.Stage{State: health.StatePaused}) }, false},
		"a failure":    {func(_ *health.Registry, run *health.Run) { run.SetFailure(health.Failure{RecentFailures: 1}) }, false},
		"a new run":    {func(_ *health.Registry, run *health.Run) { run.Next(t.Context()) }, false},
		"another part": {func(r *health.Registry, _ *health.Run) { r.Begin("other") }, false},
		"its removal":  {func(r *health.Registry, _ *health.Run) { r.Forget("gen") }, false},
		"a zombie":     {func(r *health.Registry, _ *health.Run) { r.Abandon("gen", time.Now()) }, false},
		"its end": {func(r *health.Registry, _ *health.Run) {
			ended := r.Abandon("gen", time.Now())
			r.Report()
			ended()
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := health.NewRegistry(health.Config{})
				run := r.Begin("gen")
				run.SetState(health.Stage{State: health.StateRunning})
				report := r.Report()
				c.say(r, run)
				require.Equal(t, c.current, r.Current(report))
				require.True(t, r.Current(r.Report()), "a report that was just made")
			})
		})
	}
}

func TestCurrentEndsWithAnErrorRun(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	p := r.Begin("gen").Part()
	p.Observe(errDown)
	report := r.Report()
	p.Observe(nil)
	require.False(t, r.Current(report), "it is healthy again")
}

func TestCurrentEndsWhereALimitIsReached(t *testing.T) {
	t.Parallel()
	const limit = 400 * time.Millisecond
	running := func(r *health.Registry) *health.Run {
		run := r.Begin("gen")
		run.SetState(health.Stage{State: health.StateRunning})
		return run
	}
	for name, c := range map[string]struct {
		begin func(r *health.Registry)
		holds time.Duration // the last moment at which it is current
	}{
		"ages may be a second old": {func(r *health.Registry) { running(r) }, time.Second - 1},
		"silence": {func(r *health.Registry) {
			running(r).Part().Expect(health.Limits{MaxSilence: limit})
		}, limit},
		"the end of a wait": {func(r *health.Registry) { running(r).Part().Idle(time.Now().Add(limit)) }, limit - 1},
		"a run that is not ready": {func(r *health.Registry) {
			r.Begin("gen").SetState(health.Stage{State: health.StateRunning, Ready: limit})
		}, limit},
		"a failure that is forgotten": {func(r *health.Registry) {
			run := running(r)
			run.Part().Expect(health.Limits{RestartWindow: limit})
			run.SetFailure(health.Failure{RecentFailures: 1, At: time.Now()})
		}, limit - 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := health.NewRegistry(health.Config{})
				time.Sleep(time.Second)
				c.begin(r)
				report := r.Report()
				time.Sleep(c.holds)
				require.True(t, r.Current(report))
				time.Sleep(time.Nanosecond)
				require.False(t, r.Current(report))
			})
		})
	}
}

func TestCurrentEndsWhenASilentPartSpeaks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := health.NewRegistry(health.Config{})
		p := r.Begin("gen").Part()
		p.Expect(health.Limits{MaxSilence: time.Minute})
		time.Sleep(time.Hour)
		report := r.Report()
		require.Equal(t, health.Unhealthy, report.Verdict)
		p.Observe(nil)
		require.False(t, r.Current(report))
		require.Equal(t, health.Healthy, r.Report().Verdict)
	})
}

// A part that waits until its next beat has no limit of silence; the beat gives it one.
func TestCurrentEndsWithTheBeatThatEndsAWait(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	p := r.Begin("gen").Part()
	p.Idle(time.Time{})
	report := r.Report()
	p.Beat()
	require.False(t, r.Current(report))
}

// What a report costs is what has changed since the last one: of 10,000 parts it makes anew those few.
func TestReportCostsWhatChanged(t *testing.T) { //nolint:paralleltest // it counts allocations
	r := health.NewRegistry(health.Config{})
	owner := r.Begin("gen").Part()
	for i := range 10_000 {
		owner.Child(fmt.Sprintf("s%d", i)).Observe(nil)
	}
	r.Report()
	require.Less(t, testing.AllocsPerRun(10, func() { r.Report() }), 20.0)
	one := owner.Child("s7")
	require.Less(t, testing.AllocsPerRun(10, func() { one.Observe(errors.New("no")); r.Report() }), 50.0)
	p, _ := r.Report().Part("gen")
	require.Equal(t, health.Degraded, p.Verdict)
}
