package console

import (
	"cmp"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// SignalGeneration returns a function that adds the object signal_generation to /health, for the Extra of a
// healthhttp.Config: how the part at path is, in the words that operators' scripts read. A path that the registry does
// not know (yet) is shown as not started.
func SignalGeneration(path string) func(health.Report) map[string]any {
	return func(report health.Report) map[string]any {
		p, known := report.Part(path)
		return map[string]any{"signal_generation": newGeneration(p, known)}
	}
}

// generation is the object signal_generation. Its first six names and their values are what scripts of operators read,
// and must not change; background_task_error is there only while the task counts as crashed. What follows shows a death
// and its reason after the recovery, and what the life alone does not tell: a loop that turns and gets nothing done.
type generation struct {
	Status             string `json:"status"`                 // running, stopped, paused
	TaskStatus         string `json:"background_task_status"` // not_started, running, stopped, crashed
	TaskRunning        bool   `json:"background_task_running"`
	TaskError          string `json:"background_task_error,omitempty"`
	ServiceInitialized bool   `json:"service_initialized"` // the service is known to the registry
	ServiceRunning     bool   `json:"service_running"`     // a run of it is there and not lost; a paused one counts

	Verdict     health.Verdict `json:"verdict"`
	Reason      string         `json:"reason,omitempty"`
	Restarts    int            `json:"restarts"`
	Attempt     int            `json:"attempt,omitempty"`      // which restart in a row this run is, or the next
	MaxAttempts int            `json:"max_attempts,omitempty"` // of so many
	LastEnd     string         `json:"last_end,omitempty"`     // how it ended: error, panic, returned, goexit, stalled
	LastError   string         `json:"last_error,omitempty"`
	LastErrorAt time.Time      `json:"last_error_at,omitzero"`
}

// The values of background_task_status.
const (
	taskNotStarted = "not_started"
	taskRunning    = "running"
	taskStopped    = "stopped"
	taskCrashed    = "crashed"
)

func newGeneration(p health.PartReport, known bool) *generation {
	l := p.Lifecycle
	g := &generation{
		Status: "stopped", TaskStatus: taskNotStarted, ServiceInitialized: known,
		Verdict: p.Verdict, Reason: p.Reason, Restarts: l.Restarts,
		Attempt: l.Attempt, MaxAttempts: l.MaxAttempts, LastEnd: l.LastEnd,
	}
	if !known {
		g.Verdict, g.Reason = health.Degraded, taskNotStarted
		return g
	}
	g.TaskStatus = taskStatus(l)
	g.TaskRunning = g.TaskStatus == taskRunning
	g.ServiceRunning = g.TaskRunning
	switch {
	case l.State == health.StatePaused:
		g.Status = "paused"
	case g.TaskRunning:
		g.Status = "running"
	}
	if g.TaskStatus == taskCrashed {
		g.TaskError = cmp.Or(l.LastError, string(l.State))
	}
	if l.LastError != "" {
		g.LastError, g.LastErrorAt = l.LastError, l.LastErrorAt.UTC()
	}
	return g
}

// taskStatus maps a life on the four words. A part without a supervisor has begun a run, or it would not be known; of
// its end no word would come.
func taskStatus(l health.Lifecycle) string {
	//exhaustive:enforce
	switch l.State {
	case health.StateNotStarted:
		return taskNotStarted
	case health.StateStopping, health.StateStopped:
		return taskStopped
	case health.StateBackoff:
		if l.LastError == "" { // it ended without an error and is awaited back
			return taskStopped
		}
		return taskCrashed
	case health.StateStalled, health.StateCrashed:
		return taskCrashed
	case health.StateStarting, health.StateRunning, health.StatePaused:
	}
	return taskRunning
}
