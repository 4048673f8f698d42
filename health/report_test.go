package health_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
)

func TestRunOfErrorsTurnsTheVerdict(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limits  health.Limits
		errors  int
		verdict health.Verdict
		reason  string
	}{
		"no error is healthy":                       {health.Limits{}, 0, health.Healthy, ""},
		"one error is degraded":                     {health.Limits{}, 1, health.Degraded, "1 error, last: source is down"},
		"nine errors are degraded":                  {health.Limits{}, 9, health.Degraded, "9 errors in a row, last: source is down"},
		"ten errors are unhealthy":                  {health.Limits{}, 10, health.Unhealthy, "10 errors in a row, last: source is down"},
		"two of at most two are unhealthy":          {health.Limits{MaxErrors: 2}, 2, health.Unhealthy, "2 errors in a row, last: source is down"},
		"the first may be unhealthy":                {health.Limits{MaxErrors: 1}, 1, health.Unhealthy, "1 error, last: source is down"},
		"a silence without a limit is never judged": {health.Limits{MaxErrors: 1}, 0, health.Healthy, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := health.NewRegistry(health.Config{})
			ctx, _ := begin(t, r, "gen")
			health.Expect(ctx, c.limits)
			for range c.errors {
				health.Observe(ctx, errDown)
			}
			p := judged(t, r, "gen")
			require.Equal(t, c.verdict, p.Verdict)
			require.Equal(t, c.reason, p.Reason)
			require.Equal(t, c.errors, p.ErrorRun)

			health.Observe(ctx, nil)
			p = judged(t, r, "gen")
			require.Equal(t, health.Healthy, p.Verdict, "one success ends the run")
			require.Zero(t, p.ErrorRun)
			if c.errors > 0 {
				require.Equal(t, errDown.Error(), p.ObservedError, "kept, so that it can be read after the recovery")
			}
		})
	}
}

func TestStateOfLifeTurnsTheVerdict(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		life    health.Lifecycle
		verdict health.Verdict
		reason  string
	}{
		"without a supervisor only progress counts": {health.Lifecycle{}, health.Healthy, ""},
		"not started":               {health.Lifecycle{State: health.StateNotStarted}, health.Degraded, "not_started"},
		"starting":                  {health.Lifecycle{State: health.StateStarting}, health.Degraded, "starting"},
		"running":                   {health.Lifecycle{State: health.StateRunning}, health.Healthy, ""},
		"running after a death":     {health.Lifecycle{State: health.StateRunning, LastError: "eof"}, health.Healthy, ""},
		"paused":                    {health.Lifecycle{State: health.StatePaused}, health.Degraded, "paused"},
		"stalled":                   {health.Lifecycle{State: health.StateStalled, LastError: "silent for 10s"}, health.Unhealthy, "stalled: silent for 10s"},
		"waiting after an error":    {health.Lifecycle{State: health.StateBackoff, LastError: "eof"}, health.Unhealthy, "backoff: eof"},
		"waiting after a clean end": {health.Lifecycle{State: health.StateBackoff}, health.Unhealthy, "backoff"},
		"stopping":                  {health.Lifecycle{State: health.StateStopping}, health.Degraded, "stopping"},
		"stopped by somebody":       {health.Lifecycle{State: health.StateStopped}, health.Degraded, "stopped"},
		"stopped, its work done":    {health.Lifecycle{State: health.StateStopped, Done: true}, health.Healthy, ""},
		"crashed":                   {health.Lifecycle{State: health.StateCrashed, LastError: "eof"}, health.Unhealthy, "crashed: eof"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := health.NewRegistry(health.Config{})
			_, p := begin(t, r, "trader/gen")
			live(p, c.life)
			got := judged(t, r, "trader/gen")
			require.Equal(t, c.verdict, got.Verdict)
			require.Equal(t, c.reason, got.Reason)
			require.Equal(t, c.life, got.Lifecycle)
		})
	}
}

