package healthhttp

import (
	"bytes"
	"encoding/json"
	"maps"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// document is the answer of /health. What the host adds comes between its two halves, because people read the beginning.
// A time that never was is left out.
type document struct {
	summary summary
	extra   map[string]any
	list    list
}

type summary struct {
	Status        health.Verdict `json:"status"`
	UptimeSeconds float64        `json:"uptime_seconds"`
	Time          time.Time      `json:"time"`
	Reasons       []string       `json:"reasons"` // why the status is not healthy, worst first
}

type list struct {
	Parts []part `json:"parts"` // by path
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

	Asked        bool        `json:"asked,omitempty"`           // a person wants it down or paused
	Unready      bool        `json:"unready,omitempty"`         // its run has not said yet that it is ready
	Falls        int         `json:"recent_failures,omitempty"` // runs that ended by themselves of late
	Zombies      int         `json:"zombies,omitempty"`         // abandoned runs that still live
	ZombiesSince time.Time   `json:"zombies_since,omitzero"`
	Conditions   []condition `json:"conditions,omitempty"`

	Counts map[string]int64 `json:"counts,omitempty"`
}

// condition is what a part says of itself until it does not hold any more.
type condition struct {
	Key    string         `json:"key"`
	Status health.Verdict `json:"status"`
	Text   string         `json:"text"`
	Remedy string         `json:"remedy,omitempty"`
	Person bool           `json:"person,omitempty"` // a person has to act
	Since  time.Time      `json:"since"`
}

func newDocument(report health.Report, extra map[string]any) document {
	d := document{
		summary: summary{
			Status:        report.Verdict,
			UptimeSeconds: report.Uptime.Seconds(),
			Time:          report.At.UTC(),
			Reasons:       append([]string{}, report.Reasons...), // [] rather than null
		},
		extra: maps.Clone(extra),
		list:  list{make([]part, 0, len(report.Parts))},
	}
	for _, name := range []string{"status", "uptime_seconds", "time", "reasons", "parts"} {
		delete(d.extra, name) // a name twice in one object would be read by some as the first, by others as the last
	}
	for _, p := range report.Parts {
		d.list.Parts = append(d.list.Parts, newPart(p))
	}
	return d
}

// encode writes the document as one JSON object.
func (d document) encode() ([]byte, error) {
	members := []any{d.summary, d.list}
	if len(d.extra) > 0 {
		members = []any{d.summary, d.extra, d.list}
	}
	var body, one bytes.Buffer
	encoder := json.NewEncoder(&one)
	encoder.SetEscapeHTML(false) // nosniff: no browser takes it for HTML, and people read it
	for i, m := range members {
		one.Reset()
		if err := encoder.Encode(m); err != nil {
			return nil, err
		}
		body.WriteByte("{,"[min(i, 1)])
		body.Write(bytes.TrimSuffix(bytes.TrimPrefix(one.Bytes(), []byte("{")), []byte("}\n")))
	}
	body.WriteString("}\n")
	return body.Bytes(), nil
}

func newPart(p *health.PartReport) part {
	l := p.Lifecycle
	out := part{
		Path: p.Path, Status: p.Verdict, Reason: p.Reason, State: l.State, Since: l.Since.UTC(), Restarts: l.Restarts,
		LastEnd: l.LastEnd, NextRestartAt: l.NextRestart.UTC(), Attempt: l.Attempt, MaxAttempts: l.MaxAttempts, Done: l.Done,
		Idle: p.Idle, LastProgress: p.LastProgress.UTC(), ErrorRun: p.ErrorRun, Counts: p.Counts,
		Asked: l.Asked, Unready: p.Unready, Falls: p.Falls, Zombies: p.Zombies, ZombiesSince: p.ZombiesSince.UTC(),
	}
	for _, c := range p.Conditions {
		out.Conditions = append(out.Conditions, condition{c.Key, c.Verdict, c.Text, c.Remedy, c.Person, c.Since.UTC()})
	}
	if l.LastError != "" { // an end without an error has a time as well
		out.LastError, out.LastErrorAt = l.LastError, l.LastErrorAt.UTC()
	}
	if p.ObservedError != "" {
		out.ObservedError, out.ObservedErrorAt = p.ObservedError, p.ObservedErrorAt.UTC()
	}
	return out
}
