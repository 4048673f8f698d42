package supervisor

import (
	"context"
	"time"
)

// These files are the start of a child: start.go (its guard and its runs begin), startqueue.go (children that start in
// order), group.go (when each of them starts) and grouprestart.go (groups that go down and start again). A child that
// is added, restarted or resumed needs no turn: launch or takeGuardLocked is all. Read start.go first.

// launch puts a guard around the child, unless it has one or is not to run. It must not be called with a lock held:
// suture's loop has to turn for it.
func (c *child) launch(sess *session) {
	c.mu.lockToChange()
	g := c.takeGuardLocked(sess)
	c.mu.unlock()
	if g != nil {
		sess.engine.Add(g)
	}
}

// takeGuardLocked puts a new guard in charge, and returns nil if there is one already or none is wanted. Where a run is
// due it begins here, because the guard's own stack is small, and stays so.
func (c *child) takeGuardLocked(sess *session) *guard {
	if !c.wantsGuardLocked(sess) {
		return nil
	}
	g := newGuard(c, sess)
	c.guard = g
	if now := sess.clock.Now(); c.waitLocked(now) <= 0 {
		g.first = g.makeRunLocked()
		g.beginLocked(g.first, now)
	}
	return g
}

// wantsGuardLocked reports whether the child is to run, and has no guard.
func (c *child) wantsGuardLocked(sess *session) bool {
	if c.guard != nil || !c.mayRunLocked(sess) {
		return false
	}
	if c.blockedByZombieLocked() {
		c.stepLocked(inBlocked, sess.clock.Now())
		return false
	}
	return true
}

// mayRunLocked reports whether runs may begin.
func (c *child) mayRunLocked(sess *session) bool {
	return c.session == sess && c.life.mayStart() && sess.ctx.Err() == nil
}

// blockedByZombieLocked reports whether there are zombies beside which no run may begin.
func (c *child) blockedByZombieLocked() bool {
	zombies := len(c.zombiesLocked())
	return zombies > 0 && !(c.policy().Zombie == Replace && zombies <= c.policy().MaxZombies)
}

// resetLocked forgets the delays and the spent budget that stand between the child and its next run.
func (c *child) resetLocked() {
	if c.history != nil {
		c.history.spent = 0
	}
	c.dueLocked()
}

// dueLocked forgets the delay that stands between the child and its next run.
func (c *child) dueLocked() {
	if c.history != nil {
		c.history.due, c.history.parked = time.Time{}, false
		c.tellFailureLocked()
	}
}

// waitLocked returns how long it is until the next run is due.
func (c *child) waitLocked(now time.Time) time.Duration {
	if c.history == nil || c.history.due.IsZero() {
		return 0
	}
	return c.history.due.Sub(now)
}

// announceLocked says that the child waits for its next run.
func (c *child) announceLocked(sess *session, now time.Time) {
	c.tellFailureLocked()
	h := c.history
	if h.parked {
		c.stepLocked(inParked, now)
		sess.emit(Parked{Stamp{c.path, now}, h.due})
		return
	}
	c.stepLocked(inDelayed, now)
	sess.emit(Restarting{Stamp{c.path, now}, h.due, Attempt{h.spent, max(0, c.policy().MaxRestarts)}})
}

// makeRunLocked makes a run, which begins with beginLocked. It is the half of a beginning that takes most of the work
// and of the stack.
func (g *guard) makeRunLocked() *run {
	c, sess := g.child, g.session
	r := &run{guard: g}
	base := sess.base
	if g.labels == nil && c.policy().Stall > 0 { // it was not, when the guard was made
		g.setLabels()
	}
	base, r.cancel = context.WithCancelCause(base)
	if g.labels != nil {
		base = &labelContext{base, g.labels}
	}
	r.ctx, r.health = c.health.Next(base) // on top, where health.Beat finds it at once
	return r
}

// labelContext is the context of a run with the labels of its guard, so that a pprof.Do of the service goes back to
// them. They stand beside the context that ends and not below it: to end one looks at all that is below, and to stop
// 100,000 children would take half as long again.
type labelContext struct {
	context.Context
	labels context.Context // never ends, and has the values of the session's
}

func (l *labelContext) Value(key any) any {
	if value := l.labels.Value(key); value != nil {
		return value
	}
	return l.Context.Value(key) // by which the contexts that hang off it find it
}

// beginLocked begins a run that was made. Most guards call it on a stack of 2 kB, of which suture has used a part: what
// it takes of that would be doubled for each child of a tree.
func (g *guard) beginLocked(r *run, now time.Time) {
	c, sess := g.child, g.session
	r.started = now
	c.run, c.health = r, r.health
	if c.history != nil {
		c.history.due, c.history.parked = time.Time{}, false
		c.tellFailureLocked()
	}
	c.starts++
	if len(c.innerTreesLocked()) > 0 {
		c.dropInnerTreesLocked(sess)
	}
	c.enterRunLocked(now)
	if sess.listens {
		c.tellStartLocked(sess, now)
	}
	if in := c.nextLookLocked(r, 0); in != never {
		sess.watch.set(c, now.Add(in))
	}
	g.wake = nil
}

// enterRunLocked shows that a run begins, and that it is one more, in one word to the child's part.
func (c *child) enterRunLocked(now time.Time) {
	in := inStarted
	if c.policy().Verify != Off {
		in = inStartedOnTrial
	}
	next, fx := c.life.next(in)
	if fx&isImpossible != 0 {
		onImpossible(c.life, in)
	}
	if next.state() != c.life.state() {
		c.since = now
	}
	c.life = next
	c.tellLocked()
}

func (c *child) tellStartLocked(sess *session, now time.Time) {
	sess.emit(Started{Stamp{c.path, now}, c.attemptLocked(sess)})
}

// attemptLocked counts the restart by which a run was begun: the child's own, or the group's.
func (c *child) attemptLocked(sess *session) Attempt {
	a := Attempt{Max: max(0, c.policy().MaxRestarts)}
	switch {
	case sess.group.restartsGroups():
		if last := sess.group.lastAttempt(); last.N > 0 {
			return last
		}
	case c.history != nil:
		a.N = c.history.spent
	}
	return a
}
