package console_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/supervisor/supervisortest"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

const generator = "trader/signal_generation"

// healthOf returns what /health answers of a system whose generation has the path generator.
func healthOf(t testing.TB, r *health.Registry) string {
	t.Helper()
	h, err := healthhttp.New(healthhttp.Config{Registry: r, Extra: console.SignalGeneration(generator)})
	require.NoError(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/health", http.NoBody))
	return w.Body.String()
}

func generation(t testing.TB, r *health.Registry) map[string]any {
	t.Helper()
	var answer struct {
		SignalGeneration map[string]any `json:"signal_generation"`
	}
	require.NoError(t, json.Unmarshal([]byte(healthOf(t, r)), &answer))
	return answer.SignalGeneration
}

// live puts a part into a stage of its life, as its supervisor would.
func live(run *health.Run, l health.Lifecycle) {
	run.SetState(health.Stage{State: l.State, Since: l.Since, Restarts: l.Restarts, Done: l.Done})
	run.SetFailure(health.Failure{
		End: l.LastEnd, Error: l.LastError, At: l.LastErrorAt, Next: l.NextRestart, Attempt: l.Attempt, MaxAttempts: l.MaxAttempts,
	})
}

// living returns a registry with one part in the given state of life.
func living(path string, l health.Lifecycle) *health.Registry {
	r := health.NewRegistry(health.Config{Clock: supervisortest.NewClockAt(noon)})
	live(r.Begin(path), l)
	return r
}

// What operators' scripts read, to the letter.
func TestSignalGenerationStandsInTheAnswerOfHealth(t *testing.T) {
	t.Parallel()
	elsewhere := noon.In(time.FixedZone("CET", 3600)) // whatever the clock's zone, the answer is in UTC
	got := healthOf(t, living(generator, health.Lifecycle{
		State: health.StateBackoff, Restarts: 3, LastError: `panic: "<nil>" & more`, LastErrorAt: elsewhere.Add(-2 * time.Second),
	}))
	require.Contains(t, got, `"signal_generation":{"status":"stopped","background_task_status":"crashed",`+
		`"background_task_running":false,"background_task_error":"panic: \"<nil>\" & more",`+
		`"service_initialized":true,"service_running":false,"verdict":"unhealthy",`+
		`"reason":"backoff: panic: \"<nil>\" & more","restarts":3,"last_error":"panic: \"<nil>\" & more",`+
		`"last_error_at":"2026-03-04T11:59:58Z"},"parts":[`)
}

func TestSignalGenerationTellsTheTasksLife(t *testing.T) {
	t.Parallel()
	const died = "panic: index out of range"
	type life = health.Lifecycle
	for name, c := range map[string]struct {
		life         life
		status, task string
		running      bool
		taskError    any
	}{
		"not started":                    {life{State: health.StateNotStarted}, "stopped", "not_started", false, nil},
		"starting":                       {life{State: health.StateStarting}, "running", "running", true, nil},
		"running":                        {life{State: health.StateRunning}, "running", "running", true, nil},
		"running again after a death":    {life{State: health.StateRunning, LastError: died}, "running", "running", true, nil},
		"paused":                         {life{State: health.StatePaused}, "paused", "running", true, nil},
		"stopping":                       {life{State: health.StateStopping}, "stopped", "stopped", false, nil},
		"stopped":                        {life{State: health.StateStopped}, "stopped", "stopped", false, nil},
		"stopped, its work done":         {life{State: health.StateStopped, Done: true}, "stopped", "stopped", false, nil},
		"waiting after a death":          {life{State: health.StateBackoff, LastError: died}, "stopped", "crashed", false, died},
		"waiting after a clean end":      {life{State: health.StateBackoff}, "stopped", "stopped", false, nil},
		"stalled":                        {life{State: health.StateStalled, LastError: "silent"}, "stopped", "crashed", false, "silent"},
		"stalled for an unknown reason":  {life{State: health.StateStalled}, "stopped", "crashed", false, "stalled"},
		"crashed":                        {life{State: health.StateCrashed, LastError: died}, "stopped", "crashed", false, died},
		"crashed by clean ends only":     {life{State: health.StateCrashed}, "stopped", "crashed", false, "crashed"},
		"running without a supervisor":   {life{}, "running", "running", true, nil},
		"stopped after a death, by hand": {life{State: health.StateStopped, LastError: died}, "stopped", "stopped", false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := generation(t, living(generator, c.life))
			require.Equal(t, c.status, g["status"])
			require.Equal(t, c.task, g["background_task_status"])
			require.Equal(t, c.running, g["background_task_running"])
			require.Equal(t, c.taskError, g["background_task_error"])
			require.Equal(t, true, g["service_initialized"])
			require.Equal(t, c.running, g["service_running"])
		})
	}
}

func TestSignalGenerationShowsADeathAfterTheRecovery(t *testing.T) {
	t.Parallel()
	g := generation(t, living(generator, health.Lifecycle{
		State: health.StateRunning, Restarts: 3, LastError: "EOF", LastErrorAt: noon.Add(-time.Minute),
	}))
	require.Equal(t, map[string]any{
		"status": "running", "background_task_status": "running", "background_task_running": true,
		"service_initialized": true, "service_running": true,
		"verdict": "healthy", "restarts": 3.0, "last_error": "EOF", "last_error_at": "2026-03-04T11:59:00Z",
	}, g)
}

func TestSignalGenerationSaysThatNothingIsDone(t *testing.T) {
	t.Parallel()
	r := living(generator, health.Lifecycle{State: health.StateRunning})
	p := r.Begin(generator)
	for range 10 {
		p.Part().Observe(errors.New("source is down"))
	}
	g := generation(t, r)
	require.Equal(t, "running", g["background_task_status"])
	require.Equal(t, "unhealthy", g["verdict"])
	require.Equal(t, "10 errors in a row, last: source is down", g["reason"])
}

func TestSignalGenerationOfAnUnknownServiceIsNotInitialised(t *testing.T) {
	t.Parallel()
	g := generation(t, living("trader/engine", health.Lifecycle{State: health.StateRunning}))
	require.Equal(t, map[string]any{
		"status": "stopped", "background_task_status": "not_started", "background_task_running": false,
		"service_initialized": false, "service_running": false,
		"verdict": "degraded", "reason": "not_started", "restarts": 0.0,
	}, g)
}
