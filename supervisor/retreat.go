package supervisor

import (
	"context"
	"sync"
	"time"
)

// retreat stops the children of a session in reverse order. Each one is asked by the guard of the one before it, as that
// goes: a goroutine that waited for each in turn would be woken for each of them. What stays with the session's own
// goroutine is the time that each of them gets.
type retreat struct {
	session *session
	sooner  chan struct{} // capacity 1: the child that was asked last has less time than the timer
	done    chan struct{} // closed when nobody is waited for any more

	timer <-chan time.Time // armed for armedFor; nil for none; only the session's goroutine touches it

	mu       sync.Mutex // guards all below; taken before a child's mu
	left     []*child   // who has not been asked, in the order in which they started
	present  *child     // who was asked last
	asked    time.Time  // when that was
	armedFor time.Time  // zero for no timer
}

func newRetreat(n *session, children []*child) *retreat {
	return &retreat{session: n, left: children, sooner: make(chan struct{}, 1), done: make(chan struct{})}
}

// next asks the next child that runs. It is called once to begin with, and then by whoever sees that child go.
func (t *retreat) next() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.nextLocked()
}

func (t *retreat) nextLocked() {
	for i := len(t.left) - 1; i >= 0; i-- {
		c := t.left[i]
		t.left = t.left[:i]
		if asked := c.retreat(t.session); !asked.IsZero() {
			t.expectLocked(c, asked)
			return
		}
	}
	close(t.done)
}

// retreat asks the child to stop, and its guard to pass that on. It returns since when the present run has been asked,
// which may have been before, and zero when there is nobody to wait for.
func (c *child) retreat(n *session) (asked time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.askToStopLocked(n) {
		return time.Time{}
	}
	c.guard.awaited = true
	if c.run != nil && c.run.trouble != nil {
		return c.run.trouble.askedAt
	}
	return n.clock.Now()
}

// expectLocked takes note of who is waited for, and wakes the session if its timer would come too late for it.
func (t *retreat) expectLocked(c *child, asked time.Time) {
	t.present, t.asked = c, asked
	limit := c.policy.StopTimeout
	if limit == Forever || !t.armedFor.IsZero() && !asked.Add(limit).Before(t.armedFor) {
		return
	}
	select {
	case t.sooner <- struct{}{}:
	default:
	}
}

// wait returns when all children have gone or were given up. When the deadline ends before that it gives up the one that
// is waited for, and returns those that have not been asked.
func (t *retreat) wait(deadline context.Context) (left []*child) {
	for {
		select {
		case <-t.done:
			return nil
		case <-t.arm():
			t.expire()
		case <-t.sooner:
		case <-deadline.Done():
			return t.cut()
		}
	}
}

// arm returns a timer for the child that is waited for. One that is armed for an earlier time is left as it is: it fires
// in vain, which costs less than another timer for each child.
func (t *retreat) arm() <-chan time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.present == nil || t.present.policy.StopTimeout == Forever {
		return t.timer
	}
	clk := t.session.clock
	at := t.asked.Add(t.present.policy.StopTimeout)
	if t.armedFor.IsZero() || at.Before(t.armedFor) {
		t.armedFor = at
		t.timer = clk.After(max(1, at.Sub(clk.Now())))
	}
	return t.timer
}

// expire gives up the child that is waited for if its time is up, and goes on to the next one.
func (t *retreat) expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timer, t.armedFor = nil, time.Time{}
	limit := t.present.policy.StopTimeout
	if limit == Forever || t.session.clock.Now().Sub(t.asked) < limit {
		return
	}
	if t.present.abandonAtStop(t.session, t.asked) {
		t.nextLocked()
	}
}

// cut gives up the child that is waited for, and leaves the rest to the caller.
func (t *retreat) cut() (left []*child) {
	t.mu.Lock()
	defer t.mu.Unlock()
	left, t.left = t.left, nil
	if t.present != nil {
		t.present.abandonAtStop(t.session, t.asked)
	}
	return left
}
