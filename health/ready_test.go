package health_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
)

func TestReportOfSomePartsHasTheirVerdict(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	for _, path := range []string{"a", "a/x", "ab", "b"} {
		r.Begin(path).SetState(health.Stage{State: health.StateRunning})
	}
	r.Begin("a/y").SetState(health.Stage{State: health.StateCrashed})
	r.Begin("c").SetState(health.Stage{State: health.StateRunning})
	child := r.Begin("d")
	child.SetState(health.Stage{State: health.StateRunning})
	child.Part().Child("sym").Raise(health.Condition{Key: "k", Verdict: health.Unhealthy, Text: "why"})

	paths := func(report health.Report) (all []string) {
		for _, p := range report.Parts {
			all = append(all, p.Path)
		}
		return all
	}
	whole := r.Report()
	require.Equal(t, health.Unhealthy, whole.Verdict)

	below, ok := whole.Below("a")
	require.True(t, ok)
	require.Equal(t, []string{"a", "a/x", "a/y"}, paths(below))
	require.Equal(t, health.Unhealthy, below.Verdict)
	below, ok = whole.Below("d/sym")
	require.True(t, ok)
	require.Equal(t, health.Unhealthy, below.Verdict, "its owner does not judge it here")
	require.Equal(t, []string{"d/sym: k: why"}, below.Reasons)
	_, ok = whole.Below("e")
	require.False(t, ok)

	rest := whole.Without("a/y", "d")
	require.Equal(t, []string{"a", "a/x", "ab", "b", "c"}, paths(rest))
	require.Equal(t, health.Healthy, rest.Verdict)
	require.Empty(t, rest.Reasons)
	require.Equal(t, paths(whole), paths(whole.Without()))
}

func TestConditionThatClosesIsNotReadyAndNotDown(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	run := r.Begin("trader/engine")
	run.SetState(health.Stage{State: health.StateRunning})
	run.Part().Raise(health.Condition{Key: "slow", Verdict: health.Degraded, Text: "the venue is slow"})
	require.Empty(t, r.Report().NotReady(), "degraded is ready")
	run.Part().Raise(health.Condition{
		Key: "halted", Verdict: health.Degraded, Text: "by ann", Remedy: "re-arm it", Person: true, Closed: true,
	})
	require.Equal(t, []string{"trader/engine: halted: by ann (re-arm it)"}, r.Report().NotReady())
	require.Empty(t, r.Report().Down())
	run.Part().Clear("halted")
	require.Empty(t, r.Report().NotReady())
	r.Begin("trader/feed").SetState(health.Stage{State: health.StateNotStarted})
	require.Equal(t, []string{"trader/feed: not_started"}, r.Report().Down())
	require.Equal(t, r.Report().Down(), r.Report().NotReady())
}

func TestVerdictComesWithItsWayOut(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	run := r.Begin("trader/generator")
	remedy := func(path string) string {
		p, _ := r.Report().Part(path)
		return p.Remedy
	}
	for state, want := range map[health.State]string{
		health.StateRunning: "", health.StatePaused: "resume it", health.StateStopped: "restart it",
		health.StateCrashed: "look at why it ended, then restart it, or the process",
		health.StateBackoff: "it is begun again by itself, and may be restarted at once",
	} {
		run.SetState(health.Stage{State: state})
		require.Equal(t, want, remedy("trader/generator"), state)
	}
	run.SetState(health.Stage{State: health.StateRunning})
	child := run.Part().Child("BTC")
	child.Expect(health.Limits{Remedy: "look at the source"})
	child.Observe(errDown)
	require.Equal(t, "look at the source", remedy("trader/generator/BTC"))
	require.Equal(t, "look at the source", remedy("trader/generator"), "its worst child's")
	run.Part().Raise(health.Condition{Key: "k", Verdict: health.Unhealthy, Remedy: "mend it"})
	require.Equal(t, "mend it", remedy("trader/generator"))
}
