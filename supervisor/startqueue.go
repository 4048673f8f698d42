package supervisor

import (
	"context"

	"github.com/thejerf/suture/v4"
)

// startQueue is a row of children that start in order without a word from the groupRunner between two of them. suture
// gets as many slots as there are children. The first of its goroutines to come begins the first child, and lets the
// next one go on as it enters its Serve. Waiting for each child in turn took three times as long: two hand-overs
// between goroutines for each.
type startQueue struct {
	group *groupRunner
	slots []startSlot
	turn  chan struct{} // capacity 1: the slot that takes the token out begins the next child
	done  chan struct{} // closed when the last child has entered its Serve

	// guarded by the token
	queue []*guard // of the children that are still to start, each with its run
	over  bool     // done is closed
}

// startSlot is a goroutine of suture's that takes whichever child is the next in the queue, and stays with it.
type startSlot struct {
	queue *startQueue
	guard *guard // nil before it has taken one
}

// newStartQueue makes a queue of those in the row that wait for their turn.
func newStartQueue(gr *groupRunner, row []*child) *startQueue {
	q := &startQueue{group: gr, turn: make(chan struct{}, 1), done: make(chan struct{})}
	for _, c := range row {
		if g := q.prepare(c); g != nil {
			q.queue = append(q.queue, g)
		}
	}
	q.slots = make([]startSlot, len(q.queue))
	for i := range q.slots {
		q.slots[i].queue = q
	}
	q.turn <- struct{}{}
	return q
}

// prepare makes a guard for a child that waits for its turn, and its run, which would take more stack than a slot has.
// It returns nil for any other child.
func (q *startQueue) prepare(c *child) *guard {
	c.mu.lockToChange()
	defer c.mu.unlock()
	if c.session != q.group.session || !c.life.is(queued) {
		return nil
	}
	g := newGuard(c, c.session)
	g.queue, g.first = q, g.makeRunLocked()
	return g
}

// String keeps suture from printing the whole queue, which would race with its use.
func (slot *startSlot) String() string { return "start slot" }

// Serve is what suture calls: once, and again after a Goexit took the goroutine away.
func (slot *startSlot) Serve(ctx context.Context) error {
	if slot.guard == nil {
		slot.guard = slot.queue.begin()
	}
	if slot.guard == nil {
		return suture.ErrDoNotRestart
	}
	err := slot.guard.Serve(ctx)
	slot.guard = nil // all slots of a queue live as long as the last of them, and nothing of a child is to be kept
	return err
}

// begin waits for its turn and begins the next child that is to run, whose guard goes on with next. It returns nil when
// there is none, or the rest of the queue is not to start any more.
func (q *startQueue) begin() *guard {
	<-q.turn
	gr := q.group
	for len(q.queue) > 0 && gr.session.ctx.Err() == nil && gr.mayStart(q.queue[0].child) {
		g := q.queue[0]
		q.queue[0], q.queue = nil, q.queue[1:]
		if g.begin() {
			return g
		}
	}
	q.queue = nil
	q.next()
	return nil
}

// next lets the next one in the queue go on.
func (q *startQueue) next() {
	if len(q.queue) == 0 && !q.over {
		q.over = true
		close(q.done)
	}
	q.turn <- struct{}{}
}

// begin puts the guard in charge of its child and begins the run, if the child is still waiting for its turn.
func (g *guard) begin() bool {
	c, sess := g.child, g.session
	c.mu.lockToChange()
	defer c.mu.unlock()
	if c.session != sess { // it has been removed
		return false
	}
	now := sess.clock.Now()
	c.stepLocked(inTurn, now)
	c.dueLocked()
	if !c.wantsGuardLocked(sess) {
		c.downLocked(now)
		return false
	}
	c.guard = g
	g.beginLocked(g.first, now)
	return true
}
