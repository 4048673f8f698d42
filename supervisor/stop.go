package supervisor

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
)

// These files are the stop: stop.go (how a child is asked to stop and what it is then; the stop of a whole tree) and
// stopsequence.go (one child after the other, in reverse order). A run that does not return in time is abandoned by the
// watch (stall.go), and where the tree stops by the stop itself. Read stop.go first.

// interruptLocked cancels the present run, or wakes the guard that waits for the next one. The watch abandons a run that
// does not return in time. During a tree stop the watch is off: pass a zero now.
func (c *child) interruptLocked(sess *session, cause error, now time.Time) {
	if r := c.run; r != nil {
		if !r.stopRequested && !now.IsZero() {
			r.stopRequested = true
			r.setDeadlineLocked(now, c.policy().StopTimeout)
			c.setAlarmLocked(sess, r, now)
		}
		r.stopRequested = true
		c.stepLocked(inStopping, sess.clock.Now())
		r.cancel(cause)
	}
	if c.guard != nil {
		c.guard.wakeLocked()
	}
}

// downLocked shows what a child is that has no guard.
func (c *child) downLocked(now time.Time) {
	in := inDown
	if c.blockedByZombieLocked() {
		in = inBlocked
	}
	if c.stepLocked(in, now)&asksGroup != 0 {
		c.session.group.showLocked(c, now)
	}
	if c.policy().Restart == Temporary && c.life.halted() && c.guard == nil {
		c.forgetLocked(c.session) // nothing is kept of it, whoever ended it
	}
}

// askToStopLocked cancels the present run, because the tree stops, and sees to it that no other begins. It is false when
// there is nothing to wait for.
func (c *child) askToStopLocked(sess *session) bool {
	if c.session != sess {
		return false
	}
	if c.history != nil {
		c.history.unstopped = nil // of an earlier stop
	}
	fx := c.stepLocked(inClosed, time.Time{}) // no state begins with it
	if c.guard == nil {
		c.downLocked(sess.clock.Now())
		return false
	}
	if fx&endsRun != 0 {
		c.interruptLocked(sess, sess.cause, time.Time{})
	}
	return true
}

// askToStop asks the child to stop. It returns what closes when it has gone, nil if it is down.
func (c *child) askToStop(sess *session) <-chan struct{} {
	c.mu.lockToChange()
	defer c.mu.unlock()
	if !c.askToStopLocked(sess) {
		return nil
	}
	return c.guard.goneLocked()
}

// askInSequence asks the child to stop, and its guard to ask the next one. It returns since when the present run has been
// asked, which may have been before, and zero when there is nothing to wait for.
func (c *child) askInSequence(sess *session) (asked time.Time) {
	c.mu.lockToChange()
	defer c.mu.unlock()
	if !c.askToStopLocked(sess) {
		return time.Time{}
	}
	c.guard.stopWaits = true
	if c.run != nil && c.run.termination != nil {
		return c.run.termination.requestedAt
	}
	return sess.clock.Now()
}

// abandonAtStop gives up a run that did not return in time. It is false when it did, in the last moment.
func (c *child) abandonAtStop(sess *session, asked time.Time) bool {
	c.mu.lockToChange()
	defer c.mu.unlock()
	if c.guard == nil {
		return false
	}
	now := sess.clock.Now()
	sess.emit(StopTimedOut{Stamp{c.path, now}, now.Sub(asked)})
	if c.run != nil {
		c.makeZombieLocked(asked, now)
	} else {
		c.guard.abandonLocked()
		c.guard = nil
	}
	c.downLocked(now)
	return true
}

// lastCall is how long children get that are asked to stop when the root's time is already up.
const lastCall = time.Second

// stopAll stops the children in reverse order, each within its own timeout. When the root's time is up those that are
// left are asked all at once, and get lastCall together.
func (sess *session) stopAll() {
	children := sess.supervisor.close()
	deadline, cancel := sess.stopDeadline()
	defer cancel()
	sess.stopping = newStopSequence(sess, children)
	sess.stopping.next()
	sess.stopAtOnce(sess.stopping.wait(deadline))
	sess.watch.clear()
	left := sess.supervisor.unstoppedOrphans()
	for _, c := range slices.Backward(children) {
		left = append(left, c.leave(sess)...)
		left = append(left, c.unstopped()...) // what is below may have ended long ago, and left something behind
	}
	sess.unstopped = unique(left)
}

// stopDeadline returns a context that ends when the whole stop is to be over. A root has one, and a tree that a child's
// Serve serves: a child's stop is bounded by its parent.
func (sess *session) stopDeadline() (context.Context, context.CancelFunc) {
	limit := cmp.Or(sess.supervisor.cfg.StopTimeout, time.Minute)
	if sess.parent != nil && sess.host == nil || limit == Forever {
		return sess.base, func() {}
	}
	return clockctx.WithTimeout(sess.base, sess.clock, limit)
}

// stopAtOnce asks the children all together, the last one first, and gives up those that do not go in time.
func (sess *session) stopAtOnce(children []*child) {
	if len(children) == 0 {
		return
	}
	gone := make([]<-chan struct{}, len(children))
	for i, c := range slices.Backward(children) {
		gone[i] = c.askToStop(sess)
	}
	asked := sess.clock.Now()
	deadline, cancel := clockctx.WithTimeout(sess.base, sess.clock, lastCall)
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
			c.abandonAtStop(sess, asked)
		}
	}
}

// unique drops what is told by an error and was found again.
func unique(left []Unstopped) []Unstopped {
	seen := make(map[Unstopped]bool, len(left))
	return slices.DeleteFunc(left, func(u Unstopped) bool {
		again := seen[u]
		seen[u] = true
		return again
	})
}
