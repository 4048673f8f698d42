package supervisor

import (
	"context"
	"runtime"
	"runtime/pprof"
	"time"

	"github.com/thejerf/suture/v4"
)

// guard runs a child, again and again, in the goroutine that suture gave it. The loop stays in place because a restart
// through suture costs four times as much, and a second goroutine per child 9 kB.
type guard struct {
	child   *child
	session *session
	labels  context.Context // with the pprof label of what it runs; nil where stalls are not looked for

	queue       *startQueue // goes on when the first run is entered; only the guard's goroutine touches it
	advanceStop bool        // the stop goes on with the next child as it goes; only its goroutine touches it

	// guarded by the child's mu
	first     *run          // begun before the guard was launched; nil for none, or when it runs already
	wake      chan struct{} // closed to wake it from its wait; nil when it does not wait
	gone      chan struct{} // closed when it has gone or given up its run; made when it is first waited for
	stopWaits bool          // by the stop
}

// newGuard makes a guard: here, and not in the guard's goroutine, because a label takes more stack than that has.
func newGuard(c *child, sess *session) *guard {
	g := &guard{child: c, session: sess}
	if c.policy().Stall > 0 {
		g.setLabels()
	}
	return g
}

func (g *guard) setLabels() {
	g.labels = pprof.WithLabels(g.session.base, pprof.Labels(stackLabel, g.label()))
}

// String keeps suture from printing the whole child, which would race with its use.
func (g *guard) String() string { return g.child.name }

// Serve is what suture calls: once, and again after a Goexit took the goroutine away.
func (g *guard) Serve(context.Context) error {
	r := g.enter()
	if r == nil {
		r = g.next(g.session.clock.Now())
	}
	for runs := 1; r != nil; runs++ {
		r = g.next(r.serve(g.child))
		// A service that fails at once and without a delay would keep the processor for as long as the runtime lets it,
		// some ten milliseconds; hundreds of them would keep all others waiting. Giving way costs half a restart.
		if runs%8 == 0 {
			runtime.Gosched()
		}
	}
	if g.advanceStop {
		g.session.stopping.next()
	}
	return suture.ErrDoNotRestart
}

// enter returns the run that was begun for the guard, nil if there is none.
func (g *guard) enter() *run {
	g.child.mu.lockToChange()
	defer g.child.mu.unlock()
	r := g.first
	g.first = nil
	return r
}

// next waits until a run is due and begins it. It returns nil when this guard is not needed any more.
func (g *guard) next(now time.Time) *run {
	c, sess := g.child, g.session
	for {
		c.mu.lockToChange()
		if c.guard != g { // its run was abandoned, and another guard has taken over
			c.mu.unlock()
			return nil
		}
		if !c.mayRunLocked(sess) {
			g.releaseLocked(now)
			c.mu.unlock()
			return nil
		}
		wait := c.waitLocked(now)
		if wait <= 0 {
			r := g.makeRunLocked()
			g.beginLocked(r, now)
			c.mu.unlock()
			return r
		}
		timer := sess.clock.After(wait) // armed first: a test that sees the state may move its clock
		wake := make(chan struct{})
		g.wake = wake
		c.announceLocked(sess, now)
		c.mu.unlock()
		select {
		case <-timer:
		case <-wake:
		}
		now = sess.clock.Now()
	}
}

// releaseLocked lets the guard go.
func (g *guard) releaseLocked(now time.Time) {
	c := g.child
	c.guard, g.advanceStop = nil, g.stopWaits
	c.downLocked(now)
	g.abandonLocked()
}

// abandonLocked ends the wait for this guard: it is in charge no more, or is not to go after all.
func (g *guard) abandonLocked() {
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
