package supervisor

import (
	"math"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// setAlarmLocked sets when the watch is to look at the run next.
func (c *child) setAlarmLocked(n *session, r *run, now time.Time) {
	if in := c.nextLookLocked(r, now.Sub(r.started)); in != never {
		n.watch.set(c, r.started.Add(in))
	}
}

const never = time.Duration(math.MaxInt64)

// nextLookLocked returns when the watch is to look at the run next, since its start; so long it has run.
func (c *child) nextLookLocked(r *run, ran time.Duration) time.Duration {
	next := never
	if r.trouble != nil && !r.trouble.abandonAt.IsZero() {
		next = r.trouble.abandonAt.Sub(r.started)
	}
	if c.state == health.StateStarting {
		next = min(next, c.policy.Verify)
	}
	if c.policy.Stall > 0 && r.trouble == nil && !r.suspect {
		tick := c.policy.tick()
		next = min(next, (ran/tick+1)*tick)
	}
	return next
}

// suspect is a run that seems to have stalled.
type suspect struct {
	child *child
	run   *run
}

// ring looks at every child whose alarm is due.
func (n *session) ring() {
	now := n.clock.Now()
	if late := n.watch.late(now); late >= suspension {
		n.emit(Suspended{Stamp{n.path, now}, late})
	}
	var suspects []suspect
	for c, late := n.watch.pop(now); c != nil; c, late = n.watch.pop(now) {
		r, launch := c.look(n, now, late)
		if r != nil {
			suspects = append(suspects, suspect{c, r})
		}
		if launch {
			n.launch(c)
		}
	}
	if len(suspects) > 0 {
		n.captures.Go(func() { n.capture(suspects) }) // beside the watch
	}
}

// look is the watch's look at a child whose alarm rang, late by so much: it verifies a start, dates the last beat, and
// gives up a run that was asked to end and did not. It returns the run if it seems to have stalled, and tells whether
// the child is to be launched.
func (c *child) look(n *session, now time.Time, late time.Duration) (stalled *run, launch bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.run
	if r == nil || c.session != n || c.wanted == toStop {
		return nil, false
	}
	if c.state == health.StateStarting && now.Sub(r.started) >= c.policy.Verify {
		c.setStateLocked(health.StateRunning, now)
		n.emit(Verified{Stamp{c.path, now}})
	}
	if t := r.trouble; t != nil && !t.abandonAt.IsZero() && !now.Before(t.abandonAt) {
		return nil, c.abandonLocked(n, now)
	}
	if r.trouble == nil && c.policy.Stall > 0 && !r.suspect {
		r.beat += late // nobody could beat, or be seen beating, while the watch itself stood still
		if r.health.TakeBeat() || r.health.IdleAt(now) {
			r.beat = now.Sub(r.started)
		}
		if now.Sub(r.started)-r.beat >= c.policy.Stall {
			r.suspect = true
			stalled = r
		}
	}
	c.setAlarmLocked(n, r, now)
	return stalled, false
}

// captureLimit is how long a stall waits for its stack. Among 100,000 goroutines that are watched it takes seconds to find
// one; the run is asked to stop before that, and its status gets the stack as soon as it is there.
const captureLimit = time.Second / 4

// capture looks for the stacks of runs that seem to have stalled, and then declares those stalled that still do. One
// search at a time is enough for a session: those that would have to wait for it go without a stack.
func (n *session) capture(suspects []suspect) {
	late := n.clock.After(captureLimit)
	if !n.maySearch(late) {
		n.declare(suspects, nil)
		return
	}
	defer func() { <-n.searching }()
	labels := make([]string, len(suspects))
	for i, s := range suspects {
		labels[i] = s.run.guard.label()
	}
	found := make(chan map[string]string)
	go func() { found <- stacksOf(labels) }()
	select {
	case stacks := <-found:
		n.declare(suspects, stacks)
	case <-late:
		n.declare(suspects, nil)
		stacks := <-found
		for i, s := range suspects {
			s.child.addStack(s.run, stacks[labels[i]])
		}
	}
}

// maySearch waits until nobody searches any more, at most until it is late.
func (n *session) maySearch(late <-chan time.Time) bool {
	select {
	case n.searching <- struct{}{}:
		return true
	default:
	}
	select {
	case n.searching <- struct{}{}:
		return true
	case <-late:
		return false
	}
}

// declare declares stalled whoever still is.
func (n *session) declare(suspects []suspect, stacks map[string]string) {
	for _, s := range suspects {
		s.child.stalled(n, s.run, stacks[s.run.guard.label()])
	}
}

// addStack adds the stack of a run that has stalled, found late.
func (c *child) addStack(r *run, stack string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !r.stalledLocked() {
		return
	}
	r.trouble.stack = stack
	if p := c.past; p != nil && p.end == EndStalled && p.stack == "" {
		p.stack = stack
	}
}

// stalled declares the run stalled, unless it has beaten or ended meanwhile: it is asked to stop, and says why.
func (c *child) stalled(n *session, r *run, stack string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.suspect = false
	if c.run != r || r.trouble != nil || c.wanted == toStop {
		return
	}
	now := n.clock.Now()
	if r.health.TakeBeat() || r.health.IdleAt(now) {
		r.beat = now.Sub(r.started)
		c.setAlarmLocked(n, r, now)
		return
	}
	stall := &StallError{Silence: now.Sub(r.started) - r.beat, Limit: c.policy.Stall}
	r.giveTimeLocked(now, c.policy.StopTimeout)
	r.trouble.stall, r.trouble.stack = stall, stack
	c.recordEndLocked(verdict{End: End{EndStalled, stall, stack}, text: stall.Error()}, now)
	c.setStateLocked(health.StateStalled, now)
	n.emit(Stalled{Stamp{c.path, now}, stall.Silence, stall.Limit, stack})
	c.setAlarmLocked(n, r, now)
	r.cancel(stall)
}

// abandonLocked gives up a run that was asked to end and does not. It tells whether another may begin beside it.
func (c *child) abandonLocked(n *session, now time.Time) (launch bool) {
	r := c.run
	asked := r.asked
	if asked {
		n.emit(StopTimedOut{Stamp{c.path, now}, now.Sub(r.trouble.askedAt)})
	}
	c.makeZombieLocked(now, now)
	beset := c.besetLocked()
	n.emit(Abandoned{Stamp{c.path, now}, c.zombiesLocked(), !beset && c.wanted == toRun})
	switch {
	case c.wanted != toRun:
		c.restLocked(now)
		return false
	case beset:
		c.waiting = true
		if !asked {
			c.pastLocked().unjudged = r
		}
		c.setStateLocked(health.StateStalled, now)
		return false
	}
	if !asked {
		c.judgeLocked(r, verdict{}, now)
	}
	return !c.held
}
