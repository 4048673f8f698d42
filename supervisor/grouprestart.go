package supervisor

import (
	"slices"
	"time"
)

// failLocked is what follows a child's failure where the Strategy restarts groups: the restart counts in the child's own
// budget and in its group's, which a person's wish makes full again, and the child waits with the others. The child's mu is held.
func (gr *groupRunner) failLocked(c *child, end End, now time.Time) {
	gr.mu.Lock()
	defer gr.mu.Unlock()
	if gr.downLocked(c) {
		gr.joinRestartLocked(c, now) // one more reason for a restart that is under way
		return
	}
	from := 0
	if gr.session.supervisor.cfg.Strategy == RestForOne {
		from = c.order
	}
	if gr.phase == groupDown && !gr.hold { // an earlier sibling, whose restart takes the others along as well
		gr.from = from
		gr.joinRestartLocked(c, now)
		gr.workLocked()
		return
	}
	h := c.historyLocked()
	if now.Sub(gr.began) >= c.policy().Stable || h.round != gr.round {
		h.spent, h.round = 0, gr.round
	}
	d := gr.session.bound(gr.takeRestartLocked(c.policy(), &h.spent, now), now)
	gr.attempt = Attempt{h.spent, max(0, c.policy().MaxRestarts)}
	c.followLocked(gr.session, end, d, now)
	if d == escalate || d == escalateAll {
		return
	}
	gr.takeDownLocked(c, d, from, now)
}

// takeRestartLocked spends one restart of the child's budget and one of the group's, which is as large as the largest
// of its members. Members of one policy share one budget, as in OTP, and one that may fail often uses up no other's.
func (gr *groupRunner) takeRestartLocked(p *Policy, spent *int, now time.Time) decision {
	if now.Sub(gr.began) >= p.Stable {
		gr.spent = 0
	}
	d := p.takeRestart(spent)
	if most := gr.budget(); d == restart && most != Unlimited && gr.spent >= most {
		d = p.exhausted(spent)
	}
	if gr.spent++; d == park {
		gr.spent = 0
	}
	return d
}

// budget is how often the group may be restarted in a row.
func (gr *groupRunner) budget() int {
	most := 0
	for _, c := range gr.session.supervisor.snapshot() {
		switch n := c.policy().MaxRestarts; {
		case c.policy().Restart == Temporary:
		case n == Unlimited:
			return Unlimited
		default:
			most = max(most, n)
		}
	}
	return most
}

// joinRestartLocked lets the child wait for a restart that others have caused. The child's mu is held too.
func (gr *groupRunner) joinRestartLocked(c *child, now time.Time) {
	if gr.hold {
		c.stepLocked(inGroupHeld, now)
		return
	}
	c.historyLocked().due = gr.due
	c.tellFailureLocked()
	c.stepLocked(inGroupDelayed, now)
}

// showLocked shows what a child that waits for its turn is waiting for. While the group is being started there is nothing
// to say. The child's mu is held.
func (gr *groupRunner) showLocked(c *child, now time.Time) {
	gr.mu.Lock()
	defer gr.mu.Unlock()
	if gr.downLocked(c) && (c.history == nil || !c.history.parked) {
		gr.joinRestartLocked(c, now)
	}
}

// takeDownLocked asks for the group to go down because of a child, whose mu is held too.
func (gr *groupRunner) takeDownLocked(c *child, d decision, from int, now time.Time) {
	gr.phase, gr.from, gr.hold, gr.failed = groupDown, from, d == parkForever || d == giveUp, []*child{c}
	gr.due = time.Time{}
	if !gr.hold {
		gr.due = c.history.due
		c.tellFailureLocked()
		if d == park { // an alarm waits for nobody: the siblings may be deaf, or the tree may stop meanwhile
			c.stepLocked(inParked, now)
			gr.session.emit(Parked{Stamp{c.path, now}, gr.due})
			gr.failed = nil
		} else {
			c.stepLocked(inDelayed, now)
		}
	}
	c.stepLocked(inGroupDown, now)
	gr.workLocked()
}

