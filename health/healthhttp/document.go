package healthhttp

import (
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// document is the answer of /health. A time that never was is left out.
type document struct {
	Status           health.Verdict `json:"status"`
	UptimeSeconds    float64        `json:"uptime_seconds"`
	Time             time.Time      `json:"time"`
	Reasons          []string       `json:"reasons"` // why the status is not healthy, worst first
	SignalGeneration *generation    `json:"signal_generation,omitempty"`
	Parts            []part         `json:"parts"` // by path
}

// part is one part of the system. Its last_error is why its last run ended, as in the supervisor's status; what went
// wrong inside a run that went on is its observed_error.
type part struct {
	Path            string         `json:"path"`
	Status          health.Verdict `json:"status"`
	Reason          string         `json:"reason,omitempty"`
	State           health.State   `json:"state,omitempty"` // none without a supervisor
	Since           time.Time      `json:"since,omitzero"`
	Restarts        int            `json:"restarts"`
	LastError       string         `json:"last_error,omitempty"`
	LastErrorAt     time.Time      `json:"last_error_at,omitzero"`
	LastEnd         string         `json:"last_end,omitempty"` // how it ended: error, panic, returned, goexit, stalled
	NextRestartAt   time.Time      `json:"next_restart_at,omitzero"`
	Attempt         int            `json:"attempt,omitempty"`      // which restart in a row this run is, or the next
	MaxAttempts     int            `json:"max_attempts,omitempty"` // of so many
	Done            bool           `json:"done,omitempty"`
	Idle            bool           `json:"idle"`
	LastProgress    time.Time      `json:"last_progress,omitzero"`
	ErrorRun        int            `json:"error_run"`
	ObservedError   string         `json:"observed_error,omitempty"`
	ObservedErrorAt time.Time      `json:"observed_error_at,omitzero"`

	Counts map[string]int64 `json:"counts,omitempty"`
}

func newDocument(report health.Report, generationPath string) document {
	d := document{
		Status:        report.Verdict,
		UptimeSeconds: report.Uptime.Seconds(),
		Time:          report.At.UTC(),
		Reasons:       append([]string{}, report.Reasons...), // [] rather than null
		Parts:         make([]part, 0, len(report.Parts)),
	}
	for _, p := range report.Parts {
		d.Parts = append(d.Parts, newPart(p))
	}
	if generationPath != "" {
		p, known := report.Part(generationPath)
		d.SignalGeneration = newGeneration(p, known)
	}
	return d
}

func newPart(p health.PartReport) part {
	l := p.Lifecycle
	out := part{
		Path: p.Path, Status: p.Verdict, Reason: p.Reason, State: l.State, Since: l.Since.UTC(), Restarts: l.Restarts,
		LastEnd: l.End, NextRestartAt: l.Next.UTC(), Attempt: l.Attempt, MaxAttempts: l.Attempts, Done: l.Done,
		Idle: p.Idle, LastProgress: p.LastProgress.UTC(), ErrorRun: p.ErrorRun, Counts: p.Counts,
	}
	if l.Error != "" { // an end without an error has a time as well
		out.LastError, out.LastErrorAt = l.Error, l.ErrorAt.UTC()
	}
	if p.LastError != "" {
		out.ObservedError, out.ObservedErrorAt = p.LastError, p.LastErrorAt.UTC()
	}
	return out
}
