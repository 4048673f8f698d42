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
	session, err := s.open(ctx)
	if err != nil {
		return err
	}
	session.admitAll()
	return s.serve(session)
}

// Start runs Serve in a goroutine of its own and returns at once. A supervisor that runs already goes on running; one
// that is stopping returns ErrStopping, because it will not run in a moment.
func (s *Supervisor) Start(ctx context.Context) error {
	session, err := s.open(ctx)
	if running := s.current(); errors.Is(err, ErrRunning) && running != nil && running.ctx.Err() != nil {
		return fmt.Errorf("%w: %q", ErrStopping, s.cfg.Name)
	}
	if errors.Is(err, ErrRunning) {
		return nil
	}
	if err != nil {
		return err
	}
	session.admitAll()                   // before it returns, so that whoever started the tree can speak to its children
	go func() { _ = s.serve(session) }() // Stop hands the error on
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
	n := newSession(ctx, s)
	n.openMailboxes()
	s.session, s.closing = n, false
	return n, nil
}

func (s *Supervisor) serve(session *session) error {
	err := session.run()
	s.mu.Lock()
	s.session, s.closing = nil, false
	s.mu.Unlock()
	session.result = err
	close(session.done)
	return err
}

// close lets nobody join any more, and returns those that have.
func (s *Supervisor) close() []*child {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = true
	return s.children.all()
}

// Stop stops the tree and waits until it has stopped or ctx ends. It returns what Serve returned, and nil where nothing
// runs. From within a child, pass the child's own context: it ends as the child is asked to stop.
func (s *Supervisor) Stop(ctx context.Context) error {
	session := s.current()
	if session == nil {
		return nil
	}
	session.cancel(ErrStopping)
	select {
	case <-session.done:
		return session.result
	case <-ctx.Done():
		return fmt.Errorf("supervisor: waiting for %q to stop: %w", s.cfg.Name, context.Cause(ctx))
	}
}
