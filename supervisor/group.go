package supervisor

import (
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// failGroupLocked is what follows a failure where the Strategy restarts groups: the budget is the group's, and the child
// waits with the others.
func (c *child) failGroupLocked(n *session, end End, now time.Time) {
	d := n.conductor
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.downLocked(c) {
		c.joinRestartLocked(d, now) // one more reason for a restart that is under way
		return
	}
	from := 0
	if n.supervisor.cfg.Strategy == RestForOne {
		from = c.order
	}
	if d.phase == down && !d.hold { // an earlier sibling, whose restart takes the others along as well
		d.from = from
		c.joinRestartLocked(d, now)
		d.workLocked()
		return
	}
	if now.Sub(d.began) >= c.policy.Stable {
		d.spent = 0
	}
	s := c.policy.follow(&d.spent)
	c.applyLocked(n, end, s, d.spent, now)
	if s == escalates {
		return
	}
	d.takeDownLocked(c, s, from, now)
}

// joinRestartLocked lets the child wait for a restart that others have caused. The conductor's mu is held too.
func (c *child) joinRestartLocked(d *conductor, now time.Time) {
	c.grouped = true
	state := health.StateStopped
	if !d.hold {
		c.pastLocked().due = d.due
		c.setPastLocked()
		state = health.StateBackoff
	}
	c.setStateLocked(state, now)
}

// show shows what a child that waits for its turn is waiting for. While the group is being started there is nothing to say.
func (d *conductor) show(c *child, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.downLocked(c) && (c.past == nil || !c.past.parked) {
		c.joinRestartLocked(d, now)
	}
}

// takeDownLocked asks for the group to go down because of a child.
func (d *conductor) takeDownLocked(c *child, s sequel, from int, now time.Time) {
	c.grouped = true
	d.phase, d.from, d.hold, d.causes = down, from, s == parksLong || s == givesUp, []*child{c}
	d.due = time.Time{}
	if !d.hold {
		d.due = c.past.due
		state := health.StateBackoff
		if s == parks {
			state = health.StateCrashed
		}
		c.setPastLocked()
		c.setStateLocked(state, now)
	}
	d.workLocked()
}

// regroup takes the group down and waits until it is to be started again. It is false where nobody knows when that is,
// or the session ends.
func (d *conductor) regroup() bool {
	n := d.session
	for {
		d.mu.Lock()
		from, due, hold := d.from, d.due, d.hold
		d.mu.Unlock()
		d.lower(from)
		if n.ctx.Err() != nil {
			return false
		}
		if hold {
			d.showResting(from, time.Time{})
			if d.rests(from) {
				return false
			}
			continue
		}
		wait := due.Sub(n.clock.Now())
		if due.IsZero() || wait <= 0 {
			if d.release(from, due) {
				return true
			}
			continue
		}
		timer := n.clock.After(wait) // armed before it is announced
		d.showResting(from, due)
		select {
		case <-timer:
		case <-d.nudge:
		case <-n.ctx.Done():
		}
	}
}

// rests ends the goroutine of a group that nobody knows when to start, unless there is something new after all.
func (d *conductor) rests(from int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.hold || d.from != from {
		return false
	}
	d.busy = false
	return true
}

// release lets the group start, unless more of it has to go down first or its time has changed.
func (d *conductor) release(from int, due time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.from != from || !d.due.Equal(due) {
		return false
	}
	d.phase, d.causes = starting, nil
	return true
}

// lower stops the children from the given order on, the last one first. Each has its StopTimeout, of which the watch
// makes sure.
func (d *conductor) lower(from int) {
	n := d.session
	for _, c := range slices.Backward(n.supervisor.snapshot()) {
		if c.order < from {
			return
		}
		for gone := c.askDown(n); gone != nil; gone = c.askDown(n) {
			select {
			case <-gone:
			case <-n.ctx.Done():
				return
			}
		}
	}
}

// askDown asks the child to stop and to wait for its turn. It returns what closes when it has, nil if it is down. A
// temporary child is not coming back.
func (c *child) askDown(n *session) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session != n || c.wanted == toStop {
		return nil
	}
	now := n.clock.Now()
	c.grouped = true
	if c.policy.Restart == Temporary {
		c.wanted = toLeave
	}
	if c.guard != nil {
		c.interruptLocked(n, ErrGroup, now)
		return c.guard.goneLocked()
	}
	if c.wanted == toLeave {
		c.forgetLocked(n) // here and nowhere else: lower asks again when its guard has gone
	}
	return nil
}

// showResting shows what the children of a group that is down are waiting for: each in its status, and the one that
// caused it in an event.
func (d *conductor) showResting(from int, due time.Time) {
	n := d.session
	d.mu.Lock()
	causes := d.causes
	d.causes = nil
	d.mu.Unlock()
	now := n.clock.Now()
	for _, c := range n.supervisor.snapshot() {
		if c.order < from {
			continue
		}
		c.mu.Lock()
		if c.session == n && c.grouped && c.guard == nil && c.wanted == toRun && !c.waiting {
			c.showRestingLocked(n, slices.Contains(causes, c), due, now)
		}
		c.mu.Unlock()
	}
}

func (c *child) showRestingLocked(n *session, cause bool, due, now time.Time) {
	switch past := c.pastLocked(); {
	case c.held && due.IsZero(): // it is done or given up, and says so
	case due.IsZero():
		c.setStateLocked(health.StateStopped, now)
	case cause && past.due.Equal(due): // otherwise somebody has asked for it in this moment
		c.announceLocked(n, now)
	case !past.parked:
		past.due = due
		c.setPastLocked()
		c.setStateLocked(health.StateBackoff, now)
	}
}

// ask is somebody's wish that a child of a group that is down runs: the group starts, with a full budget.
func (d *conductor) ask(c *child, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase == down && !d.downLocked(c) {
		return // it is not one of those that are down
	}
	d.spent = 0
	if d.phase == down {
		d.due, d.hold = now, false
		c.pastLocked().due = now // as soon as its siblings have stopped
		c.setPastLocked()
		d.workLocked()
	}
}

// awaits tells whether a child that was just added has to wait for its turn, because the group is down.
func (d *conductor) awaits(c *child) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.downLocked(c)
}
