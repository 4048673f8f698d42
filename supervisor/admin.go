package supervisor

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-5dee1c0a/vigil/health"
)

// lookUp returns the child at a path below this supervisor, and the supervisor whose child it is.
func (s *Supervisor) lookUp(path string) (*Supervisor, *child, error) {
	name, rest, nested := strings.Cut(path, "/")
	c := s.child(name)
	if c == nil {
		return nil, nil, fmt.Errorf("%w: %q in %q", ErrNotFound, name, s.cfg.Name)
	}
	if !nested {
		return s, c, nil
	}
	sub, ok := c.service.(*Supervisor)
	if !ok {
		return nil, nil, fmt.Errorf("%w: %q in %q is no supervisor", ErrNotFound, name, s.cfg.Name)
	}
	return sub.lookUp(rest)
}

// reach locks the child at path for something to be done to it. The caller unlocks it.
func (s *Supervisor) reach(path string) (*session, *child, error) {
	owner, c, err := s.lookUp(path)
	if err != nil {
		return nil, nil, err
	}
	n := owner.current()
	c.mu.Lock()
	switch {
	case c.wanted == toLeave:
		err = fmt.Errorf("%w: %q in %q", ErrNotFound, c.name, owner.cfg.Name)
	case n == nil || c.session != n || c.wanted == toStop || n.ctx.Err() != nil:
		err = fmt.Errorf("%w: %q", ErrNotRunning, owner.cfg.Name)
	default:
		return n, c, nil
	}
	c.mu.Unlock()
	return nil, nil, err
}

// Restart ends the present run of the child at path and begins another at once, with a full budget. A child that is
// down, stopped, paused, parked or crashed is started. It does not wait for the new run, and concerns no sibling, except
// where the Strategy restarts groups and the child's group is down: then the group starts. The path is relative:
// "trading/engine" is the child engine of the child trading.
//
// It returns ErrNotFound, ErrNotRunning where the child's supervisor does not run, and ErrZombie where an abandoned run
// still lives and no other may begin beside it: one will by itself when that has ended.
func (s *Supervisor) Restart(path string) error {
	n, c, err := s.reach(path)
	if err != nil {
		return err
	}
	c.wantLocked(n)
	c.interruptLocked(n, ErrRestarted, n.clock.Now())
	return c.goLocked(n)
}

// StartChild starts the child at path if it is down: stopped, crashed, parked or done. Otherwise it is Restart, with
// ErrStarted for a child that is not down; of a paused one, Resume is what starts it.
func (s *Supervisor) StartChild(path string) error {
	n, c, err := s.reach(path)
	if err != nil {
		return err
	}
	if down := c.wanted == toHalt || c.held || c.past != nil && c.past.parked; !down {
		c.mu.Unlock()
		return fmt.Errorf("%w: %q", ErrStarted, c.path)
	}
	c.wantLocked(n)
	if c.guard != nil {
		c.guard.wakeLocked()
	}
	return c.goLocked(n)
}

// wantLocked forgets whatever kept the child down.
func (c *child) wantLocked(n *session) {
	if c.wanted == toHalt && c.guard != nil {
		c.guard.callOffLocked()
	}
	c.wanted = toRun
	c.afreshLocked()
	n.conductor.ask(c, n.clock.Now())
}

// callOffLocked tells who waits for the guard's end to look again.
func (g *guard) callOffLocked() {
	if g.gone != nil {
		close(g.gone)
		g.gone = nil
	}
}

// goLocked launches the child, if nothing is in the way, and unlocks it.
func (c *child) goLocked(n *session) error {
	g := c.takeGuardLocked(n)
	if c.guard == nil {
		c.restLocked(n.clock.Now())
	}
	beset := c.waiting
	c.mu.Unlock()
	if g != nil {
		n.engine.Add(g)
	}
	if beset {
		return fmt.Errorf("%w: %q", ErrZombie, c.path)
	}
	return nil
}

