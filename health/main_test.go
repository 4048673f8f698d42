package health_test

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/health"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = errors.New("source is down")

// begin begins a run of the part at path and returns a context that speaks for it.
func begin(t testing.TB, r *health.Registry, path string) (context.Context, *health.Part) {
	t.Helper()
	p := r.Begin(path)
	return health.NewContext(t.Context(), p), p
}

// judged returns the report of one part, which must be there.
func judged(t testing.TB, r *health.Registry, path string) health.PartReport {
	t.Helper()
	p, ok := r.Report().Part(path)
	if !ok {
		t.Fatalf("no part at %q", path)
	}
	return p
}
