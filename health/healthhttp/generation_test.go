package healthhttp_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
)

const generator = "trader/signal_generation"

func generation(t testing.TB, r *health.Registry) map[string]any {
	t.Helper()
	w := ask(handler(t, healthhttp.Config{Registry: r, SignalGeneration: generator}), http.MethodGet, "/health")
	return field(t, w.Body.Bytes(), "signal_generation")
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
		"running again after a death":    {life{State: health.StateRunning, Error: died}, "running", "running", true, nil},
		"paused":                         {life{State: health.StatePaused}, "paused", "running", true, nil},
		"stopping":                       {life{State: health.StateStopping}, "stopped", "stopped", false, nil},
		"stopped":                        {life{State: health.StateStopped}, "stopped", "stopped", false, nil},
		"stopped, its work done":         {life{State: health.StateStopped, Done: true}, "stopped", "stopped", false, nil},
		"waiting after a death":          {life{State: health.StateBackoff, Error: died}, "stopped", "crashed", false, died},
		"waiting after a clean end":      {life{State: health.StateBackoff}, "stopped", "stopped", false, nil},
		"stalled":                        {life{State: health.StateStalled, Error: "silent"}, "stopped", "crashed", false, "silent"},
		"stalled for an unknown reason":  {life{State: health.StateStalled}, "stopped", "crashed", false, "stalled"},
		"crashed":                        {life{State: health.StateCrashed, Error: died}, "stopped", "crashed", false, died},
		"crashed by clean ends only":     {life{State: health.StateCrashed}, "stopped", "crashed", false, "crashed"},
		"running without a supervisor":   {life{}, "running", "running", true, nil},
		"stopped after a death, by hand": {life{State: health.StateStopped, Error: died}, "stopped", "stopped", false, nil},
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

func TestADeathCanBeSeenAfterTheRecovery(t *testing.T) {
	t.Parallel()
	g := generation(t, living(generator, health.Lifecycle{
		State: health.StateRunning, Restarts: 3, Error: "EOF", ErrorAt: noon.Add(-time.Minute),
	}))
	require.Equal(t, map[string]any{
		"status": "running", "background_task_status": "running", "background_task_running": true,
		"service_initialized": true, "service_running": true,
		"verdict": "healthy", "restarts": 3.0, "last_error": "EOF", "last_error_at": "2026-03-04T11:59:00Z",
	}, g)
}

func TestATaskThatRunsAndGetsNothingDoneSaysSo(t *testing.T) {
	t.Parallel()
	r := living(generator, health.Lifecycle{State: health.StateRunning})
	p := r.Begin(generator)
	for range 10 {
		p.Observe(errors.New("source is down"))
	}
	g := generation(t, r)
	require.Equal(t, "running", g["background_task_status"])
	require.Equal(t, "unhealthy", g["verdict"])
	require.Equal(t, "10 errors in a row, last: source is down", g["reason"])
}

func TestAServiceThatNobodyKnowsIsNotInitialised(t *testing.T) {
	t.Parallel()
	g := generation(t, living("trader/engine", health.Lifecycle{State: health.StateRunning}))
	require.Equal(t, map[string]any{
		"status": "stopped", "background_task_status": "not_started", "background_task_running": false,
		"service_initialized": false, "service_running": false,
		"verdict": "degraded", "reason": "not_started", "restarts": 0.0,
	}, g)
}

func TestThereIsNoSuchObjectWithoutAPath(t *testing.T) {
	t.Parallel()
	h := handler(t, healthhttp.Config{Registry: living(generator, health.Lifecycle{})})
	require.NotContains(t, ask(h, http.MethodGet, "/health").Body.String(), "signal_generation\":")
}
