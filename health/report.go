package health

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
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
// symbol of fifty does not stop the other forty-nine.
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
	Path         string
	Verdict      Verdict
	Reason       string // why the verdict is not Healthy
	Lifecycle    Lifecycle
	Limits       Limits
	Idle         bool      // its silence is planned
	LastProgress time.Time // the last Observe of nil; zero for none yet
	ErrorRun     int       // errors since then
	LastError    string
	LastErrorAt  time.Time

	owner string // path of the part that this one is a child of
}

// Report judges all parts as of now. It takes microseconds and waits for nobody.
func (r *Registry) Report() Report {
	now := r.clock.Now()
	r.mu.Lock()
	records := make([]*record, 0, len(r.records))
	for _, rec := range r.records {
		records = append(records, rec)
	}
	r.mu.Unlock()

	report := Report{At: now, Uptime: now.Sub(r.started), Parts: make([]PartReport, 0, len(records))}
	for _, rec := range records {
		if !rec.ofAnEndedRun() {
			report.Parts = append(report.Parts, rec.report(now))
		}
	}
	slices.SortFunc(report.Parts, func(a, b PartReport) int { return cmp.Compare(a.Path, b.Path) })
	report.judgeOwners()
	report.sumUp()
	return report
}

// ofAnEndedRun tells whether the record is a child that its owner's present run has not asked for: the owner may have
// dropped it, and nobody can say anything of it any more.
func (rec *record) ofAnEndedRun() bool {
	if rec.owner == nil {
		return false
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return !rec.current.speaksLocked()
}

func (rec *record) report(now time.Time) PartReport {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	p := PartReport{
		Path: rec.path, Lifecycle: rec.lifecycle, Limits: rec.limits,
		LastProgress: rec.lastProgress,
		ErrorRun:     rec.errorRun, LastError: rec.lastError, LastErrorAt: rec.lastErrorAt,
	}
	silentSince := rec.began
	if rec.lastProgress.After(silentSince) {
		silentSince = rec.lastProgress
	}
	if rec.current != nil {
		p.Idle = rec.current.IdleAt(now)
		if until := rec.current.idle.Load(); until != 0 && until != untilNextBeat && until > silentSince.UnixNano() {
			silentSince = time.Unix(0, until)
		}
	}
	if rec.owner != nil {
		p.owner = rec.owner.path
	}
	p.judge(now.Sub(silentSince))
	return p
}

// judge sets the verdict on the part itself.
func (p *PartReport) judge(silence time.Duration) {
	p.judgeLifecycle()
	if p.Lifecycle.State == StatePaused || p.Lifecycle.State == StateStopped || p.Verdict == Unhealthy {
		return // no progress is expected of it
	}
	maxErrors := cmp.Or(p.Limits.MaxErrors, DefaultMaxErrors)
	switch {
	case !p.Idle && p.Limits.MaxSilence > 0 && silence > p.Limits.MaxSilence:
		p.worsen(Unhealthy, fmt.Sprintf("no progress for %s (limit %s)", silence.Round(time.Millisecond), p.Limits.MaxSilence))
	case p.ErrorRun >= maxErrors:
		p.worsen(Unhealthy, fmt.Sprintf("%d errors in a row, last: %s", p.ErrorRun, p.LastError))
	case p.ErrorRun > 0:
		p.worsen(Degraded, fmt.Sprintf("%d errors in a row, last: %s", p.ErrorRun, p.LastError))
	}
}

func (p *PartReport) judgeLifecycle() {
	l := p.Lifecycle
	switch l.State {
	case StateBackoff, StateStalled, StateCrashed:
		reason := string(l.State)
		if l.Error != "" {
			reason += ": " + l.Error
		}
		p.worsen(Unhealthy, reason)
	case StateNotStarted, StateStarting, StateStopping:
		p.worsen(Degraded, string(l.State))
	case StatePaused:
		p.worsen(Degraded, "paused")
	case StateStopped:
		if !l.Done {
			p.worsen(Degraded, "stopped")
		}
	}
}

func (p *PartReport) worsen(v Verdict, reason string) {
	if v > p.Verdict {
		p.Verdict, p.Reason = v, reason
	}
}

// judgeOwners counts the children in their owners' verdicts, the deepest first.
func (r *Report) judgeOwners() {
	index := make(map[string]int, len(r.Parts))
	for i, p := range r.Parts {
		index[p.Path] = i
	}
	type tally struct {
		total, ill int
		worst      PartReport
	}
	tallies := make(map[string]*tally)
	deepestFirst := slices.Clone(r.Parts)
	slices.SortFunc(deepestFirst, func(a, b PartReport) int {
		return cmp.Or(cmp.Compare(strings.Count(b.Path, "/"), strings.Count(a.Path, "/")), cmp.Compare(a.Path, b.Path))
	})
	for _, p := range deepestFirst {
		i := index[p.Path]
		if t := tallies[p.Path]; t != nil && t.worst.Verdict > Healthy {
			verdict := Degraded
			if t.ill == t.total {
				verdict = Unhealthy
			}
			r.Parts[i].worsen(verdict, strings.TrimPrefix(t.worst.Path, p.Path+"/")+": "+t.worst.Reason)
		}
		if p.owner == "" {
			continue
		}
		t := tallies[p.owner]
		if t == nil {
			t = &tally{}
			tallies[p.owner] = t
		}
		p = r.Parts[i]
		t.total++
		if p.Verdict == Unhealthy {
			t.ill++
		}
		if p.Verdict > t.worst.Verdict {
			t.worst = p
		}
	}
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
