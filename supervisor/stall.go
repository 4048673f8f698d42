package supervisor

import (
	"math"
	"time"
)

// These files are the watch over a child that runs: watch.go (when to look), stall.go (what is found and done: a start
// is verified, a stall declared, a run abandoned, its zombie kept in view) and stack.go (where a stalled run stands).
// Read stall.go first, from look on.

// setAlarmLocked sets when the watch is to look at the run next.
func (c *child) setAlarmLocked(sess *session, r *run, now time.Time) {
	if in := c.nextLookLocked(r, now.Sub(r.started)); in != never {
		sess.watch.set(c, r.started.Add(in))
	}
}

const never = time.Duration(math.MaxInt64)

// nextLookLocked returns when the watch is to look at the run next, since its start; so long it has run.
func (c *child) nextLookLocked(r *run, ran time.Duration) time.Duration {
	next := never
	if r.termination != nil && !r.termination.abandonAt.IsZero() {
		next = r.termination.abandonAt.Sub(r.started)
	}
	if c.life.phase == isStarting {
		next = min(next, c.policy().Verify)
	}
	if c.policy().Ready > 0 && ran < c.policy().Ready {
		next = min(next, c.policy().Ready)
	}
	if c.policy().Stall > 0 && r.termination == nil && !r.suspect {
		tick := c.policy().tick()
		next = min(next, (ran/tick+1)*tick)
	}
	return next
}

// look is the watch's look at a child whose alarm rang, late by so much: it verifies a start, dates the last beat, and
// gives up a run that was asked to end and did not. It returns the run if it seems to have stalled, and reports
// whether the child is to be launched.
func (c *child) look(sess *session, now time.Time, late time.Duration) (stalled *run, launch bool) {
	c.mu.lockToChange()
	defer c.mu.unlock()
	r := c.run
	if r == nil || c.session != sess || c.life.is(closes) {
		return nil, false
	}
	if c.life.phase == isStarting && now.Sub(r.started) >= c.policy().Verify {
		c.stepLocked(inVerified, now)
		sess.emit(Verified{Stamp{c.path, now}})
	}
	if c.policy().Ready > 0 && !r.notReady && now.Sub(r.started) >= c.policy().Ready && r.termination == nil &&
		!r.health.IsReady() {
		r.notReady = true
		sess.emit(NotReady{Stamp{c.path, now}, c.policy().Ready})
	}
	if t := r.termination; t != nil && !t.abandonAt.IsZero() && !now.Before(t.abandonAt) {
		return nil, c.abandonLocked(sess, now)
	}
	if r.termination == nil && c.policy().Stall > 0 && !r.suspect {
		r.beat += late // no beat could be seen while the watch itself stood still
		exempt := c.exemptLocked(r, now)
		if r.health.TakeBeat() || r.health.IdleAt(now) || exempt || r.exempt {
			r.beat, r.resetCount = now.Sub(r.started), 0
		}
		r.exempt = exempt
		if now.Sub(r.started)-r.beat >= c.policy().Stall {
			r.suspect = true
			stalled = r
		}
	}
	c.setAlarmLocked(sess, r, now)
	return stalled, false
}

// exemptLocked reports whether no beat can be expected of the run: it was told to idle, or it is still starting, for
// which a policy with a Ready gives it time.
func (c *child) exemptLocked(r *run, now time.Time) bool {
	return c.life.is(idles) || c.policy().Ready > 0 && now.Sub(r.started) < c.policy().Ready && !r.health.IsReady()
}

// addStack adds the stack of a run that has stalled, found late.
func (c *child) addStack(r *run, stack string) {
	c.mu.lockToChange()
	defer c.mu.unlock()
	if !r.stalledLocked() {
		return
	}
	r.termination.stack = stack
	if h := c.history; h != nil && h.end == EndStalled && h.stack == "" {
		h.stack = stack
	}
}

