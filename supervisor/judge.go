package supervisor

import (
	"context"
	"errors"
	"time"

	"github.com/thejerf/suture/v4"

	"github.com/seed-5dee1c0a/vigil/health"
)

// judgeLocked decides what follows the end of a run: a restart and when, a park, an escalation, or nothing.
func (c *child) judgeLocked(n *session, r *run, end End, now time.Time) {
	if c.wanted != toRun || c.again || n.ctx.Err() != nil {
		c.stoppedAsAskedLocked(n, end, now)
		return
	}
	ran := now.Sub(r.started)
	p := c.policy
	if end.Err == suture.ErrDoNotRestart { //nolint:errorlint // wrapped it is an end like any other
		c.finishLocked(n, End{Kind: EndReturned}, now)
		return
	}
	if p.Restart == Transient && end.Clean() {
		c.finishLocked(n, end, now)
		return
	}
	failedStart := p.Verify != Off && ran < p.Verify
	if failedStart {
		c.status.FailedStarts++
	}
	c.recordEndLocked(end, now)
	n.emit(Failed{n.stamp(c), end, ran, failedStart})
	switch {
	case p.Restart == Temporary:
		c.finishLocked(n, end, now)
	case end.Err == suture.ErrTerminateSupervisorTree: //nolint:errorlint // as above
		c.escalateLocked(n, end)
	default:
		c.budgetLocked(n, end, ran, now)
	}
}

// budgetLocked spends one restart, or does what the policy says when none is left.
func (c *child) budgetLocked(n *session, end End, ran time.Duration, now time.Time) {
	p := c.policy
	if ran >= p.Stable {
		c.spent = 0
	}
	if p.MaxRestarts == Unlimited || c.spent < p.MaxRestarts {
		c.spent++
		c.due = now.Add(p.Backoff.delay(c.spent, c.jitterLocked(n)))
		return
	}
	switch {
	case p.Exhausted == Escalate:
		c.escalateLocked(n, end)
	case p.Exhausted == GiveUp:
		c.holdLocked(n, health.StateCrashed)
		n.emit(GaveUp{n.stamp(c)})
	case p.CoolDown == Forever:
		c.holdLocked(n, health.StateCrashed)
		n.emit(Parked{Stamp: n.stamp(c)})
	default:
		c.spent, c.parked = 0, true
		c.due = now.Add(p.CoolDown)
	}
}

// escalateLocked hands the decision to the supervisor's parent, by stopping the supervisor.
func (c *child) escalateLocked(n *session, end End) {
	c.holdLocked(n, health.StateCrashed)
	n.emit(Escalated{n.stamp(c), end})
	n.escalate(c, end)
}

// finishLocked ends a child whose work is done. Of a temporary one nothing is kept.
func (c *child) finishLocked(n *session, end End, now time.Time) {
	c.recordEndLocked(end, now)
	c.status.Done = end.Clean()
	c.holdLocked(n, health.StateStopped)
	n.emit(Finished{n.stamp(c)})
	if c.policy.Restart == Temporary {
		n.supervisor.forget(c)
		n.registry.Forget(n.pathOf(c))
	}
}

func (c *child) holdLocked(n *session, state health.State) {
	c.held = true
	c.setStateLocked(n, state)
}

// stoppedAsAskedLocked takes note of an end that the supervisor wanted. What the service says beside "cancelled" is kept
// as its real reason.
func (c *child) stoppedAsAskedLocked(n *session, end End, now time.Time) {
	if !end.Clean() && !errors.Is(end.Err, context.Canceled) {
		c.recordEndLocked(end, now)
	}
	var unstopped *UnstoppedError
	if errors.As(end.Err, &unstopped) {
		c.unstopped = unstopped.Unstopped
	}
	n.emit(Stopped{n.stamp(c)})
	if c.again {
		c.again, c.spent, c.due = false, 0, time.Time{}
	}
}

// recordEndLocked keeps why the last run ended, for the status; a clean end clears it.
func (c *child) recordEndLocked(end End, now time.Time) {
	c.status.LastEnd, c.status.LastError, c.status.LastErrorAt = end.Kind, "", now
	if !end.Clean() {
		c.status.LastError = end.Error()
	}
	c.status.Stack = end.Stack
}
