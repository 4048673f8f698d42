package healthhttp

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// document is the answer of /health in two halves, because people read the beginning: what the host adds comes between
// them. A time that never was is left out.
type document struct{ head, tail []byte }

type summary struct {
	Status        health.Verdict `json:"status"`
	UptimeSeconds float64        `json:"uptime_seconds"`
	Time          time.Time      `json:"time"`
	Reasons       []string       `json:"reasons"` // why the status is not healthy, worst first
}

type list struct {
	Parts   []part   `json:"parts"`              // by path
	LeftOut *leftOut `json:"left_out,omitempty"` // only where something was
}

// leftOut says what a summary does not show.
type leftOut struct {
	Parts   map[string]int `json:"parts"` // how many, by their status
	Reasons int            `json:"reasons,omitempty"`
	See     string         `json:"see"` // where all of it is
}

// part is one part of the system. Its last_error is why its last run ended, as in the supervisor's status; what went
// wrong inside a run that went on is its observed_error.
type part struct {
	Path            string         `json:"path"`
	Status          health.Verdict `json:"status"`
	Reason          string         `json:"reason,omitempty"`
	Remedy          string         `json:"remedy,omitempty"` // what ends that
	State           health.State   `json:"state,omitempty"`  // none without a supervisor
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

	Asked          bool        `json:"asked,omitempty"`           // a person wants it down or paused
	Unready        bool        `json:"unready,omitempty"`         // its run has not said yet that it is ready
	RecentFailures int         `json:"recent_failures,omitempty"` // runs that ended by themselves of late
	Zombies        int         `json:"zombies,omitempty"`         // abandoned runs that still live
	ZombiesSince   time.Time   `json:"zombies_since,omitzero"`
	Conditions     []condition `json:"conditions,omitempty"`

	Counts  map[string]int64 `json:"counts,omitempty"`
	LeftOut int              `json:"left_out,omitempty"` // conditions and counts that a summary does not show
}

// condition is what a part says of itself until it does not hold any more.
type condition struct {
	Key    string         `json:"key"`
	Status health.Verdict `json:"status"`
	Text   string         `json:"text"`
	Remedy string         `json:"remedy,omitempty"`
	Person bool           `json:"person,omitempty"` // a person has to act
	Closed bool           `json:"closed,omitempty"` // /readyz answers 503 while it holds
	Since  time.Time      `json:"since"`
}

// encode writes a report with these of its parts.
func encode(report health.Report, parts []part, out *leftOut) (doc document, err error) {
	doc.head, err = answer.JSON(summary{
		Status:        report.Verdict,
		UptimeSeconds: report.Uptime.Seconds(),
		Time:          report.At.UTC(),
		Reasons:       append([]string{}, report.Reasons...), // [] rather than null
	})
	if err != nil {
		return doc, err
	}
	doc.tail, err = answer.JSON(list{parts, out})
	doc.head = bytes.TrimSuffix(doc.head, []byte("}\n"))
	if err == nil {
		doc.tail[0] = ','
	}
	return doc, err
}

// encodeExtra writes what the host adds as the middle of the document.
func encodeExtra(extra map[string]any) ([]byte, error) {
	extra = maps.Clone(extra)
	for _, name := range []string{"status", "uptime_seconds", "time", "reasons", "parts", "left_out"} {
		delete(extra, name) // a name twice in one object would be read by some as the first, by others as the last
	}
	if len(extra) == 0 {
		return nil, nil
	}
	text, err := answer.JSON(extra)
	if err != nil {
		return nil, err
	}
	text[0] = ','
	return bytes.TrimSuffix(text, []byte("}\n")), nil
}

func newParts(parts []*health.PartReport) []part {
	out := make([]part, 0, len(parts))
	for _, p := range parts {
		out = append(out, newPart(p))
	}
	return out
}

// shortPart is a part as a summary shows it: bounded, whatever it is called and has said.
func shortPart(p *health.PartReport) part {
	out := newPart(p)
	for _, text := range []*string{&out.Path, &out.Reason, &out.Remedy, &out.LastError, &out.LastEnd, &out.ObservedError} {
		*text = foreign.Cut(*text, maxText)
	}
	slices.SortStableFunc(out.Conditions, func(a, b condition) int { return cmp.Compare(b.Status, a.Status) })
	if more := len(out.Conditions) - maxConditions; more > 0 {
		out.Conditions, out.LeftOut = out.Conditions[:maxConditions], more
	}
	for i := range out.Conditions {
		c := &out.Conditions[i]
		c.Text, c.Remedy = foreign.Cut(c.Text, maxText), foreign.Cut(c.Remedy, maxText)
	}
	if names := slices.Sorted(maps.Keys(p.Counts)); len(names) > maxCounts {
		out.LeftOut += len(names) - maxCounts
		out.Counts = make(map[string]int64, maxCounts)
		for _, name := range names[:maxCounts] {
			out.Counts[name] = p.Counts[name]
		}
	}
	return out
}

func newPart(p *health.PartReport) part {
	l := p.Lifecycle
	out := part{
		Path: p.Path, Status: p.Verdict, Reason: p.Reason, Remedy: p.Remedy, State: l.State, Since: l.Since.UTC(),
		Restarts: l.Restarts, LastEnd: l.LastEnd, NextRestartAt: l.NextRestart.UTC(),
		Attempt: l.Attempt, MaxAttempts: l.MaxAttempts, Done: l.Done,
		Idle: p.Idle, LastProgress: p.LastProgress.UTC(), ErrorRun: p.ErrorRun, Counts: p.Counts,
		Asked: l.Asked, Unready: p.Unready, RecentFailures: p.RecentFailures,
		Zombies: p.Zombies, ZombiesSince: p.ZombiesSince.UTC(),
	}
	for _, c := range p.Conditions {
		out.Conditions = append(out.Conditions, condition{c.Key, c.Verdict, c.Text, c.Remedy, c.Person, c.Closed, c.Since.UTC()})
	}
	if l.LastError != "" { // an end without an error has a time as well
		out.LastError, out.LastErrorAt = l.LastError, l.LastErrorAt.UTC()
	}
	if p.ObservedError != "" {
		out.ObservedError, out.ObservedErrorAt = p.ObservedError, p.ObservedErrorAt.UTC()
	}
	return out
}
