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
func begin(t testing.TB, r *health.Registry, path string) (context.Context, *health.Run) {
	t.Helper()
	run := r.Begin(path)
	return health.NewContext(t.Context(), run.Part()), run
}

// live puts a part into a stage of its life, as its supervisor would.
func live(run *health.Run, l health.Lifecycle) {
	run.SetState(health.Stage{State: l.State, Since: l.Since, Restarts: l.Restarts, Done: l.Done, Asked: l.Asked})
	run.SetFailure(health.Failure{
		End: l.LastEnd, Error: l.LastError, At: l.LastErrorAt, Next: l.NextRestart, Attempt: l.Attempt, MaxAttempts: l.MaxAttempts,
	})
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
