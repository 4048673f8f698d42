package generator

import (
	"context"

	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// inline works on the symbol in the caller's goroutine: nothing stops it but its own end.
func (c *cycle) inline(part context.Context, r *report) *report {
	c.work(part, r, func(did work) { r.work = did })
	return r
}

// process has the symbol worked on and waits for it: until its context ends, and then for as long as one that heeds its
// context needs to come back.
func (c *cycle) process(part context.Context, r *report) *report {
	grace := max(r.limit/10, 1)
	ctx, cancel := clockctx.WithTimeout(part, c.g.cfg.Clock, r.limit-grace)
	defer cancel()
	// The timer is armed first: the goroutine that was begun last runs next on this processor. It stands beside the
	// context, which needs a goroutine of its own once somebody waits on it.
	expired := c.g.cfg.Clock.After(r.limit - grace)
	done := make(chan work, 1) // has room: one that comes back late finds nobody waiting
	go c.work(ctx, r, func(did work) { done <- did })
	select {
	case r.work = <-done:
		return r
	case <-expired:
		r.spent = true
	case <-part.Done():
	}
	select {
	case r.work = <-done:
	case <-c.g.cfg.Clock.After(grace):
		if left := r.worker.leave(r.turn, r.limit); left != nil {
			r.work = work{err: left}
		} else {
			r.work = <-done // it came back this very moment
		}
	}
	return r
}

// work advances the symbol and delivers what was done. What it calls may hang, panic or call Goexit.
func (c *cycle) work(ctx context.Context, r *report, deliver func(work)) {
	foreign.Run(func() error {
		r.task.advance(ctx)
		return nil
	}, func(broken error) {
		if broken != nil && r.task.broken(broken) && ctx.Err() == nil {
			c.work(ctx, r, deliver) // with the strategies that did not break
			return
		}
		did := r.task.work
		late := r.worker.release(r.task)
		deliver(did)
		if late && did.err != nil && did.err.Stack != "" {
			c.logLateError(did.err)
		}
	})
}
