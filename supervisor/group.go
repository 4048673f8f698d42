package supervisor

import (
	"slices"
	"sync"
	"time"
)

// groupRunner starts the children of a session in order. Where the Strategy restarts groups it also takes a group down,
// in reverse order, and starts it again (grouprestart.go). It does so in a goroutine of its own, because that may wait
// for each child's StopTimeout and readiness, and meanwhile the watch must turn. The goroutine lives only as long as
// there is something to do.
//
// A failure that comes while a group is going down, or waits for its restart, joins that restart; one that comes while
// the group is being started takes it down again, and counts again.
type groupRunner struct {
	session *session
	nudge   chan struct{} // capacity 1: there is something new

	mu      sync.Mutex // guards all below
	phase   groupPhase
	from    int       // the order of the first child that is down
	due     time.Time // when the group starts again
	hold    bool      // it does not, until a person wants it
	failed  []*child  // whose failures took it down, and are not announced yet
	spent   int       // restarts of the group's budget that are used
	attempt Attempt   // which restart of the child that failed last this is
	round   int       // how often a person wanted the group to run
	began   time.Time // when the group was last started
	busy    bool      // the goroutine lives
	closed  bool
	working sync.WaitGroup
}

type groupPhase int

const (
	groupUp       groupPhase = iota // all that should run has been started
	groupStarting                   // one child after the other
	groupDown                       // the group stops, or waits for its restart
)

func newGroupRunner(sess *session) *groupRunner {
	return &groupRunner{session: sess, nudge: make(chan struct{}, 1)}
}

// restartsGroups reports whether a child's failure concerns its siblings.
func (gr *groupRunner) restartsGroups() bool { return gr.session.supervisor.cfg.Strategy != OneForOne }

func (gr *groupRunner) lastAttempt() Attempt {
	gr.mu.Lock()
	defer gr.mu.Unlock()
	return gr.attempt
}

// begin starts all children.
func (gr *groupRunner) begin() {
	gr.mu.Lock()
	defer gr.mu.Unlock()
	gr.workLocked()
}

// end waits until nothing is started or taken down any more. The session's context has ended.
func (gr *groupRunner) end() {
	gr.mu.Lock()
	gr.closed = true
	gr.mu.Unlock()
	gr.working.Wait()
}

// workLocked sees to it that what is asked for is done.
func (gr *groupRunner) workLocked() {
	select {
	case gr.nudge <- struct{}{}:
	default:
	}
	if gr.busy || gr.closed {
		return
	}
	gr.busy = true
	gr.working.Go(gr.work)
}

// work starts the children, and as long as failures ask for it takes them down and starts them again.
func (gr *groupRunner) work() {
	for gr.startAll() && gr.restartGroup() {
	}
}

// startAll starts in order what waits for its turn. It is true when the group has to go down.
func (gr *groupRunner) startAll() bool {
	sess := gr.session
	gr.starts(sess.clock.Now())
	for rest := sess.supervisor.snapshot(); len(rest) > 0 && sess.ctx.Err() == nil && gr.mayStart(rest[0]); {
		row := rest
		if i := slices.IndexFunc(rest, func(c *child) bool { return c.policy().Ready > 0 }); i >= 0 {
			row = rest[:i+1] // those after it wait until it is ready
		}
		rest = rest[len(row):]
		gr.startRow(row)
	}
	sess.startEngine()
	if sess.ctx.Err() != nil {
		return false
	}
	gr.mu.Lock()
	defer gr.mu.Unlock()
	if gr.phase == groupDown {
		return true
	}
	gr.phase, gr.busy = groupUp, false
	return false
}

func (gr *groupRunner) starts(now time.Time) {
	gr.mu.Lock()
	defer gr.mu.Unlock()
	if gr.phase != groupDown {
		gr.phase, gr.began = groupStarting, now
	}
}

// mayStart reports whether the child may start: the group is not down, or it is not one of those that are.
func (gr *groupRunner) mayStart(c *child) bool {
	gr.mu.Lock()
	defer gr.mu.Unlock()
	return !gr.downLocked(c)
}

func (gr *groupRunner) downLocked(c *child) bool { return gr.phase == groupDown && c.order >= gr.from }

// startRow starts those in the row that wait for their turn, and waits until all of them are up: their Serves were
// entered, and where the policy of the last one says so, it is ready.
func (gr *groupRunner) startRow(row []*child) {
	sess := gr.session
	q := newStartQueue(gr, row)
	if len(q.slots) == 0 {
		return
	}
	last := q.queue[len(q.queue)-1].child
	for i := range q.slots {
		sess.engine.Add(&q.slots[i])
	}
	sess.startEngine()
	select {
	case <-q.done:
	case <-sess.ctx.Done():
		return
	}
	if last.policy().Ready > 0 {
		gr.awaitReady(last)
	}
}

func (gr *groupRunner) awaitReady(c *child) {
	sess := gr.session
	c.mu.lockToRead()
	r := c.run
	c.mu.unlock()
	if r == nil {
		return
	}
	limit := sess.clock.After(c.policy().Ready)
	for gr.mayStart(c) {
		select {
		case <-r.health.Part().AwaitReady():
			return
		case <-r.ctx.Done(): // it has ended
			return
		case <-sess.ctx.Done():
			return
		case <-limit:
			return
		case <-gr.nudge: // it may have to go down, with all that was started
		}
	}
}
