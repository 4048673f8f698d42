package health

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Below returns what a report says of the part at path and those under it, with a verdict of theirs. It is false where
// there is no such part.
func (r Report) Below(path string) (Report, bool) {
	return r.only(func(p *PartReport) bool { return under(p.Path, path) })
}

// Without returns a report without the parts at some paths and those under them, with a verdict of the others.
func (r Report) Without(paths ...string) Report {
	rest, _ := r.only(func(p *PartReport) bool {
		return !slices.ContainsFunc(paths, func(path string) bool { return under(p.Path, path) })
	})
	return rest
}

func (r Report) only(keep func(*PartReport) bool) (Report, bool) {
	part := Report{At: r.At, Uptime: r.Uptime}
	for _, p := range r.Parts {
		if keep(p) {
			part.Parts = append(part.Parts, p)
		}
	}
	part.sumUp()
	return part, len(part.Parts) > 0
}

// under reports whether path is that of a part or of one below it.
func under(path, of string) bool { return path == of || strings.HasPrefix(path, of+"/") }

// Stuck lists the parts that have been crashed or stalled for longer than limit, and reports whether there are some that
// will be. A process with such a part needs a new one in its place. A part that waits for its restart is not among them:
// it may come back, and a new process would forget how often it was tried.
func (r Report) Stuck(limit time.Duration) (reasons []string, pending bool) {
	for _, p := range r.Parts {
		l := p.Lifecycle
		if l.State != StateCrashed && l.State != StateStalled {
			continue
		}
		age := r.At.Sub(l.Since)
		if age <= limit {
			pending = true
			continue
		}
		reason := fmt.Sprintf("%s: %s for %s (limit %s)", p.Path, l.State, age.Round(time.Second), limit)
		if cause := l.Cause(); cause != "" {
			reason += ": " + cause
		}
		reasons = append(reasons, reason)
	}
	return reasons, pending
}

// NotReady lists why no work should be sent this way: an unhealthy system's reasons, and the parts that were not started,
// have not said yet that they are ready, or are stopping or stopped without a person's wish for it, and conditions that
// stop the work. Degraded is ready: a system with one symbol of fifty gone still does its work.
func (r Report) NotReady() []string {
	if r.Verdict == Unhealthy {
		return r.Reasons
	}
	var reasons []string
	for _, p := range r.Parts {
		l := p.Lifecycle
		down := l.State == StateNotStarted || l.State == StateStopping || l.State == StateStopped
		switch {
		case down && !l.Done && !l.Asked:
			reasons = append(reasons, p.Path+": "+string(l.State))
		case p.Unready:
			reasons = append(reasons, p.Path+": not ready")
		}
		for _, c := range p.Conditions {
			if c.Stops {
				reasons = append(reasons, p.Path+": "+c.Text)
			}
		}
	}
	return reasons
}