func TestPartAtRestNeedsNoProgress(t *testing.T) {
	t.Parallel()
	for _, state := range []health.State{health.StateNotStarted, health.StatePaused, health.StateStopped} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := health.NewRegistry(health.Config{})
				ctx, p := begin(t, r, "gen")
				child := health.Child(ctx, "BTC")
				health.Expect(ctx, health.Limits{MaxSilence: time.Second})
				health.Expect(child, health.Limits{MaxSilence: time.Second})

				live(p, health.Lifecycle{State: state, Asked: true})
				time.Sleep(time.Hour)
				require.Equal(t, health.Degraded, judged(t, r, "gen").Verdict)
				require.Equal(t, string(state), judged(t, r, "gen").Reason)
				require.Equal(t, health.Healthy, judged(t, r, "gen/BTC").Verdict)

				live(p, health.Lifecycle{State: health.StateRunning})
				time.Sleep(time.Second)
				require.Equal(t, health.Healthy, r.Report().Verdict, "silence counts from the end of the rest")
				time.Sleep(time.Millisecond)
				require.Equal(t, health.Unhealthy, judged(t, r, "gen/BTC").Verdict)
				require.Equal(t, health.Unhealthy, judged(t, r, "gen").Verdict)
			})
		})
	}
}

func TestReportIsSortedAndSaysWorstFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := health.NewRegistry(health.Config{})
		require.Equal(t, health.Healthy, r.Report().Verdict, "nothing to complain about")
		require.Empty(t, r.Report().Reasons)
		for _, path := range []string{"t/feed", "t/engine", "t", "t/gen"} {
			begin(t, r, path)
		}
		engine, _ := begin(t, r, "t/engine")
		health.Observe(engine, errDown)
		_, gen := begin(t, r, "t/gen")
		live(gen, health.Lifecycle{State: health.StateCrashed, LastError: "spent"})
		time.Sleep(90 * time.Second)

		report := r.Report()
		require.Equal(t, health.Unhealthy, report.Verdict)
		require.Equal(t, []string{"t/gen: crashed: spent", "t/engine: 1 error, last: source is down"}, report.Reasons)
		require.Equal(t, 90*time.Second, report.Uptime)
		require.Equal(t, time.Now(), report.At)
		paths := make([]string, 0, len(report.Parts))
		for _, p := range report.Parts {
			paths = append(paths, p.Path)
		}
		require.Equal(t, []string{"t", "t/engine", "t/feed", "t/gen"}, paths)
		_, ok := report.Part("t/nobody")
		require.False(t, ok)
	})
}

func TestReportIsACopy(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	ctx, _ := begin(t, r, "gen")
	before := r.Report()
	health.Observe(ctx, errDown)
	p, _ := before.Part("gen")
	require.Zero(t, p.ErrorRun)
}

func TestForgottenPartsAreGoneWithTheirChildren(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	ctx, _ := begin(t, r, "t/gen")
	begin(t, r, "t/generator")
	child := health.Child(ctx, "BTC")
	r.Forget("t/gen")
	r.Forget("t/unknown")

	health.Observe(ctx, errDown) // its run has not ended yet
	health.Observe(child, errDown)
	health.Observe(health.Child(ctx, "ETH"), errDown)
	report := r.Report()
	require.Len(t, report.Parts, 1)
	require.Equal(t, "t/generator", report.Parts[0].Path)

	begin(t, r, "t/gen")
	require.Empty(t, judged(t, r, "t/gen").ObservedError, "a part of the same name starts with a clean sheet")
}

func TestVerdictsAreWrittenByName(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal([]health.Verdict{health.Healthy, health.Degraded, health.Unhealthy, 7})
	require.NoError(t, err)
	require.JSONEq(t, `["healthy","degraded","unhealthy","Verdict(7)"]`, string(text))
}

func TestSilentSinceIsTheLastProgressOrTheEndOfWhatWasPlanned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := health.NewRegistry(health.Config{})
		began := time.Now()
		ctx, _ := begin(t, r, "gen")
		since := func() (time.Duration, bool) {
			report := r.Report()
			at, judged := report.SilentSince(report.Parts[0])
			return at.Sub(began).Truncate(time.Millisecond), judged
		}
		_, judged := since()
		require.False(t, judged, "there is no limit")
		health.Expect(ctx, health.Limits{MaxSilence: time.Minute})
		time.Sleep(10 * time.Second)
		for range 2 { // the second report is told what the first has kept
			at, judged := since()
			require.True(t, judged)
			require.Zero(t, at, "nothing has been done since the run began")
			time.Sleep(time.Second)
		}
		health.Observe(ctx, nil)
		time.Sleep(time.Second)
		at, _ := since()
		require.Equal(t, 12*time.Second, at)
		health.Idle(ctx, time.Now().Add(time.Hour))
		_, judged = since()
		require.False(t, judged, "it is planned")
		time.Sleep(time.Hour + 5*time.Second)
		at, judged = since()
		require.True(t, judged)
		require.Equal(t, time.Hour+13*time.Second, at)
	})
}
