package health

import (
	"cmp"
	"fmt"
	"maps"
	"math"
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
	Reasons []string      // why the verdict is not Healthy, worst first
	Parts   []*PartReport // by path; reports share those of parts of which nothing has changed: they are only to be read

	epoch uint64        // of the Registry when it was made
	until time.Duration // since the Registry's start: from here on a limit may have been reached
}

// Part returns the report of the part at path, a copy.
func (r Report) Part(path string) (PartReport, bool) {
	i, ok := r.find(path)
	if !ok {
		return PartReport{PartState: new(PartState)}, false
	}
	p := *r.Parts[i].copied()
	p.Counts, p.Conditions = maps.Clone(p.Counts), slices.Clone(p.Conditions)
	return p, true
}

// SilentSince returns from when on the silence of a part of this report counts: its last progress, or the end of what was
// planned since. It is false where silence is not judged now. What the part may take from then on is its Limits.MaxSilence.
func (r Report) SilentSince(p *PartReport) (time.Time, bool) {
	if !p.monitored() {
		return time.Time{}, false
	}
	return r.At.Add(p.made - p.quiet - r.Uptime), true
}

// copied returns one whose state is its own.
func (p *PartReport) copied() *PartReport {
	report, state := *p, *p.PartState
	report.PartState = &state
	return &report
}

func (r *Report) find(path string) (i int, found bool) {
	return slices.BinarySearchFunc(r.Parts, path, func(p *PartReport, path string) int { return cmp.Compare(p.Path, path) })
}

// PartReport is the state of one part.
type PartReport struct {
	*PartState
	LastProgress time.Time // the last Observe of nil; zero for none yet

	quiet       time.Duration // since the last progress, without planned silence
	made, until time.Duration // since the Registry's start: for how long it holds if nothing changes
}

// PartState is what a PartReport tells besides progress. Reports share it while the part does nothing but make progress,
// which halves what most of them cost.
type PartState struct {
	Path            string
	Verdict         Verdict
	Reason          string // why the verdict is not Healthy
	Remedy          string // what ends that, where it is known
	Lifecycle       Lifecycle
	Limits          Limits
	Idle            bool   // its silence is planned
	ErrorRun        int    // errors since the last progress
	ObservedError   string // the last one of them, or of those before
	ObservedErrorAt time.Time
	Counts          map[string]int64 // what the part counted, by name; see Count
	Conditions      []Raised         // what the part has raised, by key; see Raise
	RecentFailures  int              // runs that ended by themselves within the window of its Limits, as far as they are judged
	Zombies         int              // runs that were abandoned and still live
	ZombiesSince    time.Time        // when the first of them was abandoned
	Unready         bool             // its present run has not called Ready, as its policy asks it to

	owner    string        // path of the part that this one is a child of
	loading  time.Duration // how long its run has been unready
	readyIn  time.Duration // how long it may be
	inactive bool          // no progress is expected of it
	silent   bool          // it has been quiet for too long
	hasAge   bool          // its reason tells an age
	holds    time.Duration // since the Registry's start: until then, if nothing changes and it is not silent
	idle     time.Duration // what Idle said
	above    above         // what its owners are like
}

// Report judges all parts as of now. It waits for no part. A part of which nothing has changed since the last report
// costs about a tenth of a microsecond, one that has made progress two, and one of which more is new half of one or more.
func (r *Registry) Report() Report {
	epoch := r.epoch.Load() // before all else: what changes from here on may be in the report or not
	now := r.clock.Now()
	records, zombies := r.all()
	l := &look{registry: r, now: now, up: now.Sub(r.started), fresh: len(records)}
	report := Report{At: now, Uptime: l.up, Parts: make([]*PartReport, 0, len(records)), epoch: epoch, until: math.MaxInt64}
	for _, rec := range records {
		z, dead := zombies[rec.path]
		p := l.part(rec, z)
		if p == nil {
			continue
		}
		report.Parts = append(report.Parts, p)
		report.until = min(report.until, p.until)
		if dead {
			delete(zombies, rec.path)
		}
	}
	report.addGone(zombies)
	report.evaluate()
	report.sumUp()
	return report
}

// all returns the records by path, and the zombies.
func (r *Registry) all() ([]*record, map[string]zombieGroup) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.orderedLocked(), r.zombiesLocked()
}

// has reports whether a part is in the report.
func (r *Report) has(path string) bool {
	if path == "" {
		return false
	}
	_, found := r.find(path)
	return found
}

// sumUp makes the system's verdict of those of the parts that are nobody's children here.
func (r *Report) sumUp() {
	var degraded []string
	for _, p := range r.Parts {
		if p.Verdict == Healthy || r.has(p.owner) {
			continue
		}
		reason := p.Path + ": " + p.Reason
		if p.Verdict == Degraded {
			degraded = append(degraded, reason)
		} else {
			r.Reasons = append(r.Reasons, reason)
		}
		r.Verdict = max(r.Verdict, p.Verdict)
	}
	r.Reasons = append(r.Reasons, degraded...)
}
