package supervisor

import (
	"slices"
	"sync"
	"time"
)

// conductor starts the children of a session in order. Where the Strategy restarts groups it also takes a group down, in
// reverse order, and starts it again: in a goroutine of its own, because that may wait for each child's StopTimeout and
// readiness, and meanwhile the watch must turn. The goroutine lives only as long as there is something to conduct.
//
// A failure that comes while a group is going down, or waits for its restart, joins that restart; one that comes while
// the group is being started takes it down again, and counts again.
type conductor struct {
	session *session
	nudge   chan struct{} // capacity 1: there is something new

	mu      sync.Mutex // guards all below; a child's mu may be held before it, and none is taken after it
	phase   phase
	from    int       // the order of the first child that is down
	due     time.Time // when the group starts again
	hold    bool      // it does not, before somebody asks for it
	causes  []*child  // whose failures took it down, and are not announced yet
	spent   int       // restarts of the group's budget that are used
	began   time.Time // when the group was last started
	busy    bool      // the goroutine lives
	closed  bool
	working sync.WaitGroup
}

type phase int

const (
	up       phase = iota // all that should run has been started
	starting              // one child after the other
	down                  // the group stops, or waits for its restart
)

func newConductor(n *session) *conductor {
	return &conductor{session: n, nudge: make(chan struct{}, 1)}
}

// groups tells whether a child's failure concerns its siblings.
func (d *conductor) groups() bool { return d.session.supervisor.cfg.Strategy != OneForOne }

func (d *conductor) attempt() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.spent
}

// begin starts all children.
func (d *conductor) begin() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.workLocked()
}

// end waits until nothing is conducted any more. The session's context has ended.
func (d *conductor) end() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.working.Wait()
}

// workLocked sees to it that what is asked for is done.
func (d *conductor) workLocked() {
	select {
	case d.nudge <- struct{}{}:
	default:
	}
	if d.busy || d.closed {
		return
	}
	d.busy = true
	d.working.Go(d.conduct)
}

// conduct starts the children, and as long as failures ask for it takes them down and starts them again.
func (d *conductor) conduct() {
	for d.raiseAll() && d.regroup() {
	}
}

// raiseAll starts in order what waits for its turn. It is true when the group has to go down.
func (d *conductor) raiseAll() bool {
	n := d.session
	d.starts(n.clock.Now())
	for rest := n.supervisor.snapshot(); len(rest) > 0 && n.ctx.Err() == nil && d.lets(rest[0]); {
		row := rest
		if i := slices.IndexFunc(rest, func(c *child) bool { return c.policy.Ready > 0 }); i >= 0 {
			row = rest[:i+1] // those after it wait until it is ready
		}
		rest = rest[len(row):]
		d.raise(row)
	}
	n.startEngine()
	if n.ctx.Err() != nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase == down {
		return true
	}
	d.phase, d.busy = up, false
	return false
}

func (d *conductor) starts(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase != down {
		d.phase, d.began = starting, now
	}
}

// lets tells whether the child may start: the group is not down, or it is not one of those that are.
func (d *conductor) lets(c *child) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.downLocked(c)
}

func (d *conductor) downLocked(c *child) bool { return d.phase == down && c.order >= d.from }

// raise starts those in the row that wait for their turn, and waits until all of them are up: their Serves were entered,
// and where the policy of the last one says so, it is ready.
func (d *conductor) raise(row []*child) {
	n := d.session
	l := newLine(d, row)
	if len(l.seats) == 0 {
		return
	}
	last := l.guards[len(l.guards)-1].child
	for i := range l.seats {
		n.engine.Add(&l.seats[i])
	}
	n.startEngine()
	select {
	case <-l.done:
	case <-n.ctx.Done():
		return
	}
	if last.policy.Ready > 0 {
		d.awaitReady(last)
	}
}

func (d *conductor) awaitReady(c *child) {
	n := d.session
	c.mu.Lock()
	r := c.run
	c.mu.Unlock()
	if r == nil {
		return
	}
	limit := n.clock.After(c.policy.Ready)
	for d.lets(c) {
		select {
		case <-r.health.Part().AwaitReady():
			return
		case <-r.ctx.Done(): // it has ended
			return
		case <-n.ctx.Done():
			return
		case <-limit:
			return
		case <-d.nudge: // it may have to go down, with all that was started
		}
	}
}
