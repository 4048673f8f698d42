package supervisor

import (
	"context"
	"fmt"

	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// idleState is what a Pauser is to be told. Its Pause and Resume are foreign code, which may be slow or hang: one
// goroutine for each child calls them, one after the other, until the Pauser has been told the latest wish. Nobody
// waits for it without a limit.
type idleState struct {
	wanted   bool          // the latest wish: to idle
	notified chan struct{} // closed when the Pauser has been told what was wanted, or failed; nil while nothing is told
	err      error         // how the last call failed
}

// setIdle lets a Pauser idle or go on; its run goes on either way. It waits until the Pauser was told, or ctx ends.
func (s *Supervisor) setIdle(ctx context.Context, c *child, pauser Pauser, idle bool) error {
	if ctx.Err() != nil && !idle {
		return fmt.Errorf("supervisor: %q: %w", c.name, context.Cause(ctx))
	}
	notified, err := s.requestIdle(c, pauser, idle)
	if notified == nil {
		return err
	}
	select {
	case <-notified:
	case <-ctx.Done():
		return fmt.Errorf("supervisor: waiting for %q to be told: %w", c.name, context.Cause(ctx))
	}
	c.mu.lockToRead()
	defer c.mu.unlock()
	return c.idleState.err
}

// requestIdle notes what is wanted, and sees to it that the Pauser is told. It returns what closes when it was.
func (s *Supervisor) requestIdle(c *child, pauser Pauser, idle bool) (notified <-chan struct{}, err error) {
	c.mu.lockToChange()
	defer c.mu.unlock()
	if c.life.desired == toRemove {
		return nil, fmt.Errorf("%w: %q in %q", ErrNotFound, c.name, s.cfg.Name)
	}
	if c.idleState == nil {
		c.idleState = new(idleState)
	}
	i := c.idleState
	i.wanted = idle
	if i.notified == nil {
		i.notified = make(chan struct{})
		go c.callPauser(pauser, idle)
	}
	return i.notified, nil
}

// callPauser calls the Pauser until it has been told what is wanted of it.
func (c *child) callPauser(pauser Pauser, idle bool) {
	for again := true; again; {
		_, err := foreign.Go(func() (struct{}, error) {
			if idle {
				pauser.Pause()
			} else {
				pauser.Resume()
			}
			return struct{}{}, nil
		}).Result()
		idle, again = c.pauserDone(idle, err)
	}
}

// pauserDone takes note of what the Pauser was told. It reports what is to be told next, and whether anything is.
func (c *child) pauserDone(idle bool, err error) (next, again bool) {
	c.mu.lockToChange()
	defer c.mu.unlock()
	i := c.idleState
	i.err = nil
	if err != nil {
		i.err = fmt.Errorf("supervisor: tell %q: %w", c.path, err)
	} else if c.life.desired != toRemove {
		in := inWorking
		if idle {
			in = inIdle
		}
		c.noteLocked(in)
	}
	if i.wanted != idle {
		return i.wanted, true
	}
	close(i.notified)
	i.notified = nil
	return idle, false
}
