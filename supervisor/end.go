package supervisor

import (
	"context"
	"time"

	"github.com/thejerf/suture/v4"
)

// These files are the end of a run: run.go (how it ended) and end.go (what follows: a restart and when, a park, an
// escalation, or nothing). Where groups restart, grouprestart.go decides. Read run.go first.

// endedOnRequest takes note of the most common end: the run was asked to end, and says that it was. It reports whether
// it was that one, and when. It stands apart because what ended needs of the stack would be copied for each child of a
// tree that stops.
func (c *child) endedOnRequest(r *run, err error) (now time.Time, quiet bool) {
	if err != context.Canceled || r.ctx.Err() == nil { //nolint:errorlint // the rest is for ended
		return now, false
	}
	c.mu.lockToChange()
	defer c.mu.unlock()
	if c.run != r || !r.stopRequested {
		return now, false
	}
	c.run = nil
	sess := r.guard.session
	now = sess.clock.Now()
	if sess.listens {
		sess.emit(Stopped{Stamp{c.path, now}})
	}
	return now, true
}

// ended takes note of the end of a run.
func (c *child) ended(r *run, end End) time.Time {
	o := r.outcomeOf(end)
	r.cancel(nil)
	now := r.guard.session.clock.Now()
	c.mu.lockToChange()
	if end.Kind == EndPanic {
		c.historyLocked().panics++
	}
	if r.abandonedLocked() {
		next := c.zombieEndedLocked(r, now)
		c.mu.unlock()
		if next != nil {
			c.launch(next)
		}
		return now
	}
	defer c.mu.unlock()
	c.run = nil
	c.handleEndLocked(r, o, now)
	return now
}

// handleEndLocked decides what follows the end of a run, and does it.
func (c *child) handleEndLocked(r *run, o outcome, now time.Time) {
	sess := r.guard.session
	if r.stalledLocked() {
		t := r.termination
		o = stallOutcome(t.stall, t.stack)
	}
	if r.stopRequested || sess.ctx.Err() != nil {
		c.stoppedOnRequestLocked(sess, o, now)
		return
	}
	ran := now.Sub(r.started)
	p := c.policy()
	switch {
	case o.Err == suture.ErrDoNotRestart: //nolint:errorlint // wrapped it is an end like any other
		c.finishLocked(sess, outcome{End: End{Kind: EndReturned}}, now)
		return
	case p.Restart == Transient && o.Clean():
		c.finishLocked(sess, o, now)
		return
	}
	c.historyLocked().failures++
	failedStart := p.Verify != Off && ran < p.Verify
	if failedStart {
		c.failedStarts++
	}
	c.recordEndLocked(o, now)
	if sess.listens {
		sess.emit(Failed{Stamp{c.path, now}, o.End, ran, failedStart})
	}
	switch {
	case o.Err == suture.ErrTerminateSupervisorTree: //nolint:errorlint // as above
		c.followLocked(sess, o.End, escalate, now)
		if p.Restart == Temporary {
			c.forgetLocked(sess)
		}
	case p.Restart == Temporary:
		c.finishLocked(sess, o, now)
	case sess.group.restartsGroups():
		sess.group.failLocked(c, o.End, now)
	default:
		h := c.historyLocked()
		if ran >= p.Stable {
			h.spent = 0
		}
		c.followLocked(sess, o.End, sess.bound(p.takeRestart(&h.spent), now), now)
	}
}

// decision is what follows a failure.
type decision int

const (
	restart     decision = iota // after the delay
	park                        // a new round, after CoolDown
	parkForever                 // down until a person wants it
	escalate
	escalateAll // because of all children together
	giveUp
)

// takeRestart spends one restart of a budget, or says what the policy wants when none is left.
func (p *Policy) takeRestart(spent *int) decision {
	if p.MaxRestarts == Unlimited || *spent < p.MaxRestarts {
		*spent++
		return restart
	}
	return p.exhausted(spent)
}

// exhausted is what the policy wants when no restart is left.
func (p *Policy) exhausted(spent *int) decision {
	switch {
	case p.Exhausted == Escalate:
		return escalate
	case p.Exhausted == GiveUp:
		return giveUp
	case p.CoolDown == Forever:
		return parkForever
	}
	*spent = 0
	return park
}

// followLocked does what follows a failure, as far as it concerns this child. A run that is to begin again is noted in
// the history as due: the child's guard, or the one to come, waits for that time and says so then.
func (c *child) followLocked(sess *session, end End, d decision, now time.Time) {
	h := c.historyLocked()
	//exhaustive:enforce
	switch d {
	case restart:
		h.due = now.Add(c.policy().Backoff.delay(h.spent, c.jitterLocked(sess)))
	case park:
		h.parked, h.due = true, now.Add(c.policy().Backoff.jitter(c.policy().CoolDown, c.jitterLocked(sess)))
	case parkForever:
		c.stepLocked(inCrashed, now)
		sess.emit(Parked{Stamp: Stamp{c.path, now}})
	case giveUp:
		c.stepLocked(inCrashed, now)
		sess.emit(GaveUp{Stamp{c.path, now}})
	case escalate, escalateAll: // the supervisor's parent decides, because the supervisor stops
		c.stepLocked(inCrashed, now)
		sess.emit(Escalated{Stamp{c.path, now}, end})
		sess.escalate(c, end, d == escalateAll)
	}
}

// finishLocked ends a child whose work is done. Of a temporary one nothing is kept.
func (c *child) finishLocked(sess *session, o outcome, now time.Time) {
	c.recordEndLocked(o, now)
	if o.Clean() {
		c.stepLocked(inFinished, now)
	} else {
		c.stepLocked(inRemoved, now)
	}
	sess.emit(Finished{Stamp{c.path, now}})
	if c.policy().Restart == Temporary {
		c.forgetLocked(sess)
	}
}

// stoppedOnRequestLocked takes note of an end that was wanted. What the service says beside "canceled" is kept as its
// real reason.
func (c *child) stoppedOnRequestLocked(sess *session, o outcome, now time.Time) {
	if !o.Clean() && !o.canceled {
		c.recordEndLocked(o, now)
	}
	if o.unstopped != nil {
		c.historyLocked().unstopped = o.unstopped
	}
	sess.emit(Stopped{Stamp{c.path, now}})
}

// recordEndLocked keeps why the last run ended, for the status; a clean end clears it.
func (c *child) recordEndLocked(o outcome, now time.Time) {
	h := c.historyLocked()
	h.end, h.text, h.at, h.stack = o.Kind, o.text, now, o.Stack
	c.tellFailureLocked()
}
