package supervisor

import (
	"context"
	"errors"
	"fmt"
)

// Serve runs the tree until ctx ends, Stop is called or a child escalates, and then stops the children in reverse order.
// It returns nil when all of them have stopped as asked, an *EscalatedError after an escalation, and an *UnstoppedError
// (joined with the former, if both) when something did not stop in time. It can be called again afterwards.
func (s *Supervisor) Serve(ctx context.Context) error {
	sess, err := s.open(ctx)
	if err != nil {
		return err
	}
	sess.initChildren()
	return s.serve(sess)
}

// Start runs Serve in a goroutine of its own and returns at once. A supervisor that runs already goes on running; one
// that is stopping returns ErrStopping, because it will not run in a moment.
func (s *Supervisor) Start(ctx context.Context) error {
	sess, err := s.open(ctx)
	if running := s.current(); errors.Is(err, ErrRunning) && running != nil && running.ctx.Err() != nil {
		return fmt.Errorf("%w: %q", ErrStopping, s.cfg.Name)
	}
	if errors.Is(err, ErrRunning) {
		return nil
	}
	if err != nil {
		return err
	}
	sess.initChildren()               // before it returns: the caller may speak to the children at once
	go func() { _ = s.serve(sess) }() // Stop hands the error on
	return nil
}

// open makes the session of one Serve out of what is configured and what is inherited.
func (s *Supervisor) open(ctx context.Context) (*session, error) {
	if s.current() != nil {
		return nil, fmt.Errorf("%w: %q", ErrRunning, s.cfg.Name)
	}
	sess := newSession(ctx, s)
	if err := s.install(sess); err != nil {
		sess.cancel(nil)
		return nil, err
	}
	if sess.host != nil {
		sess.host.addInner(s, sess.path)
	}
	return sess, nil
}

// install makes the session the present one.
func (s *Supervisor) install(sess *session) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session != nil {
		return fmt.Errorf("%w: %q", ErrRunning, s.cfg.Name)
	}
	if sess.release, err = sess.registry.Claim(sess.path); err != nil {
		return fmt.Errorf("supervisor: serve %q: %w", s.cfg.Name, err)
	}
	sess.fresh = sess.isFreshLocked()
	sess.openMailboxes()
	s.session, s.closing = sess, false
	return nil
}

func (s *Supervisor) serve(sess *session) error {
	err := sess.run()
	s.dropAdded()
	sess.release()
	s.mu.Lock()
	s.session, s.closing = nil, false
	s.hasRun, s.failed = true, err != nil
	s.mu.Unlock()
	sess.result = err
	close(sess.done)
	return err
}

// dropAdded forgets the children that were added while the supervisor ran: they were that run's.
func (s *Supervisor) dropAdded() {
	for _, c := range s.snapshot() {
		if c.static {
			continue
		}
		c.mu.lockToChange()
		s.abandonLocked(c)
		c.health.Part().Forget()
		s.forget(c)
		c.mu.unlock()
	}
}

// close lets no child join any more, and returns those that have.
func (s *Supervisor) close() []*child {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = true
	return s.children.all()
}

// Stop stops the tree and waits until it has stopped or ctx ends. It returns what Serve returned. Where nothing is served
// it returns nil, or an *UnstoppedError while something that was abandoned before still runs. From within a child, pass
// the child's own context: it ends as the child is asked to stop.
func (s *Supervisor) Stop(ctx context.Context) error {
	sess := s.current()
	if sess == nil {
		if left := s.unstopped(); len(left) > 0 {
			return &UnstoppedError{left}
		}
		return nil
	}
	sess.cancel(ErrStopping)
	select {
	case <-sess.done:
		return sess.result
	case <-ctx.Done():
		return fmt.Errorf("supervisor: waiting for %q to stop: %w", s.cfg.Name, context.Cause(ctx))
	}
}