// StopChild stops the child at path and waits until it has stopped or ctx ends. It stays listed and down, whatever its
// siblings do, until StartChild, Restart or the next Serve. A run that outlasts its StopTimeout is abandoned: the error
// is an *UnstoppedError. Stopping a child that is down is no error. From within the child, pass its own context.
func (s *Supervisor) StopChild(ctx context.Context, path string) error {
	n, c, err := s.reach(path)
	if err != nil {
		return err
	}
	c.wanted, c.held = toHalt, false
	for c.guard != nil && c.wanted == toHalt {
		c.interruptLocked(n, ErrHalted, n.clock.Now())
		gone := c.guard.goneLocked()
		c.mu.Unlock()
		select {
		case <-gone:
		case <-ctx.Done():
			return fmt.Errorf("supervisor: waiting for %q to stop: %w", c.path, context.Cause(ctx))
		}
		c.mu.Lock()
	}
	defer c.mu.Unlock()
	if c.session == n && c.wanted == toHalt {
		c.restLocked(n.clock.Now())
	}
	if zombies := c.zombiesLocked(); zombies > 0 {
		return &UnstoppedError{[]Unstopped{{c.path, c.past.zombies[zombies-1].trouble.askedAt}}}
	}
	return nil
}

// Remove removes the child at path, which must be down: stopped by StopChild, done or crashed, or its supervisor does
// not run. Otherwise it returns ErrNotStopped. Its name is free again, and nothing of it is kept.
func (s *Supervisor) Remove(path string) error {
	owner, c, err := s.lookUp(path)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.session
	switch {
	case c.wanted == toLeave:
		return fmt.Errorf("%w: %q in %q", ErrNotFound, c.name, owner.cfg.Name)
	case c.guard != nil || n != nil && c.wanted != toHalt && !c.held:
		return fmt.Errorf("%w: %q", ErrNotStopped, c.path)
	case n != nil:
		n.emit(Removed{Stamp{c.path, n.clock.Now()}})
		c.forgetLocked(n)
		return nil
	}
	c.wanted = toLeave
	if c.health != nil {
		c.health.Part().Forget()
	}
	for _, z := range c.zombies() {
		owner.stray(z, c.path)
	}
	owner.forget(c)
	return nil
}

// Pause pauses the child at path: a Pauser idles from now on, through restarts too; any other service is stopped and
// stays so, also when its supervisor is started again, until Resume or Restart. It does not wait for that. A child that
// is down already is left as it is.
func (s *Supervisor) Pause(path string) error { return s.setPaused(path, true) }

// Resume lets the child at path go on.
func (s *Supervisor) Resume(path string) error { return s.setPaused(path, false) }

func (s *Supervisor) setPaused(path string, paused bool) error {
	n, c, err := s.reach(path)
	if err != nil {
		return err
	}
	pauser, ok := c.service.(Pauser)
	switch {
	case !ok && paused:
		c.pauseLocked(n)
		c.mu.Unlock()
		return nil
	case !ok:
		return c.resumeLocked(n)
	}
	c.mu.Unlock()
	if paused { // without the lock: it is the service's code
		pauser.Pause()
	} else {
		pauser.Resume()
	}
	c.setIdling(n, paused)
	return nil
}

// pauseLocked stops a service that cannot idle, and keeps it down.
func (c *child) pauseLocked(n *session) {
	if c.wanted != toRun || c.held {
		return
	}
	now := n.clock.Now()
	c.wanted = toPause
	n.emit(Paused{Stamp{c.path, now}})
	c.interruptLocked(n, ErrPaused, now)
	if c.guard == nil {
		c.restLocked(now)
	}
}

// resumeLocked starts a paused service again, and unlocks the child.
func (c *child) resumeLocked(n *session) error {
	if c.wanted != toPause {
		c.mu.Unlock()
		return nil
	}
	c.wanted, c.kept = toRun, false
	n.emit(Resumed{Stamp{c.path, n.clock.Now()}})
	return c.goLocked(n)
}

// setIdling takes note that a Pauser was paused or resumed; its run goes on either way.
func (c *child) setIdling(n *session, idling bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idling == idling {
		return
	}
	c.idling = idling
	now := n.clock.Now()
	if idling {
		n.emit(Paused{Stamp{c.path, now}})
	} else {
		n.emit(Resumed{Stamp{c.path, now}})
	}
	switch {
	case c.run == nil:
	case idling && (c.state == health.StateRunning || c.state == health.StateStarting):
		c.setStateLocked(health.StatePaused, now)
	case !idling && c.state == health.StatePaused:
		c.setStateLocked(health.StateRunning, now)
	}
}
