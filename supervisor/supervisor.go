// Package supervisor keeps services running: a tree in which a service that returns, fails, panics, calls Goexit or
// hangs is seen within a known bound and comes back by itself, without taking its siblings along.
//
// A Service is anything with Serve(ctx) error, and a *Supervisor is one. Each child has a Policy: when it is restarted,
// after which delay, how often in a row, what happens then, how long its silence may last and how long it gets to stop.
// Children start in the order in which they were added and stop in reverse. A Strategy says whether siblings are
// restarted together. Children are added, removed, stopped, started, restarted and paused by path at run time.
//
// Underneath is a tree of github.com/thejerf/suture: it starts the children and holds their goroutines. Every policy is
// vigil's own, in a guard around each child, so that one child's trouble is never its siblings'. A tree that is served
// anywhere below a run belongs to the tree of that run: its events, its health and its leftovers are seen there. A
// *Supervisor may be added to a suture tree, and any suture.Service may be added to a Supervisor. suture's sentinel
// errors keep their meaning when they are returned as they are: ErrDoNotRestart ends the service for good,
// ErrTerminateSupervisorTree escalates; wrapped in another error they are an end of a run like any other.
//
// The runs of a child follow each other in one goroutine. What a run leaves behind in it stays for the next: one that
// calls runtime.LockOSThread unlocks the thread again, or does that work in a goroutine of its own, which ends with its
// thread.
//
// A goroutine in Go cannot be killed. A run that does not end when its context is canceled is abandoned: it is listed
// as a zombie until it ends after all, and Policy.Zombie says whether a new run may begin beside it.
//
// All methods are safe for concurrent use, also from within a child's own Serve. No code of a service or of a receiver of
// events runs under a lock of the tree, and none of it is waited for without a limit, unless a Policy says Forever.
package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// Service is what a Supervisor keeps running. Serve works until ctx ends and then returns promptly; whatever else it
// does (return early, fail, panic, call Goexit, never return) is an end or a hang that the Policy deals with.
type Service interface {
	Serve(ctx context.Context) error
}

// Pauser is a Service that can idle without ending. One that is none is paused by stopping it.
type Pauser interface {
	Pause()
	Resume()
}

// Strategy says which children are restarted when one of them fails. OneForAll and RestForOne stop the others in
// reverse order, wait for the delay of the one that failed, and start all of them in order again; the restart counts
// once in the budget of the one that failed, and once in that of the group, which is the largest budget of its members.
// Temporary children are stopped with the others and not started again. A child that a person stopped or paused stays so.
type Strategy int

// The strategies are those of Erlang/OTP.
const (
	OneForOne  Strategy = iota // only the one that failed
	OneForAll                  // all of them
	RestForOne                 // it, and those that were added after it
)

// Config configures a Supervisor. One that is served below another, as a child, embedded in a child or by a child's own
// Serve, inherits what is nil here from it, and takes its path from it.
type Config struct {
	Name        string           // required; the first part of its children's paths, unless it has a parent
	Strategy    Strategy         // OneForOne
	Clock       health.Clock     // nil means the parent's, or the machine's clock
	Registry    *health.Registry // where its children's parts stand; nil means the parent's, or one of its own
	Logger      *slog.Logger     // gets the events, repeated ones folded; nil means the parent's, or slog.Default()
	LogEvent    func(Event)      // writes them to a log in words of one's own, instead of the Logger; may be nil
	OnEvent     func(Event)      // called with every event, in order, from one goroutine of its own; may be nil
	StopTimeout time.Duration    // how long the whole stop may take, without a parent; 0 means 1 min; Forever
	Intensity   int              // restarts of all children together within Period, before it escalates; 0: no bound
	Period      time.Duration    // 0 means 1 min
	Seed        uint64           // makes the jitter of restart delays reproducible
}

// Supervisor supervises its children. Use New.
type Supervisor struct {
	cfg   Config
	owner atomic.Pointer[ownership] // nil for one that is no child

	mu       sync.Mutex // guards all below
	children childList
	session  *session        // the present Serve; nil when it does not run
	closing  bool            // the session stops its children, and takes no more
	hasRun   bool            // it has been served before
	failed   bool            // the last Serve ended with an error
	orphans  map[*run]string // zombies of children that are not here any more, and their paths
	detached []*Supervisor   // trees of children that are not here any more, as long as something in them runs
	last     []*Status       // of the children, as last shown; it is not written to any more
}

