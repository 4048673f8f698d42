package console

import (
	"net/http"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// generator answers GET /api/generator.
func (a *api) generator(w http.ResponseWriter, r *http.Request) {
	if wrong := unasked(r); wrong != nil {
		refuse(w, r, wrong)
		return
	}
	if a.cfg.Generator == nil {
		absent(w, r, "generator", "Generator")
		return
	}
	shown, err := read(a, r, "generator", func() (generating, error) { return newGenerating(a.cfg.Generator()), nil })
	if err != nil {
		a.unreadable(w, r, "generator", err)
		return
	}
	a.json(w, r, http.StatusOK, shown)
}

// generating is what a generator has done since it was made.
type generating struct {
	Paused     bool       `json:"paused"`
	Cycle      string     `json:"cycle"`          // from one to the next, such as 5s
	Confidence float64    `json:"min_confidence"` // what a signal's must reach
	Cycles     int        `json:"cycles"`
	Overruns   int        `json:"overruns"` // cycles that were still running when the next one was due
	Bars       int        `json:"bars"`
	Signals    int        `json:"signals"`
	Errors     int        `json:"errors"` // symbols that failed in a cycle
	Stale      int        `json:"stale"`  // symbols whose data is stale now
	NotEmitted notEmitted `json:"not_emitted"`
	Faults     faults     `json:"faults"`
	Symbols    []symbol   `json:"symbols"`
}

func newGenerating(s generator.Status) generating {
	shown := generating{
		Paused: s.Paused, Cycle: s.Cycle.String(), Confidence: s.MinConfidence,
		Cycles: s.Cycles, Overruns: s.Overruns, Bars: s.Bars, Signals: s.Signals, Errors: s.Errors,
		Stale: s.Stale, NotEmitted: notEmitted(s.NotEmitted), Faults: newFaults(s.Faults, s.Refused),
		Symbols: make([]symbol, 0, len(s.Symbols)),
	}
	for _, one := range s.Symbols {
		shown.Symbols = append(shown.Symbols, newSymbol(one))
	}
	return shown
}

// notEmitted is generator.NotEmitted.
type notEmitted struct {
	Invalid   int `json:"invalid"`
	Threshold int `json:"threshold"`
	Session   int `json:"session"`
	Warmup    int `json:"warmup"`
	NoData    int `json:"no_data"`
}

// faults are generator.DataFaults, and the bars that cannot be.
type faults struct {
	Gaps       int `json:"gaps"`
	Missing    int `json:"missing"`
	Duplicates int `json:"duplicates"`
	Revised    int `json:"revised"`
	Late       int `json:"late"`
	Overlaps   int `json:"overlaps"`
	Incomplete int `json:"incomplete"`
	OutOfRange int `json:"out_of_range"`
	Flat       int `json:"flat"`
	Refused    int `json:"refused"`
}

func newFaults(f generator.DataFaults, refused int) faults {
	return faults{
		Gaps: f.Gaps, Missing: f.Missing, Duplicates: f.Duplicates, Revised: f.Revised, Late: f.Late, Overlaps: f.Overlaps,
		Incomplete: f.Incomplete, OutOfRange: f.OutOfRange, Flat: f.Flat, Refused: refused,
	}
}

// symbol is generator.SymbolStatus. Times that are not there are never.
type symbol struct {
	Symbol      string     `json:"symbol"`
	LastBar     time.Time  `json:"last_bar,omitzero"` // open of the newest
	DataAge     float64    `json:"data_age_seconds"`
	Loading     bool       `json:"loading"`
	Stale       bool       `json:"stale"`
	LastSuccess time.Time  `json:"last_success,omitzero"`
	ErrorRun    int        `json:"error_run"` // errors since then
	LastError   string     `json:"last_error,omitempty"`
	LastErrorAt time.Time  `json:"last_error_at,omitzero"`
	BusySince   time.Time  `json:"busy_since,omitzero"` // it has not come back since then
	Bars        int        `json:"bars"`
	Signals     int        `json:"signals"`
	Pending     int        `json:"pending"` // signals that wait for the store
	NotEmitted  notEmitted `json:"not_emitted"`
	Faults      faults     `json:"faults"`
}

func newSymbol(s generator.SymbolStatus) symbol {
	shown := symbol{
		Symbol: s.Symbol, LastBar: utc(s.LastBar), DataAge: s.DataAge.Seconds(), Loading: s.Loading, Stale: s.Stale,
		LastSuccess: utc(s.LastSuccess), ErrorRun: s.ErrorRun, LastErrorAt: utc(s.LastErrorAt), BusySince: utc(s.BusySince),
		Bars: s.Bars, Signals: s.Signals, Pending: s.Pending,
		NotEmitted: notEmitted(s.NotEmitted), Faults: newFaults(s.Faults, s.Refused),
	}
	if s.LastError != nil {
		shown.LastError = s.LastError.Error()
	}
	return shown
}

// services answers GET /api/services.
func (a *api) services(w http.ResponseWriter, r *http.Request) {
	if wrong := unasked(r); wrong != nil {
		refuse(w, r, wrong)
		return
	}
	if a.cfg.Tree == nil {
		absent(w, r, "services", "Tree")
		return
	}
	s := a.cfg.Tree.Status()
	parts := make(map[string]*health.PartReport)
	if a.cfg.Registry != nil {
		for _, p := range a.cfg.Registry.Report().Parts {
			parts[p.Path] = p
		}
	}
	a.json(w, r, http.StatusOK, newServed(&s, parts))
}

// served is supervisor.Status. Times that are not there are never.
type served struct {
	Path        string            `json:"path"`
	Name        string            `json:"name"`
	State       health.State      `json:"state"`
	Since       time.Time         `json:"since,omitzero"`
	Starts      int               `json:"starts"`
	Restarts    int               `json:"restarts"`
	LastEnd     supervisor.Ending `json:"last_end,omitempty"`
	LastError   string            `json:"last_error,omitempty"`
	LastErrorAt time.Time         `json:"last_error_at,omitzero"`
	NextRestart time.Time         `json:"next_restart,omitzero"`
	LastBeat    time.Time         `json:"last_beat,omitzero"`
	Zombies     int               `json:"zombies"`
	Wish        supervisor.Wish   `json:"wish,omitempty"` // what a person wants of it
	Done        bool              `json:"done"`
	Stack       string            `json:"stack,omitempty"` // of the last panic or stall
	*healthView                   // nothing where the host has no Registry
	Children    []served          `json:"children,omitempty"`
}

// healthView is what the registry says of a service.
type healthView struct {
	Verdict      health.Verdict `json:"verdict"`
	Reason       string         `json:"reason,omitempty"`
	Remedy       string         `json:"remedy,omitempty"` // what ends that
	Attempt      int            `json:"attempt,omitempty"`
	MaxAttempts  int            `json:"max_attempts,omitempty"`
	LastProgress time.Time      `json:"last_progress,omitzero"`
	Deadline     float64        `json:"deadline_seconds,omitempty"` // without progress, until it counts as silent; 0 for never
	Idle         bool           `json:"idle"`                       // its silence is planned
}

func newHealthView(p *health.PartReport) *healthView {
	if p == nil {
		return nil
	}
	return &healthView{
		Verdict: p.Verdict, Reason: p.Reason, Remedy: p.Remedy, Attempt: p.Lifecycle.Attempt,
		MaxAttempts: p.Lifecycle.MaxAttempts, LastProgress: utc(p.LastProgress), Deadline: p.Limits.MaxSilence.Seconds(),
		Idle: p.Idle,
	}
}

func newServed(s *supervisor.Status, parts map[string]*health.PartReport) served {
	shown := served{
		Path: s.Path, Name: s.Name, State: s.State, Since: utc(s.Since), Starts: s.Starts, Restarts: s.Restarts,
		LastEnd: s.LastEnd, LastError: s.LastError, LastErrorAt: utc(s.LastErrorAt), NextRestart: utc(s.NextRestart),
		LastBeat: utc(s.LastBeat), Zombies: s.Zombies, Wish: s.Wish, Done: s.Done, Stack: s.Stack,
		healthView: newHealthView(parts[s.Path]),
	}
	for _, child := range s.Children {
		shown.Children = append(shown.Children, newServed(child, parts))
	}
	return shown
}
