package supervisor

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// stackLabel is the pprof label that marks a watched run's goroutines.
const stackLabel = "vigil_run"

func stackLabelOf(r *run) string { return fmt.Sprintf("%s %p", r.part.Path(), r) }

// setAlarmLocked sets when the watch is to look at the run next.
func (c *child) setAlarmLocked(n *session, r *run, now time.Time) {
	next := r.abandonAt
	sooner := func(at time.Time) {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	if c.status.State == health.StateStarting {
		sooner(r.started.Add(c.policy.Verify))
	}
	if c.policy.Stall > 0 && r.stall == nil {
		tick := c.policy.tick()
		sooner(r.started.Add((now.Sub(r.started)/tick + 1) * tick))
	}
	if !next.IsZero() {
		n.watch.set(c, next)
	}
}

// look is the watch's look at a child whose alarm rang, late by so much. It tells whether the child is to be launched.
func (c *child) look(n *session, now time.Time, late time.Duration) (launch bool) {
	r := c.checkUp(n, now, late)
	if r == nil {
		return false
	}
	if r.stall == nil { // outside the lock, because it takes a moment
		stack := stackOf(stackLabelOf(r))
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.run == r && !r.part.TakeBeat() {
			c.stallLocked(n, r, stack, now)
		}
		if c.run == r {
			c.setAlarmLocked(n, r, now)
		}
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.run == r && c.abandonLocked(n, r, now)
}

// checkUp verifies a start, dates the last beat, and returns the run if it is to be declared stalled or abandoned.
func (c *child) checkUp(n *session, now time.Time, late time.Duration) *run {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.run
	if r == nil || c.session != n || c.wanted != toRun {
		return nil
	}
	if c.status.State == health.StateStarting && now.Sub(r.started) >= c.policy.Verify {
		c.setStateLocked(n, health.StateRunning)
		n.emit(Verified{n.stamp(c)})
	}
	if r.stall != nil && !r.abandonAt.IsZero() && !now.Before(r.abandonAt) {
		return r
	}
	if r.stall == nil && c.policy.Stall > 0 {
		r.beat = r.beat.Add(late) // nobody could beat, or be seen beating, while the watch itself stood still
		if r.part.TakeBeat() || r.part.IdleAt(now) {
			r.beat = now
		}
		if now.Sub(r.beat) >= c.policy.Stall {
			return r
		}
	}
	c.setAlarmLocked(n, r, now)
	return nil
}

// stallLocked declares the run stalled: it is asked to stop, and says why.
func (c *child) stallLocked(n *session, r *run, stack string, now time.Time) {
	r.stall = &StallError{Silence: now.Sub(r.beat), Limit: c.policy.Stall}
	r.stack = stack
	if c.policy.StopTimeout != Forever {
		r.abandonAt = now.Add(c.policy.StopTimeout)
	}
	c.recordEndLocked(End{EndStalled, r.stall, stack}, now)
	c.setStateLocked(n, health.StateStalled)
	n.emit(Stalled{n.stamp(c), r.stall.Silence, r.stall.Limit, stack})
	r.cancel(r.stall)
}

// abandonLocked gives up a stalled run that does not return. It tells whether another may begin beside it.
func (c *child) abandonLocked(n *session, r *run, now time.Time) (launch bool) {
	c.guard = nil
	c.makeZombieLocked(r, now)
	replace := c.mayReplaceLocked()
	n.emit(Abandoned{n.stamp(c), len(c.zombies), replace})
	if !replace {
		c.waiting = true
		return false
	}
	c.judgeLocked(n, r, End{EndStalled, r.stall, r.stack}, now)
	return !c.held
}

// stackOf returns the stacks of the goroutines that carry the label. The goroutine profile stops the world for a tenth
// of a millisecond at 100k goroutines; runtime.Stack of all of them froze a sibling for 425 ms.
func stackOf(label string) string {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return "no stack: " + err.Error()
	}
	mark := fmt.Sprintf("%q:%q", stackLabel, label)
	var stacks strings.Builder
	for block := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(block, mark) {
			stacks.WriteString(block + "\n\n")
		}
		if stacks.Len() > maxStack {
			break
		}
	}
	return bounded(strings.TrimSpace(stacks.String()))
}