// New returns a Supervisor without children, not running.
func New(cfg Config) (*Supervisor, error) {
	switch {
	case cfg.Name == "":
		return nil, errors.New("supervisor: Config.Name is empty")
	case strings.Contains(cfg.Name, "/"):
		return nil, fmt.Errorf("supervisor: Config.Name %q contains a slash", cfg.Name)
	case cfg.Strategy < OneForOne || cfg.Strategy > RestForOne:
		return nil, fmt.Errorf("supervisor: Config.Strategy %d is unknown", cfg.Strategy)
	case cfg.StopTimeout < 0 && cfg.StopTimeout != Forever:
		return nil, fmt.Errorf("supervisor: Config.StopTimeout %s is negative", cfg.StopTimeout)
	case cfg.Intensity < 0:
		return nil, fmt.Errorf("supervisor: Config.Intensity %d is negative", cfg.Intensity)
	case cfg.Period < 0:
		return nil, fmt.Errorf("supervisor: Config.Period %s is negative", cfg.Period)
	}
	return &Supervisor{cfg: cfg}, nil
}

// String returns the name. suture asks for it.
func (s *Supervisor) String() string { return s.cfg.Name }

// Add adds a child. Before Serve it is a static child: each Serve starts it, in the order of the Adds. While the
// supervisor runs it starts at once, is not waited for, and is gone after this Serve; while it stops, Add returns
// ErrStopping. An error names what was wrong with the name or the field of the Policy, and nothing is added.
func (s *Supervisor) Add(name string, service Service, policy Policy) error {
	c, err := newChild(name, service, &policy)
	if err != nil {
		return err
	}
	tree := treeOf(service)
	switch {
	case tree != nil && tree.has(s):
		return fmt.Errorf("supervisor: add %q: the service is %q itself, or has it among its children", name, s.cfg.Name)
	case !s.attach(tree, name):
		return fmt.Errorf("%w: %q", ErrOwned, name)
	}
	sess, err := s.enlist(c, policy.WithDefaults(service))
	if err != nil {
		s.detach(c)
		return err
	}
	_ = s.unstoppedOrphans() // so that nothing is kept for long of trees that came and went
	s.place(c)
	if sess != nil {
		c.launch(sess)
	}
	return nil
}

// enlist puts the child into the list, and makes it a member of the session that it returns, nil for none.
func (s *Supervisor) enlist(c *child, policy Policy) (*session, error) {
	c.mu.lockToRead() // there is no Status to drop yet; until it has joined, because the session may begin to stop
	defer c.mu.unlock()
	sess, err := s.list(c, policy)
	if sess == nil {
		return nil, err
	}
	c.joinLocked(sess)
	now := sess.clock.Now()
	sess.emit(Added{Stamp{c.path, now}})
	if sess.group.mayStart(c) {
		c.stepLocked(inTurn, now)
	}
	return sess, nil
}

// list puts the child into the list, and returns the session that it is to join.
func (s *Supervisor) list(c *child, policy Policy) (*session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.children.byName[c.name] != nil:
		return nil, fmt.Errorf("%w: %q in %q", ErrDuplicate, c.name, s.cfg.Name)
	case s.closing:
		return nil, fmt.Errorf("%w: %q", ErrStopping, s.cfg.Name)
	}
	c.static = s.session == nil
	s.children.add(c, policy)
	return s.session, nil
}

// has reports whether the other one is s, or is somewhere below it.
func (s *Supervisor) has(other *Supervisor) bool {
	return s == other || slices.ContainsFunc(s.snapshot(), func(c *child) bool {
		sub := treeOf(c.service)
		return sub != nil && sub.has(other)
	})
}

// forget drops a child of which nothing is kept.
func (s *Supervisor) forget(c *child) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.children.remove(c)
	s.last = nil // it may show the child
}

// snapshot returns the children in their order.
func (s *Supervisor) snapshot() []*child {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.children.all()
}

func (s *Supervisor) child(name string) *child {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.children.byName[name]
}

func (s *Supervisor) current() *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.session
}
