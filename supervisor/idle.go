package supervisor

import (
	"context"
	"fmt"

	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// idling is what a Pauser is to be told. Its Pause and Resume are foreign code, which may be slow or hang: one goroutine
// for each child calls them, one after the other, until the Pauser has been told the latest wish. Nobody waits for it
// without a limit.
type idling struct {
	wanted bool          // the latest wish: to idle
	told   chan struct{} // closed when the Pauser has been told what was wanted, or failed; nil while nothing is told
	err    error         // how the last call failed
}

// setIdling lets a Pauser idle or go on; its run goes on either way. It waits until the Pauser was told, or ctx ends.
func (s *Supervisor) setIdling(ctx context.Context, c *child, pauser Pauser, idle bool) error {
	if ctx.Err() != nil && !idle {
		return fmt.Errorf("supervisor: %q: %w", c.name, context.Cause(ctx))
	}
	told, err := s.wantIdling(c, pauser, idle)
	if told == nil {
		return err
	}
	select {
	case <-told:
	case <-ctx.Done():
		return fmt.Errorf("supervisor: waiting for %q to be told: %w", c.name, context.Cause(ctx))
	}
	c.mu.lockToRead()
	defer c.mu.unlock()
	return c.idling.err
}

// wantIdling notes what is wanted, and sees to it that the Pauser is told. It returns what closes when it was.
func (s *Supervisor) wantIdling(c *child, pauser Pauser, idle bool) (told <-chan struct{}, err error) {
	c.mu.lockToChange()
	defer c.mu.unlock()
	if c.life.desired == toRemove {
		return nil, fmt.Errorf("%w: %q in %q", ErrNotFound, c.name, s.cfg.Name)
	}
	if c.idling == nil {
		c.idling = new(idling)
	}
	i := c.idling
	i.wanted = idle
	if i.told == nil {
		i.told = make(chan struct{})
		go c.tellPauser(pauser, idle)
	}
	return i.told, nil
}

// tellPauser calls the Pauser until it has been told what is wanted of it.
func (c *child) tellPauser(pauser Pauser, idle bool) {
	for again := true; again; {
		_, err := foreign.Go(func() (struct{}, error) {
			if idle {
				pauser.Pause()
			} else {
				pauser.Resume()
			}
			return struct{}{}, nil
		}).Result()
		idle, again = c.pauserTold(idle, err)
	}
}

// pauserTold takes note of what the Pauser was told. It reports what is to be told next, and whether anything is.
func (c *child) pauserTold(idle bool, err error) (next, again bool) {
	c.mu.lockToChange()
	defer c.mu.unlock()
	i := c.idling
	i.err = nil
	if err != nil {
		i.err = fmt.Errorf("supervisor: tell %q: %w", c.path, err)
	} else if c.life.desired != toRemove {
		in := inWorking
		if idle {
			in = inIdling
		}
		c.noteLocked(in)
	}
	if i.wanted != idle {
		return i.wanted, true
	}
	close(i.told)
	i.told = nil
	return idle, false
}
