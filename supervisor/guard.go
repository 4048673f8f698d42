package supervisor

import (
	"context"
	"errors"
	"runtime/debug"
	"runtime/pprof"
	"time"

	"github.com/thejerf/suture/v4"

	"github.com/seed-5dee1c0a/vigil/health"
)

// maxStack bounds the stacks that events and status carry.
const maxStack = 16 << 10

// guard runs a child, again and again, in the goroutine that suture gave it. The loop stays in place because a restart
// through suture costs four times as much, and a second goroutine per child 9 kB.
type guard struct {
	child   *child
	session *session
}

// String keeps suture from printing the whole child, which would race with its use.
func (g *guard) String() string { return g.child.name }

// Serve is what suture calls: once, and again after a Goexit took the goroutine away.
func (g *guard) Serve(context.Context) error {
	for r := g.next(); r != nil; r = g.next() {
		g.perform(r)
	}
	return suture.ErrDoNotRestart
}

// next waits until a run is due and begins it. It returns nil when this guard is not needed any more.
func (g *guard) next() *run {
	c, n := g.child, g.session
	for {
		c.mu.Lock()
		if c.guard != g { // its run was abandoned, and another guard has taken over
			c.mu.Unlock()
			return nil
		}
		if c.wanted != toRun || c.held || n.ctx.Err() != nil {
			c.dismissLocked(n)
			c.mu.Unlock()
			return nil
		}
		wait := c.due.Sub(n.clock.Now())
		if c.due.IsZero() || wait <= 0 {
			r := c.beginLocked(n)
			c.mu.Unlock()
			return r
		}
		timer := n.clock.After(wait) // before it is announced, so that who sees the state can move a fake clock
		wake := make(chan struct{})
		c.wake = wake
		c.announceWaitLocked(n)
		c.mu.Unlock()
		select {
		case <-timer:
		case <-wake:
		}
	}
}

// dismissLocked lets the guard go.
func (c *child) dismissLocked(n *session) {
	c.guard = nil
	c.restLocked(n)
	c.enteredLocked()
	if c.gone != nil {
		close(c.gone)
		c.gone = nil
	}
}

// enteredLocked lets the start go on to the next sibling: the first run has begun, or there will be none.
func (c *child) enteredLocked() {
	if c.entered != nil {
		close(c.entered)
		c.entered = nil
	}
}

// announceWaitLocked says that the child waits for its next run.
func (c *child) announceWaitLocked(n *session) {
	c.status.NextRestart = c.due
	if c.parked {
		c.setStateLocked(n, health.StateCrashed)
		n.emit(Parked{n.stamp(c), c.due})
		return
	}
	c.setStateLocked(n, health.StateBackoff)
	n.emit(Restarting{n.stamp(c), c.due, c.attemptLocked()})
}

// attemptLocked counts the restart that comes next, or the run that was begun by it.
func (c *child) attemptLocked() Attempt {
	return Attempt{N: c.spent, Max: max(0, c.policy.MaxRestarts)}
}

// beginLocked begins a run.
func (c *child) beginLocked(n *session) *run {
	now := n.clock.Now()
	r := &run{session: n, started: now, beat: now, part: n.registry.Begin(n.pathOf(c))}
	base := n.base
	if _, ok := c.service.(*Supervisor); ok {
		base = context.WithValue(base, treeKey{}, inheritance{n, n.pathOf(c)})
	}
	base, r.cancel = context.WithCancelCause(base)
	r.ctx = health.NewContext(base, r.part) // on top, where health.Beat finds it at once
	c.run, c.part = r, r.part
	c.due, c.parked, c.wake = time.Time{}, false, nil
	c.status.NextRestart = time.Time{}
	c.status.Starts++
	c.status.Restarts = c.status.Starts - 1
	c.setStateLocked(n, c.firstStateLocked())
	n.emit(Started{n.stamp(c), c.attemptLocked()})
	c.setAlarmLocked(n, r, now)
	c.enteredLocked()
	return r
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

// perform calls Serve and takes note of its end, however it ends: a deferred call sees a Goexit too.
func (g *guard) perform(r *run) {
	c := g.child
	if c.policy.Stall > 0 {
		// What the service starts inherits the label, so that a stall shows all of it.
		pprof.SetGoroutineLabels(pprof.WithLabels(r.ctx, pprof.Labels(stackLabel, stackLabelOf(r))))
		defer pprof.SetGoroutineLabels(r.session.base)
	}
	end := End{Kind: EndGoexit, Err: errGoexit}
	defer func() {
		if v := recover(); v != nil {
			end = End{EndPanic, &PanicError{v}, bounded(string(debug.Stack()))}
		}
		c.ended(r, end)
	}()
	if err := c.service.Serve(r.ctx); err != nil {
		end = End{Kind: EndError, Err: err}
	} else {
		end = End{Kind: EndReturned}
	}
}

var errGoexit = errors.New("the service called runtime.Goexit")

func bounded(stack string) string {
	if len(stack) > maxStack {
		return stack[:maxStack] + "\n... (cut)"
	}
	return stack
}

// ended takes note of the end of a run.
func (c *child) ended(r *run, end End) {
	r.cancel(nil)
	c.mu.Lock()
	now := r.session.clock.Now()
	if !r.abandonedAt.IsZero() {
		launch := c.buryLocked(r, now)
		c.mu.Unlock()
		if launch != nil {
			launch.launch(c)
		}
		return
	}
	defer c.mu.Unlock()
	c.run = nil
	if r.stall != nil {
		end = End{EndStalled, r.stall, r.stack}
	}
	c.judgeLocked(r.session, r, end, now)
}
