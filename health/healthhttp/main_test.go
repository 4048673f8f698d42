package healthhttp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/supervisor/supervisortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func handler(t testing.TB, cfg healthhttp.Config) *healthhttp.Handler {
	t.Helper()
	h, err := healthhttp.New(cfg)
	require.NoError(t, err)
	return h
}

func ask(h http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, http.NoBody))
	return w
}

// live puts a part into a stage of its life, as its supervisor would.
func live(run *health.Run, l health.Lifecycle) {
	run.SetState(health.Stage{State: l.State, Since: l.Since, Restarts: l.Restarts, Done: l.Done, Asked: l.Asked})
	run.SetFailure(health.Failure{
		End: l.LastEnd, Error: l.LastError, At: l.LastErrorAt, Next: l.NextRestart, Attempt: l.Attempt, MaxAttempts: l.MaxAttempts,
	})
}

const generator = "trader/signal_generation"

// mode is what a host may add to /health.
func mode(r health.Report) map[string]any {
	return map[string]any{"mode": map[string]any{"name": "paper", "listed": len(r.Parts)}, "status": "not the host's to say"}
}

// living returns a registry with one part in the given state of life.
func living(path string, l health.Lifecycle) *health.Registry {
	r := health.NewRegistry(health.Config{Clock: supervisortest.NewClockAt(noon)})
	live(r.Begin(path), l)
	return r
}

// jq reads members of an object of the JSON at url, as an operator's script would.
func jq(url, object string, names ...string) string {
	resp, err := http.Get(url)
	if err != nil {
		return err.Error()
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer func() { _ = resp.Body.Close() }()
	var document map[string]json.RawMessage
	var members map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&document); err != nil {
		return err.Error()
	}
	if err := json.Unmarshal(document[object], &members); err != nil {
		return err.Error()
	}
	out := strconv.Itoa(resp.StatusCode)
	for _, name := range names {
		out += fmt.Sprint(" ", members[name])
	}
	return out
}
