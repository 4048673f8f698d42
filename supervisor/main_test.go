package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/supervisor/supervisortest"
)

func TestMain(m *testing.M) {
	supervisor.OnImpossible(func(l supervisor.Life, input string) {
		fmt.Fprintf(os.Stderr, "FAIL: %q of the life %+v cannot be\n%s", input, l, debug.Stack())
		os.Exit(1) // it happens in a guard, whose panic suture would survive
	})
	goleak.VerifyTestMain(m)
}

var errBoom = errors.New("boom")

// serve is a Service made of a function.
type serve func(ctx context.Context) error

func (f serve) Serve(ctx context.Context) error { return f(ctx) }

// untilDone works until it is asked to stop.
func untilDone(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// lasting works for d, and then fails.
func lasting(d time.Duration) serve {
	return func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
			return errBoom
		}
	}
}

// failing fails at once, each time.
func failing(context.Context) error { return errBoom }

// recorder keeps events, and when they were.
type recorder struct {
	*supervisortest.Recorder

	start time.Time
}

func newRecorder() *recorder {
	return &recorder{Recorder: supervisortest.NewRecorder(), start: time.Now()}
}

// all returns the events so far.
func (r *recorder) all() []supervisor.Event {
	synctest.Wait()
	return r.Events()
}

// timesOf returns when events of type E happened to the child at path, since the start.
func timesOf[E supervisor.Event](r *recorder, path string) []time.Duration {
	var times []time.Duration
	for _, e := range r.all() {
		if _, ok := e.(E); ok && e.Stamped().Path == path {
			times = append(times, e.Stamped().Time.Sub(r.start))
		}
	}
	return times
}

// only returns the events of type E.
func only[E supervisor.Event](r *recorder) []E {
	var found []E
	for _, e := range r.all() {
		if e, ok := e.(E); ok {
			found = append(found, e)
		}
	}
	return found
}

func seconds(s ...float64) []time.Duration {
	d := make([]time.Duration, len(s))
	for i := range s {
		d[i] = time.Duration(s[i] * float64(time.Second))
	}
	return d
}

// tree is a supervisor called "root" with its events recorded and its log discarded.
func tree(t *testing.T) (*supervisor.Supervisor, *recorder) {
	t.Helper()
	rec := newRecorder()
	s, err := supervisor.New(supervisor.Config{Name: "root", OnEvent: rec.Record, Logger: quiet()})
	require.NoError(t, err)
	return s, rec
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func add(t *testing.T, s *supervisor.Supervisor, name string, service serve, p supervisor.Policy) {
	t.Helper()
	require.NoError(t, s.Add(name, service, p))
}

// start runs the tree for the rest of the test.
func start(t *testing.T, s *supervisor.Supervisor) {
	t.Helper()
	require.NoError(t, s.Start(context.Background()))
	synctest.Wait()
}

func stop(t *testing.T, s *supervisor.Supervisor) {
	t.Helper()
	require.NoError(t, s.Stop(context.Background()))
}

func childOf(t *testing.T, s *supervisor.Supervisor, name string) supervisor.Status {
	t.Helper()
	synctest.Wait()
	c, ok := s.Status().Child(name)
	require.True(t, ok, name)
	return c
}

// hostile returns an error that cannot be printed.
func hostile(context.Context) error {
	var err *badError
	return err
}

type badError struct{ text string }

func (e *badError) Error() string { return e.text } // e is nil
