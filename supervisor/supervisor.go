// Package supervisor keeps services running: a tree in which a service that returns, fails, panics, calls Goexit or
// hangs is seen within a known bound and comes back by itself, without taking its siblings along.
//
// A Service is anything with Serve(ctx) error, and a *Supervisor is one. Each child has a Policy: when it is restarted,
// after which delay, how often in a row, what happens then, how long its silence may last and how long it gets to stop.
// Children start in the order in which they were added and stop in reverse.
//
// Underneath is a tree of github.com/thejerf/suture: it starts the children and holds their goroutines. Every policy is
// vigil's own, in a guard around each child, so that one child's trouble is never its siblings'. A *Supervisor may be
// added to a suture tree, and any suture.Service may be added to a Supervisor. suture's sentinel errors keep their
// meaning when they are returned as they are: ErrDoNotRestart ends the service for good, ErrTerminateSupervisorTree
// escalates; wrapped in another error they are an end of a run like any other.
//
// A goroutine in Go cannot be killed. A run that does not end when its context is cancelled is abandoned: it is listed
// as a zombie until it ends after all, and Policy.Zombie says whether a new run may begin beside it.
//
// All methods are safe for concurrent use, also from within a child's own Serve.
package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// Service is what a Supervisor keeps running. Serve works until ctx ends and then returns promptly; whatever else it
// does (return early, fail, panic, call Goexit, never return) is an end or a hang that the Policy deals with.
type Service interface {
	Serve(ctx context.Context) error
}

// Clock is the time that a tree lives in. Both clocks of github.com/benbjohnson/clock fit.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

// Pauser is a Service that can idle without ending. One that is none is paused by stopping it.
type Pauser interface {
	Pause()
	Resume()
}

// Strategy says which children are restarted when one of them ends.
type Strategy int

// OneForOne restarts the child that ended and leaves its siblings alone.
const OneForOne Strategy = 0

// Errors of a Supervisor's methods.
var (
	ErrRunning    = errors.New("supervisor: already running")
	ErrNotRunning = errors.New("supervisor: not running")
	ErrNotFound   = errors.New("supervisor: no such child")
	ErrDuplicate  = errors.New("supervisor: the name is taken")
	ErrPaused     = errors.New("supervisor: paused")   // the cause of a run's context when a plain service is paused
	ErrStopping   = errors.New("supervisor: stopping") // the cause of a run's context when it is asked to stop
)

// Config configures a Supervisor. One that is served as the child of another inherits what is nil here from its parent,
// and takes its path from it.
type Config struct {
	Name        string           // required; the first part of its children's paths, unless it has a parent
	Strategy    Strategy         // OneForOne
	Clock       Clock            // nil means the parent's, or the machine's clock
	Registry    *health.Registry // where its children's parts stand; nil means the parent's, or one of its own
	Logger      *slog.Logger     // gets every event; nil means the parent's, or slog.Default()
	OnEvent     func(Event)      // called with every event, in order, from one goroutine of its own; may be nil
	StopTimeout time.Duration    // how long the whole stop may take, without a parent; 0 means 1 min; Forever
	Seed        uint64           // makes the jitter of restart delays reproducible
}

// Supervisor supervises its children. Use New.
type Supervisor struct {
	cfg Config

	mu       sync.Mutex // guards all below
	children []*child   // in the order in which they were added
	byName   map[string]*child
	session  *session // the present Serve; nil when it does not run
}

// New returns a Supervisor without children, not running.
func New(cfg Config) (*Supervisor, error) {
	switch {
	case cfg.Name == "":
		return nil, errors.New("supervisor: Config.Name is empty")
	case strings.Contains(cfg.Name, "/"):
		return nil, fmt.Errorf("supervisor: Config.Name %q contains a slash", cfg.Name)
	case cfg.Strategy != OneForOne:
		return nil, fmt.Errorf("supervisor: Config.Strategy %d is unknown", cfg.Strategy)
	case cfg.StopTimeout < 0 && cfg.StopTimeout != Forever:
		return nil, fmt.Errorf("supervisor: Config.StopTimeout %s is negative", cfg.StopTimeout)
	}
	return &Supervisor{cfg: cfg, byName: make(map[string]*child)}, nil
}

// String returns the name. suture asks for it.
func (s *Supervisor) String() string { return s.cfg.Name }

// Add adds a child. Before Serve it is a static child: each Serve starts it, in the order of the Adds. While the
// supervisor runs it starts at once, is not waited for, and is gone after this Serve. An error names what was wrong with
// the name or the field of the Policy, and nothing is added.
func (s *Supervisor) Add(name string, service Service, policy Policy) error {
	c, err := newChild(name, service, policy)
	if err != nil {
		return err
	}
	s.mu.Lock()
	if s.byName[name] != nil {
		s.mu.Unlock()
		return fmt.Errorf("%w: %q in %q", ErrDuplicate, name, s.cfg.Name)
	}
	s.children = append(s.children, c)
	s.byName[name] = c
	session := s.session
	c.static = session == nil
	s.mu.Unlock()
	if session != nil {
		session.admit(c)
	}
	return nil
}

// forget drops a child whose policy says that nothing of it is kept.
func (s *Supervisor) forget(c *child) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byName[c.name] == c {
		delete(s.byName, c.name)
		s.children = slices.DeleteFunc(s.children, func(o *child) bool { return o == c })
	}
}

// Serve runs the tree until ctx ends, Stop is called or a child escalates, and then stops the children in reverse order.
// It returns nil when all of them have stopped as asked, an *EscalatedError after an escalation, and an *UnstoppedError
// (joined with the former, if both) when something did not stop in time. It can be called again afterwards.
func (s *Supervisor) Serve(ctx context.Context) error {
	session, err := s.open(ctx)
	if err != nil {
		return err
	}
	return s.serve(session)
}

// Start runs Serve in a goroutine of its own and returns at once. A supervisor that runs already goes on running.
func (s *Supervisor) Start(ctx context.Context) error {
	session, err := s.open(ctx)
	if errors.Is(err, ErrRunning) {
		return nil
	}
	if err != nil {
		return err
	}
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
	// What was added while the supervisor ran was that run's.
	s.children = slices.DeleteFunc(s.children, func(c *child) bool { return !c.static })
	clear(s.byName)
	for _, c := range s.children {
		s.byName[c.name] = c
	}
	s.session = newSession(ctx, s)
	return s.session, nil
}

func (s *Supervisor) serve(session *session) error {
	err := session.run()
	s.mu.Lock()
	s.session = nil
	s.mu.Unlock()
	session.result = err
	close(session.done)
	return err
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

func (s *Supervisor) current() *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.session
}

// snapshot returns the children in their order.
func (s *Supervisor) snapshot() []*child {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.children)
}
