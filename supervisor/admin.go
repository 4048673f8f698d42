package supervisor

import (
	"context"
	"fmt"
	"strings"
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

// withChild does something to the child at path, which must belong to a session that goes on, with the child's mu held.
// The guard that do returns was put in charge and is launched afterwards, without the mu.
func (s *Supervisor) withChild(path string, do func(*session, *child) (launch *guard, err error)) error {
	owner, c, err := s.lookUp(path)
	if err != nil {
		return err
	}
	sess := owner.current()
	launch, err := sess.withMember(owner, c, do)
	if launch != nil {
		sess.engine.Add(launch)
	}
	return err
}

// withMember does something to a child of the session, which is nil where owner does not run.
func (sess *session) withMember(
	owner *Supervisor, c *child, do func(*session, *child) (*guard, error),
) (launch *guard, err error) {
	c.mu.lockToChange()
	defer c.mu.unlock()
	switch {
	case c.life.desired == toRemove:
		return nil, fmt.Errorf("%w: %q in %q", ErrNotFound, c.name, owner.cfg.Name)
	case sess == nil || c.session != sess || c.life.is(closes) || sess.ctx.Err() != nil:
		return nil, fmt.Errorf("%w: %q", ErrNotRunning, owner.cfg.Name)
	}
	return do(sess, c)
}

// Restart ends the present run of the child at path and begins another at once, with a full budget. A child that is
// down, stopped, paused, parked or crashed is started. It does not wait for the new run, and concerns no sibling, except
// where the Strategy restarts groups and the child's group is down: then the group starts. The path is relative:
// "trading/engine" is the child engine of the child trading.
//
// It returns ErrNotFound, ErrNotRunning where the child's supervisor does not run, and ErrZombie where an abandoned run
// still lives and no other may begin beside it: one will by itself when that has ended.
func (s *Supervisor) Restart(path string) error {
	return s.withChild(path, func(sess *session, c *child) (*guard, error) {
		sess.wantLocked(c)
		c.interruptLocked(sess, ErrRestarted, sess.clock.Now())
		return sess.guardLocked(c)
	})
}

// StartChild starts the child at path if it is down: stopped, crashed, parked or done. Otherwise it is Restart, with
// ErrStarted for a child that is not down; of a paused one, Resume is what starts it.
func (s *Supervisor) StartChild(path string) error {
	return s.withChild(path, func(sess *session, c *child) (*guard, error) {
		if down := c.life.halted() || c.life.held() || c.history != nil && c.history.parked; !down {
			return nil, fmt.Errorf("%w: %q", ErrStarted, c.path)
		}
		sess.wantLocked(c)
		if c.guard != nil {
			c.guard.wakeLocked()
		}
		return sess.guardLocked(c)
	})
}

// wantLocked forgets whatever kept the child down.
func (sess *session) wantLocked(c *child) {
	if c.life.halted() && c.guard != nil {
		c.guard.letGoLocked()
	}
	now := sess.clock.Now()
	c.stepLocked(inWanted, now)
	c.resetLocked()
	sess.group.askLocked(c, now)
}

// guardLocked returns a guard for the child, if it is to run and nothing is in the way.
func (sess *session) guardLocked(c *child) (*guard, error) {
	g := c.takeGuardLocked(sess)
	if c.guard == nil {
		c.downLocked(sess.clock.Now())
	}
	if c.life.phase == isBlocked {
		return g, fmt.Errorf("%w: %q", ErrZombie, c.path)
	}
	return g, nil
}

// StopChild stops the child at path and waits until it has stopped or ctx ends. It stays listed and down, whatever its
// siblings do, until StartChild, Restart or the next Serve. A run that outlasts its StopTimeout is abandoned: the error
// is an *UnstoppedError. Stopping a child that is down is no error. From within the child, pass its own context.
func (s *Supervisor) StopChild(ctx context.Context, path string) error {
	var gone <-chan struct{}
	var halt func() (<-chan struct{}, error)
	var full string // the path from the root on
	err := s.withChild(path, func(sess *session, c *child) (_ *guard, err error) {
		c.stepLocked(inHalted, sess.clock.Now())
		gone, err = sess.haltLocked(c)
		full = c.path
		halt = func() (<-chan struct{}, error) { return sess.halt(c) }
		return nil, err
	})
	for gone != nil {
		select {
		case <-gone:
			gone, err = halt()
		case <-ctx.Done():
			return fmt.Errorf("supervisor: waiting for %q to stop: %w", full, context.Cause(ctx))
		}
	}
	return err
}

func (sess *session) halt(c *child) (gone <-chan struct{}, err error) {
	c.mu.lockToChange()
	defer c.mu.unlock()
	return sess.haltLocked(c)
}

// haltLocked asks a child that is to stop to do so. It returns what closes when its guard has gone, nil where there is
// nothing to wait for any more; then the error lists what of it lives on.
func (sess *session) haltLocked(c *child) (gone <-chan struct{}, err error) {
	if c.guard != nil && c.life.halted() {
		c.interruptLocked(sess, ErrHalted, sess.clock.Now())
		return c.guard.goneLocked(), nil
	}
	if c.session == sess && c.life.halted() {
		c.downLocked(sess.clock.Now())
	}
	if left := c.unstoppedLocked(); len(left) > 0 {
		return nil, &UnstoppedError{left[len(left)-1:]}
	}
	return nil, nil
}

// Remove removes the child at path, which must be down: stopped by StopChild, done or crashed, or its supervisor does
// not run. Otherwise it returns ErrNotStopped. Its name is free again, and nothing of it is kept.
func (s *Supervisor) Remove(path string) error {
	owner, c, err := s.lookUp(path)
	if err != nil {
		return err
	}
	c.mu.lockToChange()
	defer c.mu.unlock()
	sess := c.session
	switch {
	case c.life.desired == toRemove:
		return fmt.Errorf("%w: %q in %q", ErrNotFound, c.name, owner.cfg.Name)
	case c.guard != nil || sess != nil && !c.life.halted() && !c.life.held():
		return fmt.Errorf("%w: %q", ErrNotStopped, c.path)
	case sess != nil:
		sess.emit(Removed{Stamp{c.path, sess.clock.Now()}})
		c.forgetLocked(sess)
		return nil
	}
	c.life, _ = c.life.next(inRemoved) // there is no clock to tell the time by, and nothing to tell it to
	if c.health != nil {
		c.health.Part().Forget()
	}
	owner.addOrphans(c.zombiesLocked(), c.path)
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
	var idle func()
	err := s.withChild(path, func(sess *session, c *child) (*guard, error) {
		pauser, ok := c.service.(Pauser)
		switch {
		case ok:
			idle = func() { sess.setIdling(c, pauser, paused) }
		case paused:
			sess.pauseLocked(c)
		default:
			return sess.resumeLocked(c)
		}
		return nil, nil
	})
	if idle != nil {
		idle() // without the lock: it is the service's code
	}
	return err
}

// pauseLocked stops a service that cannot idle, and keeps it down.
func (sess *session) pauseLocked(c *child) {
	now := sess.clock.Now()
	fx := c.stepLocked(inPaused, now)
	if fx&tellsPaused != 0 {
		sess.emit(Paused{Stamp{c.path, now}})
	}
	if fx&endsRun == 0 {
		return // it is down already
	}
	c.interruptLocked(sess, ErrPaused, now)
	if c.guard == nil {
		c.downLocked(now)
	}
}

// resumeLocked returns a guard for a service that was stopped by pauseLocked.
func (sess *session) resumeLocked(c *child) (*guard, error) {
	now := sess.clock.Now()
	if c.stepLocked(inResumed, now)&tellsResumed == 0 {
		return nil, nil
	}
	sess.emit(Resumed{Stamp{c.path, now}})
	return sess.guardLocked(c)
}

// setIdling lets a Pauser idle or go on, and takes note of it; its run goes on either way.
func (sess *session) setIdling(c *child, pauser Pauser, idling bool) {
	in := inWorking
	if idling {
		in = inIdling
		pauser.Pause()
	} else {
		pauser.Resume()
	}
	c.mu.lockToChange()
	defer c.mu.unlock()
	now := sess.clock.Now()
	switch fx := c.stepLocked(in, now); {
	case fx&tellsPaused != 0:
		sess.emit(Paused{Stamp{c.path, now}})
	case fx&tellsResumed != 0:
		sess.emit(Resumed{Stamp{c.path, now}})
	}
}
