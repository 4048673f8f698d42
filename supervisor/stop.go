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
		n.stopChild(deadline, c, c.askToStop(n), c.policy.StopTimeout)
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
		n.stopChild(deadline, c, gone[i], Forever)
	}
}

// stopChild waits until a child that was asked to stop has gone, and gives it up when its time or everybody's is over.
func (n *session) stopChild(deadline context.Context, c *child, gone <-chan struct{}, limit time.Duration) {
	if gone == nil {
		return
	}
	select {
	case <-gone:
		return
	default:
	}
	asked := n.clock.Now()
	for wait := limit; wait > 0 || limit == Forever; wait = limit - n.clock.Now().Sub(asked) {
		select {
		case <-gone:
			return
		case <-n.patience.within(n.clock, wait):
			n.patience.timer = nil
			continue
		case <-deadline.Done():
		}
		break
	}
	c.abandonAtStop(n, asked)
}

// patience is the timer of a stop. It is left armed from one child to the next, and armed anew when it has fired too
// early for the one that is waited for: a timer for each child would cost more than its stop.
type patience struct {
	timer <-chan time.Time
	at    time.Time
}

// within returns a timer that fires after at most d, nil for Forever.
func (p *patience) within(clk Clock, d time.Duration) <-chan time.Time {
	if d == Forever {
		return nil
	}
	if at := clk.Now().Add(d); p.timer == nil || p.at.After(at) {
		p.timer, p.at = clk.After(d), at
	}
	return p.timer
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
