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
