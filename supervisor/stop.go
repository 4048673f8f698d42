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
	slices.Reverse(children)
	deadline, cancel := n.stopDeadline()
	defer cancel()
	for i, c := range children {
		if deadline.Err() != nil {
			n.stopAtOnce(children[i:])
			break
		}
		n.stopChild(c, c.askToStop(n), c.policy.StopTimeout, deadline)
	}
	n.watch.clear()
	left := n.supervisor.unstoppedStrays()
	for _, c := range children {
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

func (n *session) stopAtOnce(children []*child) {
	gone := make([]<-chan struct{}, len(children))
	for i, c := range children {
		gone[i] = c.askToStop(n)
	}
	deadline, cancel := clockctx.WithTimeout(n.base, n.clock, lastCall)
	defer cancel()
	for i, c := range children {
		n.stopChild(c, gone[i], Forever, deadline)
	}
}

// stopChild waits until a child that was asked to stop has gone, and gives it up when its time or everybody's is over.
func (n *session) stopChild(c *child, gone <-chan struct{}, limit time.Duration, deadline context.Context) {
	if gone == nil {
		return
	}
	select { // most are gone at once; a timer for each would cost more than the stop
	case <-gone:
		return
	default:
	}
	asked := n.clock.Now()
	var timeout <-chan time.Time
	if limit != Forever {
		timeout = n.clock.After(limit)
	}
	select {
	case <-gone:
		return
	case <-timeout:
	case <-deadline.Done():
	}
	c.abandonAtStop(n, asked)
}

// abandonAtStop gives up a run that did not return in time.
func (c *child) abandonAtStop(n *session, asked time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.guard == nil {
		return // it has gone in the last moment
	}
	now := n.clock.Now()
	n.emit(StopTimedOut{Stamp{c.path, now}, now.Sub(asked)})
	if c.run != nil {
		c.makeZombieLocked(asked, now)
		return
	}
	c.guard.letGoLocked()
	c.guard = nil
}
