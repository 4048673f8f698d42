package supervisor

import (
	"context"

	"github.com/thejerf/suture/v4"
)

// line is a row of children that start in order without a word from the conductor between two of them. suture gets as
// many seats as there are children; whichever goroutine of it comes first begins the first child, and lets the next one
// go on as it enters its Serve. Waiting for each child in turn took three times as long: two hand-overs between
// goroutines for each.
type line struct {
	conductor *conductor
	seats     []seat
	turn      chan struct{} // capacity 1: whoever takes the token out begins the next child
	done      chan struct{} // closed when the last child has entered its Serve

	// guarded by the token
	guards []*guard // of the children that are still to start, each with its run
	over   bool     // done is closed
}

// seat is a goroutine of suture's that takes whichever child is the next in line, and stays with it.
type seat struct {
	line  *line
	guard *guard // nil before it has sat down
}

// newLine makes a line of those in the row that wait for their turn.
func newLine(d *conductor, row []*child) *line {
	l := &line{conductor: d, turn: make(chan struct{}, 1), done: make(chan struct{})}
	for _, c := range row {
		if g := c.prepare(d.session, l); g != nil {
			l.guards = append(l.guards, g)
		}
	}
	l.seats = make([]seat, len(l.guards))
	for i := range l.seats {
		l.seats[i].line = l
	}
	l.turn <- struct{}{}
	return l
}

// String keeps suture from printing the whole line, which would race with its use.
func (s *seat) String() string { return "seat" }

// Serve is what suture calls: once, and again after a Goexit took the goroutine away.
func (s *seat) Serve(ctx context.Context) error {
	if s.guard == nil {
		s.guard = s.line.next()
	}
	if s.guard == nil {
		return suture.ErrDoNotRestart
	}
	err := s.guard.Serve(ctx)
	s.guard = nil // all seats of a line live as long as the last of them, and nothing of a child is to be kept
	return err
}

// next waits for its turn and begins the next child that is to run, which goes on with pass. It returns nil when there
// is none, or the rest of the line is not to start any more.
func (l *line) next() *guard {
	<-l.turn
	d := l.conductor
	for len(l.guards) > 0 && d.session.ctx.Err() == nil && d.lets(l.guards[0].child) {
		g := l.guards[0]
		l.guards[0], l.guards = nil, l.guards[1:]
		if g.raise() {
			return g
		}
	}
	l.guards = nil
	l.pass()
	return nil
}

// pass lets the next one in line go on.
func (l *line) pass() {
	if len(l.guards) == 0 && !l.over {
		l.over = true
		close(l.done)
	}
	l.turn <- struct{}{}
}

// prepare makes a guard for a child that waits for its turn, and its run, which would take more stack than a seat has.
// It returns nil for any other child.
func (c *child) prepare(n *session, l *line) *guard {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session != n || !c.grouped {
		return nil
	}
	g := newGuard(c, n)
	g.line, g.first = l, g.makeRunLocked()
	return g
}

// raise puts the guard in charge of its child and begins the run, if the child is still waiting for its turn.
func (g *guard) raise() bool {
	c, n := g.child, g.session
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session != n { // it has been removed
		return false
	}
	c.grouped = false
	c.afreshLocked()
	now := n.clock.Now()
	if !c.wantsGuardLocked(n) {
		c.restLocked(now)
		return false
	}
	c.guard = g
	g.beginLocked(g.first, now)
	return true
}