// restartGroup takes the group down and waits until it is to be started again. It is false where it is not known when
// that is, or the session ends.
func (gr *groupRunner) restartGroup() bool {
	sess := gr.session
	for {
		gr.mu.Lock()
		from, due, hold := gr.from, gr.due, gr.hold
		gr.mu.Unlock()
		gr.stopFrom(from)
		if sess.ctx.Err() != nil {
			return false
		}
		if hold {
			gr.showWaiting(from, time.Time{})
			if gr.waitsForever(from) {
				return false
			}
			continue
		}
		wait := due.Sub(sess.clock.Now())
		if due.IsZero() || wait <= 0 {
			if gr.release(from, due) {
				return true
			}
			continue
		}
		timer := sess.clock.After(wait) // armed before it is announced
		gr.showWaiting(from, due)
		select {
		case <-timer:
		case <-gr.nudge:
		case <-sess.ctx.Done():
		}
	}
}

// waitsForever ends the goroutine of a group of which it is not known when to start it, unless there is something new
// after all.
func (gr *groupRunner) waitsForever(from int) bool {
	gr.mu.Lock()
	defer gr.mu.Unlock()
	if !gr.hold || gr.from != from {
		return false
	}
	gr.busy = false
	return true
}

// release lets the group start, unless more of it has to go down first or its time has changed.
func (gr *groupRunner) release(from int, due time.Time) bool {
	gr.mu.Lock()
	defer gr.mu.Unlock()
	if gr.from != from || !gr.due.Equal(due) {
		return false
	}
	gr.phase, gr.failed = groupStarting, nil
	return true
}

// stopFrom stops the children from the given order on, the last one first. Each has its StopTimeout, of which the watch
// makes sure.
func (gr *groupRunner) stopFrom(from int) {
	sess := gr.session
	for _, c := range slices.Backward(sess.supervisor.snapshot()) {
		if c.order < from {
			return
		}
		for gone := gr.askDown(c); gone != nil; gone = gr.askDown(c) {
			select {
			case <-gone:
			case <-sess.ctx.Done():
				return
			}
		}
	}
}

// askDown asks the child to stop and to wait for its turn. It returns what closes when it has, nil if it is down. A
// temporary child is not coming back.
func (gr *groupRunner) askDown(c *child) <-chan struct{} {
	sess := gr.session
	c.mu.lockToChange()
	defer c.mu.unlock()
	if c.session != sess || c.life.is(closes) {
		return nil
	}
	in := inGroupDown
	if c.policy().Restart == Temporary {
		in = inGroupLeft
	}
	now := sess.clock.Now()
	fx := c.stepLocked(in, now)
	if c.guard != nil && fx&endsRun != 0 {
		c.interruptLocked(sess, ErrGroup, now)
		return c.guard.goneLocked()
	}
	if c.life.desired == toRemove {
		c.forgetLocked(sess) // here and nowhere else: stopFrom asks again when its guard has gone
	}
	return nil
}

// showWaiting shows what the children of a group that is down are waiting for: each in its status, and the one that
// caused it in an event.
func (gr *groupRunner) showWaiting(from int, due time.Time) {
	sess := gr.session
	gr.mu.Lock()
	failed := gr.failed
	gr.failed = nil
	gr.mu.Unlock()
	now := sess.clock.Now()
	for _, c := range sess.supervisor.snapshot() {
		if c.order < from {
			continue
		}
		c.mu.lockToChange()
		waits := c.session == sess && c.guard == nil && c.life.wanted() && c.life.is(queued)
		if waits && c.life.phase != isBlocked {
			gr.showOneLocked(c, slices.Contains(failed, c), due, now)
		}
		c.mu.unlock()
	}
}

// showOneLocked shows what one child is waiting for. Its mu is held, and not the group's.
func (gr *groupRunner) showOneLocked(c *child, cause bool, due, now time.Time) {
	switch h := c.historyLocked(); {
	case due.IsZero():
		c.stepLocked(inGroupHeld, now) // one that is done or given up says so
	case cause && h.due.Equal(due): // otherwise it was wanted in this very moment
		c.announceLocked(gr.session, now)
	case !h.parked:
		h.due = due
		c.tellFailureLocked()
		c.stepLocked(inGroupDelayed, now)
	}
}

// askLocked is a person's wish that a child of a group that is down runs: the group starts, with a full budget. The
// child's mu is held.
func (gr *groupRunner) askLocked(c *child, now time.Time) {
	gr.mu.Lock()
	defer gr.mu.Unlock()
	if gr.phase == groupDown && !gr.downLocked(c) {
		return // it is not one of those that are down
	}
	gr.round++
	gr.spent = 0
	gr.attempt = Attempt{}
	if gr.phase == groupDown {
		gr.due, gr.hold = now, false
		c.historyLocked().due = now // as soon as its siblings have stopped
		c.tellFailureLocked()
		gr.workLocked()
	}
}
