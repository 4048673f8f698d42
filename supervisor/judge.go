package supervisor

import (
	"time"

	"github.com/thejerf/suture/v4"

	"github.com/seed-5dee1c0a/vigil/health"
)

// judgeLocked decides what follows the end of a run: a restart and when, a park, an escalation, or nothing.
func (c *child) judgeLocked(r *run, v verdict, now time.Time) {
	n := r.guard.session
	if r.stalledLocked() {
		v.End = End{EndStalled, r.trouble.stall, r.trouble.stack}
		v.text, v.cancelled = r.trouble.stall.Error(), false
	}
	if r.asked || n.ctx.Err() != nil {
		c.stoppedAsAskedLocked(n, v, now)
		return
	}
	ran := now.Sub(r.started)
	p := c.policy
	switch {
	case v.Err == suture.ErrDoNotRestart: //nolint:errorlint // wrapped it is an end like any other
		c.finishLocked(n, verdict{End: End{Kind: EndReturned}}, now)
		return
	case p.Restart == Transient && v.Clean():
		c.finishLocked(n, v, now)
		return
	}
	failedStart := p.Verify != Off && ran < p.Verify
	if failedStart {
		c.failedStarts++
	}
	c.recordEndLocked(v, now)
	if n.listens {
		n.emit(Failed{Stamp{c.path, now}, v.End, ran, failedStart})
	}
	switch {
	case p.Restart == Temporary:
		c.finishLocked(n, v, now)
	case v.Err == suture.ErrTerminateSupervisorTree: //nolint:errorlint // as above
		c.escalateLocked(n, v.End, now)
	case n.conductor.groups():
		c.failGroupLocked(n, v.End, now)
	default:
		past := c.pastLocked()
		if ran >= p.Stable {
			past.spent = 0
		}
		c.applyLocked(n, v.End, p.follow(&past.spent), past.spent, now)
	}
}

// sequel is what follows a failure.
type sequel int

const (
	again     sequel = iota // a restart, after the delay
	parks                   // a new round, after CoolDown
	parksLong               // down until somebody asks for it
	escalates
	givesUp
)

// follow spends one restart of a budget, or says what the policy wants when none is left.
func (p *Policy) follow(spent *int) sequel {
	if p.MaxRestarts == Unlimited || *spent < p.MaxRestarts {
		*spent++
		return again
	}
	switch {
	case p.Exhausted == Escalate:
		return escalates
	case p.Exhausted == GiveUp:
		return givesUp
	case p.CoolDown == Forever:
		return parksLong
	}
	*spent = 0
	return parks
}

// applyLocked does what follows a failure, as far as it concerns this child.
func (c *child) applyLocked(n *session, end End, s sequel, spent int, now time.Time) {
	past := c.pastLocked()
	past.spent = spent
	switch s {
	case again:
		past.due = now.Add(c.policy.Backoff.delay(spent, c.jitterLocked(n)))
	case parks:
		past.parked, past.due = true, now.Add(c.policy.CoolDown)
	case parksLong:
		c.holdLocked(health.StateCrashed, now)
		n.emit(Parked{Stamp: Stamp{c.path, now}})
	case escalates:
		c.escalateLocked(n, end, now)
	case givesUp:
		c.holdLocked(health.StateCrashed, now)
		n.emit(GaveUp{Stamp{c.path, now}})
	}
}

// escalateLocked hands the decision to the supervisor's parent, by stopping the supervisor.
func (c *child) escalateLocked(n *session, end End, now time.Time) {
	c.holdLocked(health.StateCrashed, now)
	n.emit(Escalated{Stamp{c.path, now}, end})
	n.escalate(c, end)
}

// finishLocked ends a child whose work is done. Of a temporary one nothing is kept.
func (c *child) finishLocked(n *session, v verdict, now time.Time) {
	c.recordEndLocked(v, now)
	c.done = v.Clean()
	c.holdLocked(health.StateStopped, now)
	n.emit(Finished{Stamp{c.path, now}})
	if c.policy.Restart == Temporary {
		c.forgetLocked(n)
	}
}

func (c *child) holdLocked(state health.State, now time.Time) {
	c.held = true
	c.setStateLocked(state, now)
}

// stoppedAsAskedLocked takes note of an end that somebody wanted. What the service says beside "cancelled" is kept as
// its real reason.
func (c *child) stoppedAsAskedLocked(n *session, v verdict, now time.Time) {
	if !v.Clean() && !v.cancelled {
		c.recordEndLocked(v, now)
	}
	if v.unstopped != nil {
		c.pastLocked().unstopped = v.unstopped
	}
	n.emit(Stopped{Stamp{c.path, now}})
}

// recordEndLocked keeps why the last run ended, for the status; a clean end clears it.
func (c *child) recordEndLocked(v verdict, now time.Time) {
	p := c.pastLocked()
	p.end, p.text, p.at, p.stack = v.Kind, v.text, now, v.Stack
	c.setPastLocked()
}

// forgetLocked keeps nothing of the child, except that a zombie of it would still be a zombie.
func (c *child) forgetLocked(n *session) {
	if c.session != n {
		return // it has been forgotten already, and another may have its name
	}
	c.wanted, c.session = toLeave, nil
	if c.past != nil {
		for _, z := range c.past.zombies {
			n.supervisor.stray(z, c.path)
		}
	}
	n.watch.forget(c)
	n.registry.Forget(c.path)
	n.supervisor.forget(c) // last: from here on the name is free
}
