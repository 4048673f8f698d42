package supervisor

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Administration is admin.go (a child is found, started, removed), wish.go (what a person wants of it: to stop, to pause,
// to go on) and idle.go (a Pauser is told).

// lookUp returns the child at a path below this supervisor, and the supervisor whose child it is. Paths from the root
// on, as in events, lead to the same child.
func (s *Supervisor) lookUp(path string) (*Supervisor, *child, error) {
	owner, c, err := s.find(path)
	if err == nil {
		return owner, c, nil
	}
	if below, full := strings.CutPrefix(path, s.path()+"/"); full {
		return s.find(below)
	}
	return nil, nil, err
}

// path is the supervisor's own.
func (s *Supervisor) path() string {
	if sess := s.current(); sess != nil {
		return sess.path
	}
	return s.cfg.Name
}

// find returns the child at a relative path.
func (s *Supervisor) find(path string) (*Supervisor, *child, error) {
	name, rest, more := strings.Cut(path, "/")
	c := s.child(name)
	if c == nil {
		return nil, nil, fmt.Errorf("%w: %q in %q", ErrNotFound, name, s.cfg.Name)
	}
	if !more {
		return s, c, nil
	}
	owner, found, err := c.below(rest)
	if found == nil && err == nil {
		err = fmt.Errorf("%w: %q in %q is no supervisor", ErrNotFound, name, s.cfg.Name)
	}
	return owner, found, err
}

// withChild does what a person asks of the child at path, with the child's mu held. The guard that do returns was put in
// charge and is launched afterwards, without the mu. Where the child's supervisor does not run, it is only noted what is
// wanted from its next start on.
func (s *Supervisor) withChild(
	ctx context.Context, path string, in input, do func(*session, *child) (launch *guard, err error),
) error {
	if ctx.Err() != nil && in != inHalted && in != inPaused { // to stop is safe, and may be wanted badly
		return fmt.Errorf("supervisor: %q: %w", path, context.Cause(ctx))
	}
	owner, c, err := s.lookUp(path)
	if err != nil {
		return err
	}
	sess := owner.current()
	launch, err := owner.withMember(sess, c, in, do)
	if launch != nil {
		sess.engine.Add(launch)
	}
	return err
}

// withMember does something to a child of the session, which is nil where the supervisor does not run.
func (s *Supervisor) withMember(
	sess *session, c *child, in input, do func(*session, *child) (*guard, error),
) (launch *guard, err error) {
	c.mu.lockToChange()
	defer c.mu.unlock()
	switch {
	case c.life.desired == toRemove:
		return nil, fmt.Errorf("%w: %q in %q", ErrNotFound, c.name, s.cfg.Name)
	case sess != nil && c.session == sess && !c.life.is(closes) && sess.ctx.Err() == nil:
		return do(sess, c)
	}
	c.noteLocked(in)
	if in == inWanted {
		return nil, fmt.Errorf("%w: %q", ErrNotRunning, s.cfg.Name)
	}
	return nil, nil
}

// noteLocked notes what a person wants of a child whose supervisor does not run, or is about to stop.
func (c *child) noteLocked(in input) {
	if sess := c.session; sess != nil {
		now := sess.clock.Now()
		fx := c.stepLocked(in, now)
		sess.emitWishLocked(c, fx, now)
		if fx&endsRun != 0 { // the tree stops, and would come to it in its turn
			c.interruptLocked(sess, causeOf(in), now)
		}
	} else {
		c.life, _ = c.life.next(in) // there is no clock to tell the time by, and nobody to tell it to
	}
	if c.health != nil {
		c.tellLocked()
	}
}

// causeOf is why a run is asked to end by a person's wish.
func causeOf(in input) error {
	if in == inPaused {
		return ErrPaused
	}
	return ErrHalted
}

// emitWishLocked says that a person wants something else of the child.
func (sess *session) emitWishLocked(c *child, fx effectSet, now time.Time) {
	switch {
	case fx&emitPaused != 0:
		sess.emit(Paused{Stamp{c.path, now}})
	case fx&emitResumed != 0:
		sess.emit(Resumed{Stamp{c.path, now}})
	case fx&emitHalted != 0:
		sess.emit(Halted{Stamp{c.path, now}})
	}
}

// Restart ends the present run of the child at path and begins another at once, with a full budget. A child that is
// down, stopped, paused, parked or crashed is started. It does not wait for the new run, and concerns no sibling, except
// where the Strategy restarts groups and the child's group is down: then the group starts. The path is relative:
// "trading/engine" is the child engine of the child trading. It may begin with the supervisor's own path, as those of
// events do.
//
// It returns ErrNotFound; ErrNotRunning where the child's supervisor does not run, together with which the child will
// start again; and ErrZombie where an abandoned run still lives and no other may begin beside it: one will by itself
// when that has ended.
func (s *Supervisor) Restart(ctx context.Context, path string) error {
	return s.withChild(ctx, path, inWanted, func(sess *session, c *child) (*guard, error) {
		sess.wantLocked(c)
		c.interruptLocked(sess, ErrRestarted, sess.clock.Now())
		return sess.guardLocked(c)
	})
}

// StartChild starts the child at path if it is down: stopped, crashed, parked or done. Otherwise it is Restart, with
// ErrStarted for a child that is not down; of a paused one, Resume is what starts it.
func (s *Supervisor) StartChild(ctx context.Context, path string) error {
	return s.withChild(ctx, path, inWanted, func(sess *session, c *child) (*guard, error) {
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
		c.guard.abandonLocked()
	}
	now := sess.clock.Now()
	sess.emitWishLocked(c, c.stepLocked(inWanted, now), now)
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

// Remove removes the child at path, which must be down: stopped by StopChild, done or crashed, or its supervisor does
// not run. Otherwise it returns ErrNotStopped. Its name is free again, and nothing of it is kept.
func (s *Supervisor) Remove(ctx context.Context, path string) error {
	if ctx.Err() != nil {
		return fmt.Errorf("supervisor: %q: %w", path, context.Cause(ctx))
	}
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
	owner.abandonLocked(c)
	owner.forget(c)
	return nil
}
