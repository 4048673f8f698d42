package supervisor

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/thejerf/suture/v4"

	"github.com/seed-5dee1c0a/vigil/health"
)

// drainTimeout is how long a stop waits for the receivers of events.
const drainTimeout = time.Second

// session is one Serve of a Supervisor: the suture tree under it, its watch and its events.
type session struct {
	supervisor *Supervisor
	parent     *session // nil for a root
	path       string
	clock      Clock
	registry   *health.Registry
	mailboxes  []*mailbox
	listens    bool // somebody gets the events, here or above
	engine     *suture.Supervisor
	stopEngine func() error
	conductor  *conductor
	captures   sync.WaitGroup // of runs that seem to have stalled
	searching  chan struct{}  // capacity 1: holds a token while stacks are looked for
	watch      *watch
	base       context.Context // what runs' contexts hang off: it has the values of Serve's context, and never ends

	ctx       context.Context // ends when the session is asked to stop
	cancel    context.CancelCauseFunc
	escalated chan *EscalatedError // capacity 1: the first one counts

	retreat   *retreat      // set when the children are stopped
	unstopped []Unstopped   // found at the stop
	done      chan struct{} // closed when Serve has returned
	result    error         // what it returned; read it after done
}

// treeKey is where the context of a run carries what a Supervisor in it inherits.
type treeKey struct{}

type inheritance struct {
	session *session
	path    string
}

func newSession(ctx context.Context, s *Supervisor) *session {
	cfg := s.cfg
	n := &session{
		supervisor: s, path: cfg.Name, clock: cfg.Clock, registry: cfg.Registry,
		base: context.WithoutCancel(ctx), escalated: make(chan *EscalatedError, 1), done: make(chan struct{}),
		searching: make(chan struct{}, 1),
	}
	n.ctx, n.cancel = context.WithCancelCause(ctx)
	if from, ok := ctx.Value(treeKey{}).(inheritance); ok {
		n.parent, n.path = from.session, from.path
		n.base = context.WithValue(n.base, treeKey{}, nil) // what its children serve inside of themselves is not its own
		if n.clock == nil {
			n.clock = from.session.clock
		}
		n.registry = cmp.Or(n.registry, from.session.registry)
	}
	if n.clock == nil {
		n.clock = clock.New()
	}
	if n.registry == nil {
		n.registry = health.NewRegistry(health.Config{Clock: n.clock})
	}
	n.watch = newWatch(n.clock)
	n.conductor = newConductor(n)
	// suture only starts goroutines and catches what escapes them; it never delays a restart, and its stop waits
	// for nobody, because the guards are stopped in order before it.
	n.engine = suture.New(cfg.Name, suture.Spec{
		FailureThreshold: math.Inf(1),
		Timeout:          -1,
		EventHook: func(e suture.Event) {
			if e, ok := e.(suture.EventServicePanic); ok { // the services' own never get as far as suture
				n.log().Error("a guard panicked", "supervisor", n.path, "panic", e.PanicMsg, "stack", e.Stacktrace)
			}
		},
	})
	return n
}

// startEngine starts suture's loop, if it does not turn yet. What is added before is started by it all at once, without
// a word between two goroutines for each.
func (n *session) startEngine() {
	if n.stopEngine != nil {
		return
	}
	ctx, stop := context.WithCancel(n.base)
	done := n.engine.ServeBackground(ctx)
	n.stopEngine = func() error {
		stop()
		return <-done
	}
}

// run is Serve: start, watch, stop.
func (n *session) run() error {
	n.conductor.begin()
	n.watchOver()
	n.cancel(ErrStopping)
	n.conductor.end()

	n.stopAll()
	n.captures.Wait()  // what they find now changes nothing any more
	_ = n.stopEngine() // it only says that its context has ended
	n.closeMailboxes()

	var errs []error
	select {
	case escalation := <-n.escalated: // also of a tree that somebody else has stopped in this moment
		errs = append(errs, escalation)
	default:
	}
	if len(n.unstopped) > 0 {
		errs = append(errs, &UnstoppedError{n.unstopped})
	}
	return errors.Join(errs...)
}

// admitAll makes the static children members, each waiting for its turn.
func (n *session) admitAll() {
	for _, c := range n.supervisor.snapshot() {
		if !c.static {
			continue
		}
		c.mu.Lock()
		if c.wanted != toLeave { // somebody has removed it in this moment
			c.joinLocked(n)
		}
		c.mu.Unlock()
	}
}

// launch puts a guard around the child, unless it has one or is not to run. It must not be called with a lock held:
// suture's loop has to turn for it.
func (n *session) launch(c *child) {
	c.mu.Lock()
	g := c.takeGuardLocked(n)
	c.mu.Unlock()
	if g != nil {
		n.engine.Add(g)
	}
}

// watchOver turns the watch until the session is to stop.
func (n *session) watchOver() {
	for {
		select {
		case <-n.ctx.Done():
			return
		case <-n.watch.earlier:
		case <-n.watch.arm():
		}
		n.ring()
	}
}

// escalate asks the session to stop because of a child. Only the first child's word counts.
func (n *session) escalate(c *child, end End) {
	select {
	case n.escalated <- &EscalatedError{Path: c.path, End: end}:
	default:
	}
	n.cancel(ErrStopping)
}

// seed is the root's: one number makes the whole tree reproducible.
func (n *session) seed() uint64 {
	for n.parent != nil && n.supervisor.cfg.Seed == 0 {
		n = n.parent
	}
	return n.supervisor.cfg.Seed
}

func (n *session) pathOf(c *child) string { return n.path + "/" + c.name }

// emit hands an event to this session's receivers and to its parents'.
func (n *session) emit(e Event) {
	for s := n; s != nil; s = s.parent {
		for _, m := range s.mailboxes {
			m.put(e)
		}
	}
}

// log returns the Logger of the nearest supervisor that has one.
func (n *session) log() *slog.Logger {
	for ; n != nil; n = n.parent {
		if n.supervisor.cfg.Logger != nil {
			return n.supervisor.cfg.Logger
		}
	}
	return slog.Default()
}

func (n *session) openMailboxes() {
	cfg := n.supervisor.cfg
	logger := n.log()
	own := cfg.Logger != nil || n.parent == nil         // otherwise the parent logs it
	if own && logger.Handler() != slog.DiscardHandler { // nobody reads it: nothing is to be made for it
		n.mailboxes = append(n.mailboxes, openMailbox(func(e Event) { LogEvent(logger, e) }, nil))
	}
	if cfg.OnEvent != nil {
		n.mailboxes = append(n.mailboxes, openMailbox(cfg.OnEvent, func(v any) {
			logger.Error("OnEvent panicked", "supervisor", n.path, "panic", v)
		}))
	}
	n.listens = len(n.mailboxes) > 0 || n.parent != nil && n.parent.listens
}

// closeMailboxes waits for the receivers a little; one that is blocked is reported rather than awaited.
func (n *session) closeMailboxes() {
	asked := n.clock.Now()
	for _, m := range n.mailboxes {
		if !m.close(n.clock, drainTimeout) {
			n.unstopped = append(n.unstopped, Unstopped{n.path + " (receiver of events)", asked})
		}
	}
}
