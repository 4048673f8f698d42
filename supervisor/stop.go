package supervisor

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
)

// lastCall is how long children get that are asked to stop when the root's time is already up.
const lastCall = time.Second

// stopAll stops the children in reverse order, each within its own timeout. When the root's time is up those that are
// left are asked all at once, and get lastCall together.
func (n *session) stopAll() {
	children := n.supervisor.close()
	deadline, cancel := n.stopDeadline()
	defer cancel()
	n.retreat = newRetreat(n, children)
	n.retreat.next()
	n.stopAtOnce(n.retreat.wait(deadline))
	n.watch.clear()
	left := n.supervisor.unstoppedStrays()
	for _, c := range slices.Backward(children) {
		left = append(left, c.leave(n)...)
		if sub, ok := c.service.(*Supervisor); ok {
			left = append(left, sub.unstopped()...) // it may have ended long ago, and left something behind
		}
	}
	n.unstopped = withoutTwins(left)
}

// withoutTwins drops what is told by an error and was found again.
func withoutTwins(left []Unstopped) []Unstopped {
	seen := make(map[Unstopped]bool, len(left))
	return slices.DeleteFunc(left, func(u Unstopped) bool {
		twin := seen[u]
		seen[u] = true
		return twin
	})
}

// unstopped lists the zombies in the tree.
func (s *Supervisor) unstopped() []Unstopped {
	left := s.unstoppedStrays()
	for _, c := range s.snapshot() {
		c.mu.Lock()
		left = append(left, c.unstoppedLocked()...)
		c.mu.Unlock()
		if sub, ok := c.service.(*Supervisor); ok {
			left = append(left, sub.unstopped()...)
		}
	}
	return left
}

// stopDeadline returns a context that ends when the whole stop is to be over. Only a root has one: a child's stop is
// bounded by its parent.
func (n *session) stopDeadline() (context.Context, context.CancelFunc) {
	limit := cmp.Or(n.supervisor.cfg.StopTimeout, time.Minute)
	if n.parent != nil || limit == Forever {
		return n.base, func() {}
	}
	return clockctx.WithTimeout(n.base, n.clock, limit)
}

// stopAtOnce asks the children all together, the last one first, and gives up those that do not go in time.
func (n *session) stopAtOnce(children []*child) {
	if len(children) == 0 {
		return
	}
	gone := make([]<-chan struct{}, len(children))
	for i, c := range slices.Backward(children) {
		gone[i] = c.askToStop(n)
	}
	asked := n.clock.Now()
	deadline, cancel := clockctx.WithTimeout(n.base, n.clock, lastCall)
	defer cancel()
	for i, c := range slices.Backward(children) {
		if gone[i] == nil {
			continue
		}
		select {
		case <-gone[i]:
			continue
		default:
		}
		select {
		case <-gone[i]:
		case <-deadline.Done():
			c.abandonAtStop(n, asked)
		}
	}
}

// askToStop asks the child to stop. It returns what closes when it has gone, nil if it is down.
func (c *child) askToStop(n *session) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.askToStopLocked(n) {
		return nil
	}
	return c.guard.goneLocked()
}

// askToStopLocked cancels the present run, because the tree stops, and sees to it that no other begins. It is false when
// there is nobody to wait for.
func (c *child) askToStopLocked(n *session) bool {
	if c.session != n {
		return false
	}
	c.kept = c.wanted == toPause
	c.wanted = toStop
	if c.past != nil {
		c.past.unstopped = nil // of an earlier stop
	}
	if c.guard == nil {
		c.restLocked(n.clock.Now())
		return false
	}
	c.interruptLocked(n, ErrStopping, time.Time{})
	return true
}

// abandonAtStop gives up a run that did not return in time. It is false when it did, in the last moment.
func (c *child) abandonAtStop(n *session, asked time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.guard == nil {
		return false
	}
	now := n.clock.Now()
	n.emit(StopTimedOut{Stamp{c.path, now}, now.Sub(asked)})
	if c.run != nil {
		c.makeZombieLocked(asked, now)
		return true
	}
	c.guard.letGoLocked()
	c.guard = nil
	return true
}