// stalled declares the run stalled, unless it has beaten or ended meanwhile, or the whole process is starved: it is asked
// to stop, and says why.
func (c *child) stalled(sess *session, r *run, stack string, starved bool) {
	c.mu.lockToChange()
	defer c.mu.unlock()
	r.suspect = false
	if c.run != r || r.termination != nil || c.life.is(closes) {
		return
	}
	now := sess.clock.Now()
	if r.health.TakeBeat() || r.health.IdleAt(now) || c.exemptLocked(r, now) {
		r.beat = now.Sub(r.started)
		c.setAlarmLocked(sess, r, now)
		return
	}
	if starved && c.resetSilenceLocked(sess, r, now) {
		return
	}
	stall := &StallError{Silence: now.Sub(r.started) - r.beat, Limit: c.policy().Stall}
	r.setDeadlineLocked(now, c.policy().StopTimeout)
	r.termination.stall, r.termination.stack = stall, stack
	c.historyLocked().stalls++
	c.recordEndLocked(stallOutcome(stall, stack), now)
	c.stepLocked(inStalled, now)
	sess.emit(Stalled{Stamp{c.path, now}, stall.Silence, stall.Limit, stack})
	c.setAlarmLocked(sess, r, now)
	r.cancel(stall)
}

func stallOutcome(stall *StallError, stack string) outcome {
	text := stall.Error()
	return outcome{End: End{Kind: EndStalled, Err: stall, Stack: stack, text: text}, text: text}
}

// abandonLocked gives up a run that was asked to end and does not. It reports whether another may begin beside it.
func (c *child) abandonLocked(sess *session, now time.Time) (launch bool) {
	r := c.run
	asked := r.stopRequested
	if asked {
		sess.emit(StopTimedOut{Stamp{c.path, now}, now.Sub(r.termination.requestedAt)})
	}
	c.makeZombieLocked(now, now)
	blocked := c.blockedByZombieLocked()
	sess.emit(Abandoned{Stamp{c.path, now}, len(c.zombiesLocked()), !blocked && c.life.wanted()})
	switch {
	case !c.life.wanted():
		c.downLocked(now)
		return false
	case blocked:
		if !asked {
			c.historyLocked().pendingRun = r
		}
		c.stepLocked(inBlocked, now)
		return false
	}
	if !asked {
		c.handleEndLocked(r, outcome{}, now)
	}
	return !c.life.held()
}

// makeZombieLocked gives the present run up: its guard is in charge no more, and what it says does not count.
func (c *child) makeZombieLocked(asked, now time.Time) {
	r := c.run
	r.setDeadlineLocked(asked, Forever)
	r.termination.abandonedAt = now
	r.termination.ended = r.guard.session.registry.Abandon(c.path, now)
	h := c.historyLocked()
	h.zombies = append(h.zombies, r)
	c.guard.abandonLocked()
	c.guard, c.run = nil, nil
	c.health = r.guard.session.registry.Begin(c.path)
}

// zombieEndedLocked takes note that a zombie has ended after all. It returns the session in which the child may now be
// launched, if it waited for that.
func (c *child) zombieEndedLocked(r *run, now time.Time) *session {
	own := r.guard.session
	r.termination.ended()
	h := c.historyLocked()
	for i, z := range h.zombies {
		if z == r {
			h.zombies = append(h.zombies[:i:i], h.zombies[i+1:]...)
			break
		}
	}
	own.supervisor.dropOrphan(r)
	sess := c.session
	if sess == nil {
		sess = own
	}
	sess.emit(ZombieEnded{Stamp{c.path, now}, now.Sub(r.termination.abandonedAt)})
	if c.session == nil || c.blockedByZombieLocked() {
		return nil
	}
	stalled := h.pendingRun
	h.pendingRun = nil
	switch {
	case c.life.phase != isBlocked: // it did not wait for this, or does so no more
		return nil
	case stalled != nil:
		c.handleEndLocked(stalled, outcome{}, now)
	default:
		c.downLocked(now)
	}
	return sess
}
