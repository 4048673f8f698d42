package supervisor

import (
	"context"
	"fmt"
)

// Wish is what a person wants of a child. It lasts until the person wants something else: through restarts of the
// child's supervisor, and while that does not run. A host that keeps it beyond the process reads Status.Wish, and asks
// for it again before the next Serve.
type Wish string

// The wishes.
const (
	WishRun   Wish = ""
	WishPause Wish = "pause"
	WishStop  Wish = "stop"
)

// wish is what a person wants of the child.
func (l lifecycle) wish() Wish {
	switch {
	case l.desired == toStop:
		return WishStop
	case l.desired == toPause, l.is(idles):
		return WishPause
	}
	return WishRun
}

// StopChild stops the child at path and waits until it has stopped or ctx ends. It stays listed and down until StartChild
// or Restart, whatever its siblings do and however often its supervisor is restarted. Where its supervisor does not run,
// the child will not start with it. A run that outlasts its StopTimeout is abandoned: the error is an *UnstoppedError.
// Stopping a child that is down is no error. From within the child, pass its own context: also where ctx has ended the
// child is asked to stop, while StartChild, Restart and Resume do nothing then.
func (s *Supervisor) StopChild(ctx context.Context, path string) error {
	err := s.withChild(ctx, path, inHalted, func(sess *session, c *child) (*guard, error) {
		now := sess.clock.Now()
		sess.emitWishLocked(c, c.stepLocked(inHalted, now), now)
		return nil, nil
	})
	if err != nil {
		return err
	}
	_, c, err := s.lookUp(path)
	if err != nil {
		return nil //nolint:nilerr // it has stopped, and was removed in the next moment
	}
	for gone := c.halt(); gone != nil; gone = c.halt() {
		select {
		case <-gone:
		case <-ctx.Done():
			return fmt.Errorf("supervisor: waiting for %q to stop: %w", path, context.Cause(ctx))
		}
	}
	if left := c.unstopped(); len(left) > 0 {
		return &UnstoppedError{left}
	}
	return nil
}

// halt asks a child that is to stop to do so. It returns what closes when its guard has gone, nil where there is nothing
// to wait for any more.
func (c *child) halt() (gone <-chan struct{}) {
	c.mu.lockToChange()
	defer c.mu.unlock()
	sess := c.session
	switch {
	case sess == nil || c.life.desired != toStop:
		return nil
	case c.guard == nil:
		if !c.life.is(closes) {
			c.downLocked(sess.clock.Now())
		}
		return nil
	case !c.life.is(closes):
		c.interruptLocked(sess, ErrHalted, sess.clock.Now())
	}
	return c.guard.goneLocked()
}

// Pause pauses the child at path: a Pauser idles from now on, through restarts too; any other service is stopped and
// stays so, also when its supervisor is started again, until Resume or Restart. A child that is down already stays
// down.
//
// It does not wait for a service to stop, but for a Pauser's Pause to return, or until ctx ends. The latest of several
// wishes is what the Pauser is told in the end, in whichever order its methods return; until they have, it counts as
// working.
func (s *Supervisor) Pause(ctx context.Context, path string) error {
	return s.setPaused(ctx, path, inPaused)
}

// Resume lets the child at path go on. It waits as Pause does.
func (s *Supervisor) Resume(ctx context.Context, path string) error {
	return s.setPaused(ctx, path, inResumed)
}

func (s *Supervisor) setPaused(ctx context.Context, path string, in input) error {
	owner, c, err := s.lookUp(path)
	if err != nil {
		return err
	}
	if pauser, ok := c.service.(Pauser); ok {
		return owner.setIdle(ctx, c, pauser, in == inPaused)
	}
	return s.withChild(ctx, path, in, func(sess *session, c *child) (*guard, error) {
		if in == inResumed {
			return sess.resumeLocked(c)
		}
		sess.pauseLocked(c)
		return nil, nil
	})
}

// pauseLocked stops a service that cannot idle, and keeps it down.
func (sess *session) pauseLocked(c *child) {
	now := sess.clock.Now()
	fx := c.stepLocked(inPaused, now)
	sess.emitWishLocked(c, fx, now)
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
	fx := c.stepLocked(inResumed, now)
	if fx&emitResumed == 0 {
		return nil, nil
	}
	sess.emitWishLocked(c, fx, now)
	return sess.guardLocked(c)
}
