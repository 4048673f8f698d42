package health

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// evaluate adds the children to the verdict on each part. A part's path begins with its owner's, so in the order of
// paths owners come before their children, and backwards after them.
func (r *Report) evaluate() {
	groups := make(map[string]*family) // whose owner is still to come
	var last *family                   // of the owner of that path: children follow each other
	var owner string
	for i := len(r.Parts) - 1; i >= 0; i-- {
		p := r.Parts[i]
		if p.Path == owner || len(groups) > 1 { // else no family is this part's, and it need not be looked for
			if f := groups[p.Path]; f != nil && f.worst != nil {
				p = p.answerFor(f)
				r.Parts[i] = p
			}
			delete(groups, p.Path)
		}
		if p.owner == "" {
			continue
		}
		if last == nil || owner != p.owner {
			owner, last = p.owner, groups[p.owner]
			if last == nil {
				last = &family{}
				groups[owner] = last
			}
		}
		last.add(p)
	}
}

// evaluate sets the verdict on the part without its children.
func (p *PartReport) evaluate() {
	p.evaluateLifecycle()
	p.evaluateHistory()
	p.evaluateConditions()
	if p.inactive || p.Verdict == Unhealthy {
		return
	}
	p.silent = p.monitored() && p.quiet > p.Limits.MaxSilence
	switch {
	case p.silent:
		p.hasAge = true
		p.downgrade(Unhealthy, p.setSilent(), p.Limits.Remedy)
	case p.ErrorRun >= cmp.Or(p.Limits.MaxErrors, defaultMaxErrors):
		p.downgrade(Unhealthy, p.errorRunReason(), p.Limits.Remedy)
	case p.ErrorRun > 0:
		p.downgrade(Degraded, p.errorRunReason(), p.Limits.Remedy)
	}
}

// monitored reports whether the part's silence is judged now.
func (p *PartState) monitored() bool { return !p.Idle && !p.inactive && p.Limits.MaxSilence > 0 }

// hold sets for how long the report holds.
func (p *PartReport) hold() {
	p.until = p.holds
	if p.monitored() && p.quiet <= p.Limits.MaxSilence {
		p.until = min(p.until, p.made+p.Limits.MaxSilence-p.quiet+1)
	}
}

// setSilent says how long the part has been silent and, where it has said it, why.
func (p *PartReport) setSilent() string {
	reason := fmt.Sprintf("no progress for %s (limit %s)", p.quiet.Round(time.Millisecond), p.Limits.MaxSilence)
	if p.ErrorRun > 0 {
		reason += "; " + p.errorRunReason()
	}
	return reason
}

// evaluateHistory judges what is remembered of the part's runs.
func (p *PartReport) evaluateHistory() {
	if p.Zombies > 0 {
		p.downgrade(Degraded, fmt.Sprintf("%d abandoned %s still running, since %s",
			p.Zombies, pluralize(p.Zombies, "run is", "runs are"), p.ZombiesSince.UTC().Format(time.RFC3339)), remedyZombies)
	}
	if p.Unready && p.loading > p.readyIn {
		p.hasAge = true
		reason := fmt.Sprintf("not ready for %s (limit %s)", p.loading.Round(time.Second), p.readyIn)
		p.downgrade(Degraded, reason, p.Limits.Remedy)
	}
	if p.inactive {
		return
	}
	window := cmp.Or(p.Limits.RestartWindow, defaultRestartWindow)
	reason := func(limit int) string {
		return fmt.Sprintf("%d runs ended within %s (limit %d), last: %s",
			p.RecentFailures, window, limit, cmp.Or(p.Lifecycle.LastError, "without an error"))
	}
	some, many := cmp.Or(p.Limits.DegradedRestarts, defaultDegradedRestarts), cmp.Or(p.Limits.MaxRestarts, defaultMaxRestarts)
	switch {
	case many > 0 && p.RecentFailures >= min(many, maxFailures):
		p.downgrade(Unhealthy, reason(many), remedyRestarts)
	case some > 0 && p.RecentFailures >= some:
		p.downgrade(Degraded, reason(some), remedyRestarts)
	}
}

func pluralize(n int, one, many string) string {
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

func (p *PartReport) evaluateLifecycle() {
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
		p.downgrade(Unhealthy, reason, l.remedy())
	case StateNotStarted, StateStarting, StateStopping, StatePaused:
		p.downgrade(Degraded, string(l.State), l.remedy())
	case StateStopped:
		if !l.Done {
			p.downgrade(Degraded, string(l.State), l.remedy())
		}
	case StateRunning:
	}
}

// What ends the troubles of a part's life.
const (
	remedyRestarts = "look at what ends it: it counts until the window is over"
	remedyZombies  = "have the run's code end with its context; what it holds is free with a new process only"
)

// remedy says what ends the state that the part is in.
func (l Lifecycle) remedy() string {
	//exhaustive:enforce
	switch l.State {
	case StateBackoff:
		return "it is begun again by itself, and may be restarted at once"
	case StateStalled:
		return "it is replaced as soon as its run returns; if it never does, a new process is needed"
	case StateCrashed:
		if !l.NextRestart.IsZero() {
			return "it is begun again by itself then, and may be restarted at once"
		}
		return "look at why it ended, then restart it, or the process"
	case StatePaused:
		return "resume it"
	case StateStopped:
		return "restart it"
	case StateNotStarted, StateStarting, StateRunning, StateStopping:
	}
	return "" // it passes
}

// downgrade keeps the worse verdict of two, and of two equal ones the first.
func (p *PartReport) downgrade(v Verdict, reason, remedy string) {
	if v > p.Verdict {
		p.Verdict, p.Reason, p.Remedy = v, reason, remedy
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
	all.downgrade(verdict, reason, f.worst.Remedy)
	all.Remedy = cmp.Or(all.Remedy, f.worst.Remedy)
	return all
}
