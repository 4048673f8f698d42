package supervisor

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
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
	host       *child   // whose Serve serves the supervisor; nil for a root or a child
	release    func()   // gives its path in the registry back
	path       string
	fresh      bool // it is no restart: neither of the supervisor itself nor of one above
	clock      health.Clock
	registry   *health.Registry
	mailboxes  []*mailbox
	listens    bool // the events have a receiver, here or above
	engine     *suture.Supervisor
	stopEngine func() error
	group      *groupRunner
	restarts   intensity
	stacks     sync.WaitGroup // of runs that seem to have stalled
	stackToken chan struct{}  // capacity 1: holds a token while stacks are looked for
	watch      *watch
	starvedAt  atomic.Pointer[time.Time] // when it was last said that the process is starved
	base       context.Context           // what runs' contexts hang off: it has the values of Serve's context, and never ends

	ctx       context.Context // ends when the session is asked to stop
	cancel    context.CancelCauseFunc
	cause     error                // of the contexts of runs that stop with it; set when it stops
	escalated chan *EscalatedError // capacity 1: the first one counts

	stopping  *stopSequence // set when the children are stopped
	unstopped []Unstopped   // found at the stop
	done      chan struct{} // closed when Serve has returned
	result    error         // what it returned; read it after done
}

// sessionKey is where the context of a run carries the session that it is part of.
type sessionKey struct{}

func newSession(ctx context.Context, s *Supervisor) *session {
	cfg := s.cfg
	sess := &session{
		supervisor: s, path: cfg.Name, clock: cfg.Clock, registry: cfg.Registry,
		base: context.WithoutCancel(ctx), escalated: make(chan *EscalatedError, 1), done: make(chan struct{}),
		stackToken: make(chan struct{}, 1),
	}
	sess.ctx, sess.cancel = context.WithCancelCause(ctx)
	if from, ok := ctx.Value(sessionKey{}).(*session); ok {
		sess.parent = from
		sess.path, sess.host = from.seat(ctx, s)
		if sess.clock == nil {
			sess.clock = from.clock
		}
		sess.registry = cmp.Or(sess.registry, from.registry)
	}
	sess.base = context.WithValue(sess.base, sessionKey{}, sess)
	if sess.clock == nil {
		sess.clock = clock.New()
	}
	if sess.registry == nil {
		sess.registry = health.NewRegistry(health.Config{Clock: sess.clock})
	}
	sess.watch = newWatch(sess.clock)
	sess.group = newGroupRunner(sess)
	sess.restarts.period = cmp.Or(cfg.Period, time.Minute)
	// suture only starts goroutines and catches what escapes them. It never delays a restart, and its stop waits for
	// none of them: the guards are stopped in order before it.
	sess.engine = suture.New(cfg.Name, suture.Spec{
		FailureThreshold: math.Inf(1),
		Timeout:          -1,
		EventHook: func(e suture.Event) {
			if e, ok := e.(suture.EventServicePanic); ok { // the services' own never get as far as suture
				sess.log().Error("a guard panicked", "supervisor", sess.path, "panic", e.PanicMsg, "stack", e.Stacktrace)
			}
		},
	})
	return sess
}

// isFreshLocked reports whether the supervisor is served for the first time, or again after a stop that was asked for.
func (sess *session) isFreshLocked() bool {
	s := sess.supervisor
	return !s.failed && (sess.parent == nil || sess.parent.fresh && !s.hasRun)
}

// startEngine starts suture's loop, if it does not turn yet. What is added before is started by it all at once, without
// a word between two goroutines for each.
func (sess *session) startEngine() {
	if sess.stopEngine != nil {
		return
	}
	ctx, stop := context.WithCancel(sess.base)
	done := sess.engine.ServeBackground(ctx)
	sess.stopEngine = func() error {
		stop()
		return <-done
	}
}

// run is Serve: start, watch, stop.
func (sess *session) run() error {
	sess.group.begin()
	sess.watchOver()
	sess.cancel(ErrStopping)
	sess.cause = stopCause(context.Cause(sess.ctx))
	sess.group.end()

	sess.stopAll()
	sess.stacks.Wait()    // what they find now changes nothing any more
	_ = sess.stopEngine() // it only says that its context has ended
	sess.closeMailboxes()

	var errs []error
	select {
	case escalation := <-sess.escalated: // also of a tree that was stopped in this moment
		errs = append(errs, escalation)
	default:
	}
	if len(sess.unstopped) > 0 {
		errs = append(errs, &UnstoppedError{sess.unstopped})
	}
	return errors.Join(errs...)
}

// initChildren makes the static children members, each waiting for its turn.
func (sess *session) initChildren() {
	for _, c := range sess.supervisor.snapshot() {
		if !c.static {
			continue
		}
		c.mu.lockToChange()
		if c.life.desired != toRemove { // it has been removed in this moment
			c.joinLocked(sess)
		}
		c.mu.unlock()
	}
}

// watchOver turns the watch until the session is to stop.
func (sess *session) watchOver() {
	for {
		select {
		case <-sess.ctx.Done():
			return
		case <-sess.watch.wake:
		case <-sess.watch.arm():
		}
		sess.ring()
	}
}

// escalate asks the session to stop because of a child. Only the first child's word counts.
func (sess *session) escalate(c *child, end End, all bool) {
	err := &EscalatedError{Path: c.path, End: end}
	if all {
		err.Intensity, err.Period = sess.supervisor.cfg.Intensity, sess.restarts.period
	}
	select {
	case sess.escalated <- err:
	default:
	}
	sess.cancel(ErrStopping)
}

// seed is the root's: one number makes the whole tree reproducible.
func (sess *session) seed() uint64 {
	for sess.parent != nil && sess.supervisor.cfg.Seed == 0 {
		sess = sess.parent
	}
	return sess.supervisor.cfg.Seed
}

// emit hands an event to this session's receivers and to its parents'.
func (sess *session) emit(e Event) {
	for s := sess; s != nil; s = s.parent {
		for _, m := range s.mailboxes {
			m.put(e)
		}
	}
}

// log returns the Logger of the nearest supervisor that has one.
func (sess *session) log() *slog.Logger {
	for ; sess != nil; sess = sess.parent {
		if sess.supervisor.cfg.Logger != nil {
			return sess.supervisor.cfg.Logger
		}
	}
	return slog.Default()
}

func (sess *session) openMailboxes() {
	cfg := sess.supervisor.cfg
	logger := sess.log()
	own := cfg.Logger != nil || sess.parent == nil // otherwise the parent logs it
	switch {
	case cfg.LogEvent != nil:
		sess.mailboxes = append(sess.mailboxes, openLog(cfg.LogEvent, sess.clock))
	case own && logger.Handler() != slog.DiscardHandler: // it is read by none: nothing is to be made for it
		sess.mailboxes = append(sess.mailboxes, openLog(func(e Event) { LogEvent(logger, e) }, sess.clock))
	}
	if cfg.OnEvent != nil {
		sess.mailboxes = append(sess.mailboxes, openMailbox(cfg.OnEvent, func(v any) {
			logger.Error("OnEvent panicked", "supervisor", sess.path, "panic", v)
		}))
	}
	sess.listens = len(sess.mailboxes) > 0 || sess.parent != nil && sess.parent.listens
}

// closeMailboxes waits for the receivers a little; one that is blocked is reported rather than awaited.
func (sess *session) closeMailboxes() {
	asked := sess.clock.Now()
	for _, m := range sess.mailboxes {
		if !m.close(sess.clock, drainTimeout) {
			sess.unstopped = append(sess.unstopped, Unstopped{sess.path + " (receiver of events)", asked})
		}
	}
}
