package health

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// judge adds the children to the verdict on each part. A part's path begins with its owner's, so in the order of paths
// owners come before their children, and backwards after them.
func (r *Report) judge() {
	families := make(map[string]*family) // whose owner is still to come
	var last *family                     // of the owner of that path: children follow each other
	var owner string
	for i := len(r.Parts) - 1; i >= 0; i-- {
		p := r.Parts[i]
		if p.Path == owner || len(families) > 1 { // else no family is this part's, and it need not be looked for
			if f := families[p.Path]; f != nil && f.worst != nil {
				p = p.answerFor(f)
				r.Parts[i] = p
			}
			delete(families, p.Path)
		}
		if p.owner == "" {
			continue
		}
		if last == nil || owner != p.owner {
			owner, last = p.owner, families[p.owner]
			if last == nil {
				last = &family{}
				families[owner] = last
			}
		}
		last.add(p)
	}
}

// judge sets the verdict on the part without its children.
func (p *PartReport) judge() {
	p.judgeLifecycle()
	p.judgePast()
	p.judgeConditions()
	if p.inactive || p.Verdict == Unhealthy {
		return
	}
	p.silent = p.watched() && p.quiet > p.Limits.MaxSilence
	switch {
	case p.silent:
		p.aged = true
		p.worsen(Unhealthy, p.silence())
	case p.ErrorRun >= cmp.Or(p.Limits.MaxErrors, defaultMaxErrors):
		p.worsen(Unhealthy, p.errorRunReason())
	case p.ErrorRun > 0:
		p.worsen(Degraded, p.errorRunReason())
	}
}

// watched reports whether the part's silence is judged now.
func (p *PartState) watched() bool { return !p.Idle && !p.inactive && p.Limits.MaxSilence > 0 }

// hold sets for how long the report holds.
func (p *PartReport) hold() {
	p.until = p.holds
	if p.watched() && p.quiet <= p.Limits.MaxSilence {
		p.until = min(p.until, p.made+p.Limits.MaxSilence-p.quiet+1)
	}
}

// silence says how long the part has been silent and, where it has said it, why.
func (p *PartReport) silence() string {
	reason := fmt.Sprintf("no progress for %s (limit %s)", p.quiet.Round(time.Millisecond), p.Limits.MaxSilence)
	if p.ErrorRun > 0 {
		reason += "; " + p.errorRunReason()
	}
	return reason
}

// judgePast judges what is remembered of the part's runs.
func (p *PartReport) judgePast() {
	if p.Zombies > 0 {
		p.worsen(Degraded, fmt.Sprintf("%d abandoned %s still running, since %s",
			p.Zombies, plural(p.Zombies, "run is", "runs are"), p.ZombiesSince.UTC().Format(time.RFC3339)))
	}
	if p.Unready && p.loading > p.readyIn {
		p.aged = true
		p.worsen(Degraded, fmt.Sprintf("not ready for %s (limit %s)", p.loading.Round(time.Second), p.readyIn))
	}
	if p.inactive {
		return
	}
	window := cmp.Or(p.Limits.RestartWindow, defaultRestartWindow)
	reason := func(limit int) string {
		return fmt.Sprintf("%d runs ended within %s (limit %d), last: %s",
			p.Falls, window, limit, cmp.Or(p.Lifecycle.LastError, "without an error"))
	}
	poor, ill := cmp.Or(p.Limits.DegradedRestarts, defaultDegradedRestarts), cmp.Or(p.Limits.MaxRestarts, defaultMaxRestarts)
	switch {
	case ill > 0 && p.Falls >= min(ill, mostFalls):
		p.worsen(Unhealthy, reason(ill))
	case poor > 0 && p.Falls >= poor:
		p.worsen(Degraded, reason(poor))
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func (p *PartReport) errorRunReason() string {
	if p.ErrorRun == 1 {
		return "1 error, last: " + p.ObservedError
	}
	return fmt.Sprintf("%d errors in a row, last: %s", p.ErrorRun, p.ObservedError)
}

func (p *PartReport) judgeLifecycle() {
	l := p.Lifecycle
	//exhaustive:enforce
	switch l.State {
	case StateBackoff, StateStalled, StateCrashed:
		reason := string(l.State)
		if cause := l.Cause(); cause != "" {
			reason += ": " + cause
		}
		if l.State == StateCrashed && !l.NextRestart.IsZero() {
			reason += ", parked until " + l.NextRestart.UTC().Format(time.RFC3339)
		}
		p.worsen(Unhealthy, reason)
	case StateNotStarted, StateStarting, StateStopping, StatePaused:
		p.worsen(Degraded, string(l.State))
	case StateStopped:
		if !l.Done {
			p.worsen(Degraded, string(l.State))
		}
	case StateRunning:
	}
}

// worsen keeps the worse verdict of two, and of two equal ones the first.
func (p *PartReport) worsen(v Verdict, reason string) {
	if v > p.Verdict {
		p.Verdict, p.Reason = v, reason
	}
}

// family counts the children of one part.
type family struct {
	total, unhealthy int
	worst            *PartReport // the first by path; nil while all are healthy
}

func (f *family) add(p *PartReport) {
	f.total++
	if p.Verdict == Unhealthy {
		f.unhealthy++
	}
	if p.Verdict > Healthy && (f.worst == nil || p.Verdict >= f.worst.Verdict) {
		f.worst = p
	}
}

// answerFor returns the part with its children, one of whom is not healthy, counted in its verdict. Where the part itself
// is silent and does not say why, its worst child may.
func (p *PartReport) answerFor(f *family) *PartReport {
	all := p.copied()
	verdict := Degraded
	if f.unhealthy == f.total {
		verdict = Unhealthy
	}
	reason := strings.TrimPrefix(f.worst.Path, p.Path+"/") + ": " + f.worst.Reason
	if all.silent && all.ErrorRun == 0 {
		all.Reason += "; " + reason
	}
	all.worsen(verdict, reason)
	return all
}
