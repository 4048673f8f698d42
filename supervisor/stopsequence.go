package supervisor

import (
	"context"
	"sync"
	"time"
)

// stopSequence stops the children of a session in reverse order. The guard of each child asks the next one as it goes: a
// goroutine that waited for each in turn would be woken for each of them. The session's own goroutine only keeps the
// time that each of them gets.
type stopSequence struct {
	session *session
	wake    chan struct{} // capacity 1: the child that was asked last has less time than the timer
	done    chan struct{} // closed when no child is waited for any more

	timer <-chan time.Time // armed for timerAt; nil for none; only the session's goroutine touches it

	mu            sync.Mutex // guards all below
	left          []*child   // those not asked yet, in the order in which they started
	present       *child     // the one that was asked last
	stopRequested time.Time  // when that was
	timerAt       time.Time  // zero for no timer
}

func newStopSequence(sess *session, children []*child) *stopSequence {
	return &stopSequence{session: sess, left: children, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// next asks the next child that runs. It is called once to begin with, and then by the guard of each child that goes.
func (seq *stopSequence) next() {
	seq.mu.Lock()
	defer seq.mu.Unlock()
	seq.nextLocked()
}

func (seq *stopSequence) nextLocked() {
	for i := len(seq.left) - 1; i >= 0; i-- {
		c := seq.left[i]
		seq.left = seq.left[:i]
		if requestedAt := c.askInSequence(seq.session); !requestedAt.IsZero() {
			seq.expectLocked(c, requestedAt)
			return
		}
	}
	close(seq.done)
}

// expectLocked notes which child is waited for, and wakes the session if its timer would come too late for it.
func (seq *stopSequence) expectLocked(c *child, requestedAt time.Time) {
	seq.present, seq.stopRequested = c, requestedAt
	limit := c.policy().StopTimeout
	if limit == Forever || !seq.timerAt.IsZero() && !requestedAt.Add(limit).Before(seq.timerAt) {
		return
	}
	select {
	case seq.wake <- struct{}{}:
	default:
	}
}

// wait returns when all children have gone or were given up. When the deadline ends before that it gives up the one
// that is waited for, and returns those that have not been asked.
func (seq *stopSequence) wait(deadline context.Context) (left []*child) {
	for {
		select {
		case <-seq.done:
			return nil
		case <-seq.arm():
			seq.onTimeout()
		case <-seq.wake:
		case <-deadline.Done():
			return seq.abandonRest()
		}
	}
}

// arm returns a timer for the child that is waited for. One that is armed for an earlier time is left as it is: it
// fires in vain, which costs less than another timer for each child.
func (seq *stopSequence) arm() <-chan time.Time {
	seq.mu.Lock()
	defer seq.mu.Unlock()
	if seq.present == nil || seq.present.policy().StopTimeout == Forever {
		return seq.timer
	}
	clk := seq.session.clock
	at := seq.stopRequested.Add(seq.present.policy().StopTimeout)
	if seq.timerAt.IsZero() || at.Before(seq.timerAt) {
		seq.timerAt = at
		seq.timer = clk.After(max(1, at.Sub(clk.Now())))
	}
	return seq.timer
}

// onTimeout gives up the child that is waited for if its time is up, and goes on to the next one.
func (seq *stopSequence) onTimeout() {
	seq.mu.Lock()
	defer seq.mu.Unlock()
	seq.timer, seq.timerAt = nil, time.Time{}
	limit := seq.present.policy().StopTimeout
	if limit == Forever || seq.session.clock.Now().Sub(seq.stopRequested) < limit {
		return
	}
	if seq.present.abandonAtStop(seq.session, seq.stopRequested) {
		seq.nextLocked()
	}
}

// abandonRest gives up the child that is waited for, and leaves the rest to the caller.
func (seq *stopSequence) abandonRest() (left []*child) {
	seq.mu.Lock()
	defer seq.mu.Unlock()
	left, seq.left = seq.left, nil
	if seq.present != nil {
		seq.present.abandonAtStop(seq.session, seq.stopRequested)
	}
	return left
}
