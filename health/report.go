package health

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Verdict is the answer of a Report.
type Verdict int

// The verdicts, from the best to the worst.
const (
	Healthy   Verdict = iota // every part makes progress
	Degraded                 // working, and something is wrong that may pass
	Unhealthy                // a part does not do its work
)

func (v Verdict) String() string {
	switch v {
	case Healthy:
		return "healthy"
	case Degraded:
		return "degraded"
	case Unhealthy:
		return "unhealthy"
	}
	return fmt.Sprintf("Verdict(%d)", int(v))
}

// MarshalText returns the verdict's name.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Report is the state of the system at one moment. It is a copy.
//
// Its verdict is the worst of its supervised parts'. A part's own children (see Child) are judged together: the part is
// degraded when one of them is not healthy and unhealthy when none of them is better than that, so that one delisted
// symbol of fifty does not stop the other forty-nine. A part that is paused, stopped or not started is not expected to
// make progress, and neither are its children.
//
// The verdict has a memory. Silence counts from the last progress, however often the part is restarted since; only what
// was planned is excused: an Idle, a pause, a stop that a person asked for. Runs that ended by themselves within a window
// make the part degraded and then unhealthy (see Limits), an abandoned run that still lives makes it degraded, and a run
// that has not called Ready in time does as well. A run of errors ends with the run of the service that had it.
type Report struct {
	Verdict Verdict
	At      time.Time
	Uptime  time.Duration
	Reasons []string     // why the verdict is not Healthy, worst first
	Parts   []PartReport // by path
}

// Part returns the report of the part at path.
func (r Report) Part(path string) (PartReport, bool) {
	i, ok := slices.BinarySearchFunc(r.Parts, path, func(p PartReport, path string) int { return cmp.Compare(p.Path, path) })
	if !ok {
		return PartReport{}, false
	}
	return r.Parts[i], true
}

// PartReport is the state of one part.
type PartReport struct {
	Path            string
	Verdict         Verdict
	Reason          string // why the verdict is not Healthy
	Lifecycle       Lifecycle
	Limits          Limits
	Idle            bool      // its silence is planned
	LastProgress    time.Time // the last Observe of nil; zero for none yet
	ErrorRun        int       // errors since then
	ObservedError   string    // the last one of them, or of those before
	ObservedErrorAt time.Time
	Counts          map[string]int64 // what the part counted, by name; see Count
	Conditions      []Raised         // what the part has raised, by key; see Raise
	Falls           int              // runs that ended by themselves within the window of its Limits, as far as they are judged
	Zombies         int              // runs that were abandoned and still live
	ZombiesSince    time.Time        // when the first of them was abandoned
	Unready         bool             // its present run has not called Ready, as its policy asks it to

	owner    string        // path of the part that this one is a child of
	silence  time.Duration // since the last progress, without planned silence
	loading  time.Duration // how long its run has been unready
	readyIn  time.Duration // how long it may be
	inactive bool          // no progress is expected of it
}

// Report judges all parts as of now. It waits for no part, and costs about a microsecond for each.
func (r *Registry) Report() Report {
	now := r.clock.Now()
	records, zombies := r.all()
	report := Report{At: now, Uptime: now.Sub(r.started), Parts: make([]PartReport, 0, len(records))}
	for _, rec := range records {
		if p, ok := rec.report(now); ok {
			report.Parts = append(report.Parts, p)
		}
	}
	slices.SortFunc(report.Parts, func(a, b PartReport) int { return cmp.Compare(a.Path, b.Path) })
	report.addZombies(zombies)
	report.judge()
	report.sumUp()
	return report
}

func (r *Registry) all() ([]*record, []zombie) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var zombies []zombie
	for z := range r.zombies {
		zombies = append(zombies, *z)
	}
	return r.root.below(nil), zombies
}

// report copies what is known of the part. It is false for one that was forgotten meanwhile and for a child that its
// owner's present run has not asked for: the owner may have dropped it, and nothing is known of it any more.
func (rec *record) report(now time.Time) (PartReport, bool) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.current == nil || !rec.current.speaksLocked() {
		return PartReport{}, false
	}
	p := PartReport{
		Path: rec.path, Lifecycle: rec.lifecycle.get(), Idle: rec.current.idleAt(now),
		silence: now.Sub(rec.silentSinceLocked()),
	}
	if w := rec.said; w != nil {
		p.Limits, p.LastProgress, p.Counts = w.limits, w.lastProgress, maps.Clone(w.counts)
		p.ErrorRun, p.ObservedError, p.ObservedErrorAt = w.errorRun, w.lastError, w.lastErrorAt
		p.Conditions = w.raised()
	}
	if past := rec.lifecycle.past; past != nil {
		rec.reportPastLocked(&p, past, now)
	}
	if owner := rec.current.owner; owner != nil {
		p.owner = owner.Path()
	}
	return p, true
}

// reportPastLocked adds what is remembered of the part's runs.
func (rec *record) reportPastLocked(p *PartReport, past *past, now time.Time) {
	up := now.Sub(rec.current.registry.started)
	p.Falls = past.falls.since(up - cmp.Or(p.Limits.RestartWindow, DefaultRestartWindow))
	if past.ready > 0 && p.Lifecycle.State.working() && !rec.current.readied.Load() {
		p.Unready, p.loading, p.readyIn = true, up-rec.began, past.ready
	}
}

// silentSinceLocked returns the latest of the part's last progress and the end of its last planned silence, be it a wait
// of its own or a rest of the part or one of its owners. A run that begins is neither.
func (rec *record) silentSinceLocked() time.Time {
	counted := max(rec.rose, time.Duration(rec.current.idle.Load()))
	for owner := rec.current.owner; owner != nil; owner = owner.owner {
		counted = max(counted, owner.record.lastRose())
	}
	since := rec.current.registry.started.Add(counted)
	if rec.said != nil {
		since = latest(since, rec.said.lastProgress)
	}
	return since
}

func (rec *record) lastRose() time.Duration {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.rose
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (r *Report) sumUp() {
	for v := Unhealthy; v > Healthy; v-- {
		for _, p := range r.Parts {
			if p.Verdict == v && p.owner == "" {
				r.Verdict = max(r.Verdict, v)
				r.Reasons = append(r.Reasons, p.Path+": "+p.Reason)
			}
		}
	}
}
