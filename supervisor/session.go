package supervisor

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/thejerf/suture/v4"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
)

const (
	drainTimeout = time.Second // how long a stop waits for the receivers of events
	lastCall     = time.Second // how long children get that are asked to stop when the root's time is already up
)

// session is one Serve of a Supervisor: the suture tree under it, its watch and its events.
type session struct {
	supervisor *Supervisor
	parent     *session // nil for a root
	path       string
	clock      Clock
	registry   *health.Registry
	mailboxes  []*mailbox
	engine     *suture.Supervisor
	watch      *watch
	base       context.Context // what runs' contexts hang off: it has the values of Serve's context, and never ends

	ctx       context.Context // ends when the session is asked to stop
	cancel    context.CancelCauseFunc
	escalated chan *EscalatedError // capacity 1: the first one counts

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
	}
	n.ctx, n.cancel = context.WithCancelCause(ctx)
	if from, ok := ctx.Value(treeKey{}).(inheritance); ok {
		n.parent, n.path = from.session, from.path
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
	// suture only starts goroutines and catches what escapes them; it never delays a restart, and its stop waits
	// for nobody, because the guards are stopped in order before it.
	n.engine = suture.New(cfg.Name, suture.Spec{
		FailureThreshold: math.Inf(1),
		Timeout:          -1,
		EventHook:        func(suture.Event) {},
	})
	return n
}

// run is Serve: start, watch, stop.
func (n *session) run() error {
	n.openMailboxes()
	engineCtx, stopEngine := context.WithCancel(n.base)
	engineDone := n.engine.ServeBackground(engineCtx)

	startDone := make(chan struct{})
	go func() { // beside the watch, because it may wait for a child to be ready
		defer close(startDone)
		n.startAll()
	}()
	escalation := n.watchOver()
	n.cancel(ErrStopping)
	<-startDone

	n.stopAll()
	stopEngine()
	<-engineDone
	n.closeMailboxes()

	var errs []error
	if escalation != nil {
		errs = append(errs, escalation)
	}
	if len(n.unstopped) > 0 {
		errs = append(errs, &UnstoppedError{n.unstopped})
	}
	return errors.Join(errs...)
}

// startAll starts the static children in order.
func (n *session) startAll() {
	for _, c := range n.supervisor.snapshot() {
		if n.ctx.Err() != nil {
			return
		}
		if !c.static {
			continue // it was added in the meantime, and started by Add
		}
		c.join(n)
		n.launch(c)
		c.awaitStart(n)
	}
}

// admit starts a child that was added while the session runs.
func (n *session) admit(c *child) {
	c.join(n)
	n.emit(Added{n.stamp(c)})
	n.launch(c)
}

// launch puts a guard around the child, unless it has one or is not to run. It must not be called with a lock held:
// suture's loop has to turn for it.
func (n *session) launch(c *child) {
	if g := c.takeGuard(n); g != nil {
		n.engine.Add(g)
	}
}

// watchOver turns the watch until the session is to stop, and returns the escalation if that is why.
func (n *session) watchOver() *EscalatedError {
	for {
		select {
		case <-n.ctx.Done():
			return nil
		case e := <-n.escalated:
			return e
		case <-n.watch.earlier:
		case <-n.watch.arm():
		}
		n.ring()
	}
}

// ring looks at every child whose alarm is due.
func (n *session) ring() {
	now := n.clock.Now()
	if late := n.watch.late(now); late >= suspension {
		n.emit(Suspended{Stamp{n.path, now}, late})
	}
	for c, late := n.watch.pop(now); c != nil; c, late = n.watch.pop(now) {
		if c.look(n, now, late) {
			n.launch(c)
		}
	}
}

// stopAll stops the children in reverse order, each within its own timeout. When the root's time is up those that are
// left are asked all at once, and get lastCall together.
func (n *session) stopAll() {
	children := n.supervisor.snapshot()
	slices.Reverse(children)
	deadline, cancel := n.stopDeadline()
	defer cancel()
	for i, c := range children {
		if deadline.Err() != nil {
			n.stopAtOnce(children[i:])
			break
		}
		n.stopChild(c, c.askToStop(n, ErrStopping), c.policy.StopTimeout, deadline)
	}
	for _, c := range children {
		n.unstopped = append(n.unstopped, c.leave(n)...)
	}
}

// stopDeadline returns a context that ends when the whole stop is to be over. Only a root has one: a child's stop is
// bounded by its parent.
func (n *session) stopDeadline() (context.Context, context.CancelFunc) {
	limit := cmp.Or(n.supervisor.cfg.StopTimeout, time.Minute)
	if n.parent != nil || limit == Forever {
		return n.base, func() {}
	}
	return clockctx.WithTimeout(n.base, n.clock, limit)
}

func (n *session) stopAtOnce(children []*child) {
	gone := make([]<-chan struct{}, len(children))
	for i, c := range children {
		gone[i] = c.askToStop(n, ErrStopping)
	}
	deadline, cancel := clockctx.WithTimeout(n.base, n.clock, lastCall)
	defer cancel()
	for i, c := range children {
		n.stopChild(c, gone[i], Forever, deadline)
	}
}

// stopChild waits until a child that was asked to stop has gone, and gives it up when its time or everybody's is over.
func (n *session) stopChild(c *child, gone <-chan struct{}, limit time.Duration, deadline context.Context) {
	if gone == nil {
		return
	}
	select { // most are gone at once; a timer for each would cost more than the stop
	case <-gone:
		return
	default:
	}
	asked := n.clock.Now()
	var timeout <-chan time.Time
	if limit != Forever {
		timeout = n.clock.After(limit)
	}
	select {
	case <-gone:
		return
	case <-timeout:
	case <-deadline.Done():
	}
	n.emit(StopTimedOut{n.stamp(c), n.clock.Now().Sub(asked)})
	c.abandonAtStop(n)
}

// escalate asks the session to stop because of a child. Only the first child's word counts.
func (n *session) escalate(c *child, end End) {
	select {
	case n.escalated <- &EscalatedError{Path: n.pathOf(c), End: end}:
	default:
	}
}

// seed is the root's: one number makes the whole tree reproducible.
func (n *session) seed() uint64 {
	for n.parent != nil && n.supervisor.cfg.Seed == 0 {
		n = n.parent
	}
	return n.supervisor.cfg.Seed
}

func (n *session) pathOf(c *child) string { return n.path + "/" + c.name }

func (n *session) stamp(c *child) Stamp { return Stamp{n.pathOf(c), n.clock.Now()} }

// emit hands an event to this session's receivers and to its parents'.
func (n *session) emit(e Event) {
	for s := n; s != nil; s = s.parent {
		for _, m := range s.mailboxes {
			m.put(e)
		}
	}
}

func (n *session) openMailboxes() {
	cfg := n.supervisor.cfg
	logger := cfg.Logger
	if logger == nil && n.parent == nil {
		logger = slog.Default()
	}
	if logger != nil {
		n.mailboxes = append(n.mailboxes, openMailbox(func(e Event) { LogEvent(logger, e) }, nil))
	}
	if cfg.OnEvent != nil {
		n.mailboxes = append(n.mailboxes, openMailbox(cfg.OnEvent, func(v any) {
			if logger != nil {
				logger.Error("OnEvent panicked", "supervisor", n.path, "panic", v)
			}
		}))
	}
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
