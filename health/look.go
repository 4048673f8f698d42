package health

import (
	"cmp"
	"maps"
	"math"
	"time"
)

// look is one Report in the making. It takes over what the last one has said of a part where that would be said again:
// nothing changed, and no limit was reached meanwhile.
type look struct {
	registry *Registry
	now      time.Time
	up       time.Duration // now, since the Registry's start

	owner *Part // whose state is above: children of one part follow each other
	above above

	reports []PartReport // room for parts that no report has told of
	states  []PartState
	fresh   int // how many those may be
}

// place returns where a part is to be described. The first descriptions of many parts are made by the hundred, which
// halves what they cost; later ones replace them one by one.
func (l *look) place(rec *record) *PartReport {
	if rec.last != nil {
		return &PartReport{PartState: new(PartState)}
	}
	if len(l.states) == 0 {
		n := min(100, max(1, l.fresh))
		l.reports, l.states = make([]PartReport, n), make([]PartState, n)
	}
	l.fresh--
	p := &l.reports[0]
	p.PartState = &l.states[0]
	l.reports, l.states = l.reports[1:], l.states[1:]
	return p
}

// above is what a part has to know of the parts that it is a child of.
type above struct {
	isCurrent bool          // their runs are the current ones
	inactive  bool          // one of them is
	changedAt time.Duration // the latest of theirs
}

// of returns the state of the owner, which may be nil.
func (l *look) of(owner *Part) above {
	if owner == nil {
		return above{isCurrent: true}
	}
	if owner != l.owner {
		l.owner, l.above = owner, chain(owner)
	}
	return l.above
}

func chain(owner *Part) above {
	a := above{isCurrent: true}
	for ; owner != nil; owner = owner.owner {
		rec := owner.record
		rec.mu.Lock()
		a.isCurrent = a.isCurrent && rec.current == owner
		a.inactive = a.inactive || rec.lifecycle.state.inactive()
		a.changedAt = max(a.changedAt, rec.changedAt)
		rec.mu.Unlock()
	}
	return a
}

// part returns what is to be said of a part without its children. It is nil for one that was forgotten meanwhile and for
// a child that its owner's present run has not asked for: the owner may have dropped it, and nothing is known of it.
func (l *look) part(rec *record, z zombieGroup) *PartReport {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.current == nil {
		return nil
	}
	above := l.of(rec.current.owner)
	if !above.isCurrent {
		return nil
	}
	idle := time.Duration(rec.current.idle.Load())
	if p := rec.last; p != nil && rec.news < newState && p.Zombies == z.count && p.ZombiesSince.Equal(z.since) &&
		p.holdsStill(l.up, idle, above) {
		if rec.news == noNews {
			return p
		}
		if next := l.progress(rec, p); next.quiet <= p.Limits.MaxSilence || !p.monitored() {
			rec.last, rec.news = next, noNews
			return next
		}
	}
	p := l.describe(rec, above, idle)
	p.Zombies, p.ZombiesSince = z.count, z.since
	p.evaluate()
	p.hold()
	rec.last, rec.news = p, noNews
	return p
}

// holdsStill reports whether the same would be said now.
func (p *PartReport) holdsStill(up, idle time.Duration, above above) bool {
	return p.made <= up && up < p.until && !p.hasAge && p.idle == idle && p.above == above
}

// progress returns the report of a part that has made progress since the last one, and has done nothing else.
func (l *look) progress(rec *record, last *PartReport) *PartReport {
	p := &PartReport{PartState: last.PartState, LastProgress: rec.words.lastProgress, made: l.up}
	p.quiet = l.quiet(rec, p)
	p.hold()
	return p
}

// quiet returns for how long the part has made no progress, without silence that was planned.
func (l *look) quiet(rec *record, p *PartReport) time.Duration {
	return l.now.Sub(latest(l.registry.started.Add(max(rec.changedAt, p.idle, p.above.changedAt)), p.LastProgress))
}

// describe copies what is known of the part.
func (l *look) describe(rec *record, above above, idle time.Duration) *PartReport {
	p := l.place(rec)
	*p.PartState = PartState{
		Path: rec.path, Lifecycle: rec.lifecycle.get(), Idle: l.up < idle, holds: math.MaxInt64, idle: idle, above: above,
	}
	p.made = l.up
	p.inactive = above.inactive || p.Lifecycle.State.inactive()
	if w := rec.words; w != nil {
		p.Limits, p.LastProgress, p.Counts = w.limits, w.lastProgress, maps.Clone(w.counts)
		p.ErrorRun, p.ObservedError, p.ObservedErrorAt = w.errorRun, w.lastError, w.lastErrorAt
		p.Conditions = w.raised()
	}
	if rec.current.owner != nil {
		p.owner = rec.current.owner.Path()
	}
	p.quiet = l.quiet(rec, p)
	if p.Idle {
		p.holdUntil(idle)
	}
	if past := rec.lifecycle.past; past != nil {
		l.describePast(p, rec, past)
	}
	return p
}

// describePast adds what is remembered of the part's runs.
func (l *look) describePast(p *PartReport, rec *record, past *past) {
	window := cmp.Or(p.Limits.RestartWindow, defaultRestartWindow)
	var first time.Duration
	if p.RecentFailures, first = past.failures.since(l.up - window); p.RecentFailures > 0 {
		p.holdUntil(first + window)
	}
	if past.ready > 0 && p.Lifecycle.State.working() && !rec.current.isReady.Load() {
		p.Unready, p.loading, p.readyIn = true, l.up-rec.began, past.ready
		if p.loading <= p.readyIn {
			p.holdUntil(rec.began + p.readyIn + 1)
		}
	}
}

// holdUntil says that something else is to be said of the part from that time on, since the Registry's start.
func (p *PartState) holdUntil(up time.Duration) { p.holds = min(p.holds, up) }

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// maxReportAge is for how long ages may be old that a Report has told.
const maxReportAge = time.Second

// Current reports whether a Report that is made now would tell the same verdicts and states as this one, which the
// Registry has made. Its ages, such as the time of the last progress, and its counts are then at most a second old. A
// Report that is asked for by many is made once, and shown for as long as it is current. It takes a few nanoseconds.
func (r *Registry) Current(report Report) bool {
	up := r.uptime()
	return report.epoch == r.epoch.Load() && up >= report.Uptime && up < min(report.until, report.Uptime+maxReportAge)
}

// changed says that something other than an age has changed.
func (r *Registry) changed() { r.epoch.Add(1) }
