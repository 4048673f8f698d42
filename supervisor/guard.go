package supervisor

import (
	"context"
	"runtime"
	"runtime/pprof"
	"time"

	"github.com/thejerf/suture/v4"

	"github.com/seed-5dee1c0a/vigil/health"
)

// guard runs a child, again and again, in the goroutine that suture gave it. The loop stays in place because a restart
// through suture costs four times as much, and a second goroutine per child 9 kB.
type guard struct {
	child   *child
	session *session
	labels  context.Context // with the pprof label of what it runs; nil where nobody looks for stalls

	line     *line // in which the next one waits until the first run is entered; only the guard's goroutine touches it
	passesOn bool  // the stop goes on with the next child as it goes; only its goroutine touches it

	// guarded by the child's mu
	first   *run          // begun by who launched the guard; nil for none, or when it runs already
	wake    chan struct{} // closed to wake it from its wait; nil when it does not wait
	gone    chan struct{} // closed when it has gone or given up its run; made for the first who waits for that
	awaited bool          // by the stop
}

// newGuard makes a guard: here, and not in the guard's goroutine, because a label takes more stack than that has.
func newGuard(c *child, n *session) *guard {
	g := &guard{child: c, session: n}
	if c.policy.Stall > 0 {
		g.labels = pprof.WithLabels(n.base, pprof.Labels(stackLabel, g.label()))
	}
	return g
}

// String keeps suture from printing the whole child, which would race with its use.
func (g *guard) String() string { return g.child.name }

// Serve is what suture calls: once, and again after a Goexit took the goroutine away.
func (g *guard) Serve(context.Context) error {
	if g.labels != nil {
		// What the service starts inherits the label, so that a stall shows all of it. The goroutine ends with the
		// guard, so nobody else ever runs under the label.
		pprof.SetGoroutineLabels(g.labels)
	}
	r := g.enter()
	if r == nil {
		r = g.next(g.session.clock.Now())
	}
	for runs := 1; r != nil; runs++ {
		r = g.next(r.serve(g.child))
		// Whoever fails at once and without a delay would keep the processor for as long as the runtime lets it, some
		// ten milliseconds; among hundreds of them nobody else would get a word in. Giving way costs half a restart.
		if runs%8 == 0 {
			runtime.Gosched()
		}
	}
	if g.passesOn {
		g.session.retreat.next()
	}
	return suture.ErrDoNotRestart
}

// enter returns the run that was begun for the guard, nil if there is none.
func (g *guard) enter() *run {
	g.child.mu.Lock()
	defer g.child.mu.Unlock()
	r := g.first
	g.first = nil
	return r
}

// next waits until a run is due and begins it. It returns nil when this guard is not needed any more.
func (g *guard) next(now time.Time) *run {
	c, n := g.child, g.session
	for {
		c.mu.Lock()
		if c.guard != g { // its run was abandoned, and another guard has taken over
			c.mu.Unlock()
			return nil
		}
		if !c.mayRunLocked(n) {
			g.dismissLocked(now)
			c.mu.Unlock()
			return nil
		}
		wait := c.waitLocked(now)
		if wait <= 0 {
			r := g.makeRunLocked()
			g.beginLocked(r, now)
			c.mu.Unlock()
			return r
		}
		timer := n.clock.After(wait) // before it is announced, so that who sees the state can move a fake clock
		wake := make(chan struct{})
		g.wake = wake
		c.announceLocked(n, now)
		c.mu.Unlock()
		select {
		case <-timer:
		case <-wake:
		}
		now = n.clock.Now()
	}
}

// waitLocked returns how long it is until the next run is due.
func (c *child) waitLocked(now time.Time) time.Duration {
	if c.past == nil || c.past.due.IsZero() {
		return 0
	}
	return c.past.due.Sub(now)
}

// dismissLocked lets the guard go.
func (g *guard) dismissLocked(now time.Time) {
	c := g.child
	c.guard, g.passesOn = nil, g.awaited
	c.restLocked(now)
	g.letGoLocked()
}

// letGoLocked tells those who wait that this guard is in charge no more.
func (g *guard) letGoLocked() {
	if g.gone != nil {
		close(g.gone)
		g.gone = nil
	}
}

func (g *guard) goneLocked() <-chan struct{} {
	if g.gone == nil {
		g.gone = make(chan struct{})
	}
	return g.gone
}

func (g *guard) wakeLocked() {
	if g.wake != nil {
		close(g.wake)
		g.wake = nil
	}
}

// announceLocked says that the child waits for its next run.
func (c *child) announceLocked(n *session, now time.Time) {
	c.setPastLocked()
	if c.past.parked {
		c.setStateLocked(health.StateCrashed, now)
		n.emit(Parked{Stamp{c.path, now}, c.past.due})
		return
	}
	c.setStateLocked(health.StateBackoff, now)
	n.emit(Restarting{Stamp{c.path, now}, c.past.due, Attempt{c.past.spent, max(0, c.policy.MaxRestarts)}})
}

func (c *child) tellStartLocked(n *session, now time.Time) {
	n.emit(Started{Stamp{c.path, now}, c.attemptLocked(n)})
}

// attemptLocked counts the restart by which a run was begun: the child's own, or the group's.
func (c *child) attemptLocked(n *session) Attempt {
	a := Attempt{Max: max(0, c.policy.MaxRestarts)}
	switch {
	case n.conductor.groups():
		a.N = n.conductor.attempt()
	case c.past != nil:
		a.N = c.past.spent
	}
	return a
}

// makeRunLocked makes a run, which begins with beginLocked. It is the half of a beginning that takes most of the work
// and of the stack.
func (g *guard) makeRunLocked() *run {
	c, n := g.child, g.session
	r := &run{guard: g}
	base := n.base
	if _, ok := c.service.(*Supervisor); ok {
		base = context.WithValue(base, treeKey{}, inheritance{n, c.path})
	}
	base, r.cancel = context.WithCancelCause(base)
	r.ctx, r.health = c.health.Next(base) // on top, where health.Beat finds it at once
	return r
}

// beginLocked begins a run that was made. Most guards call it on a stack of 2 kB, of which suture has used a part: what
// it takes of that would be doubled for each child of a tree.
func (g *guard) beginLocked(r *run, now time.Time) {
	c, n := g.child, g.session
	r.started = now
	c.run, c.health = r, r.health
	if c.past != nil {
		c.past.due, c.past.parked = time.Time{}, false
		c.setPastLocked()
	}
	c.starts++
	c.setStateLocked(c.firstStateLocked(), now)
	if n.listens {
		c.tellStartLocked(n, now)
	}
	if in := c.nextLookLocked(r, 0); in != never {
		n.watch.set(c, now.Add(in))
	}
	g.wake = nil
}

// firstStateLocked is the state in which a run begins.
func (c *child) firstStateLocked() health.State {
	switch {
	case c.idling:
		return health.StatePaused
	case c.policy.Verify != Off:
		return health.StateStarting
	}
	return health.StateRunning
}
