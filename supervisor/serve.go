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
	sess.admitAll()
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
	sess.admitAll()                   // before it returns: the caller may speak to the children at once
	go func() { _ = s.serve(sess) }() // Stop hands the error on
	return nil
}

// open makes the session of one Serve out of what is configured and what is inherited.
func (s *Supervisor) open(ctx context.Context) (*session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session != nil {
		return nil, fmt.Errorf("%w: %q", ErrRunning, s.cfg.Name)
	}
	for _, c := range s.children.all() { // what was added while the supervisor ran was that run's
		if !c.static {
			s.children.remove(c)
			c.health.Part().Forget()
		}
	}
	sess := newSession(ctx, s)
	sess.openMailboxes()
	s.session, s.closing = sess, false
	return sess, nil
}

func (s *Supervisor) serve(sess *session) error {
	err := sess.run()
	s.mu.Lock()
	s.session, s.closing = nil, false
	s.served, s.fell = true, err != nil
	s.mu.Unlock()
	sess.result = err
	close(sess.done)
	return err
}

// close lets no child join any more, and returns those that have.
func (s *Supervisor) close() []*child {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = true
	return s.children.all()
}

// Stop stops the tree and waits until it has stopped or ctx ends. It returns what Serve returned, and nil where nothing
// runs. From within a child, pass the child's own context: it ends as the child is asked to stop.
func (s *Supervisor) Stop(ctx context.Context) error {
	sess := s.current()
	if sess == nil {
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
