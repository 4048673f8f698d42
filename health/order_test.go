package health_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
)

// The list of parts is merged and not made anew, so what comes and goes between two reports must not stay in it.
func TestReportListsWhatIsThere(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	paths := func() (all []string) {
		for _, p := range r.Report().Parts {
			all = append(all, p.Path)
		}
		return all
	}
	for _, path := range []string{"b", "d", "d/a", "f"} {
		r.Begin(path)
	}
	require.Equal(t, []string{"b", "d", "d/a", "f"}, paths())

	for _, path := range []string{"g", "a", "d-", "e", "gone"} {
		r.Begin(path)
	}
	r.Forget("gone")
	r.Forget("d")
	require.Equal(t, []string{"a", "b", "d-", "e", "f", "g"}, paths())

	r.Begin("d/a")
	r.Begin("d")
	require.Equal(t, []string{"a", "b", "d", "d-", "d/a", "e", "f", "g"}, paths())

	owner := r.Begin("d").Part()
	for i := range 1000 {
		owner.Child(fmt.Sprint("s", i))
		r.Report()
		r.Forget(fmt.Sprint("d/s", i))
		r.Begin("b")
		r.Forget("b")
	}
	require.Equal(t, []string{"a", "d", "d-", "d/a", "e", "f", "g"}, paths())
	require.Equal(t, 7, r.Listed())
}
