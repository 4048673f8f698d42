package supervisor

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// wish is what the supervisor wants of a child.
type wish int

const (
	toRun wish = iota
	toPause
	toStop
)

// child is one supervised service and all that is known of it. Its guard runs it, the session's watch looks at it, and
// administration tells it what is wanted; mu is what they meet under.
type child struct {
	name    string
	service Service
	policy  Policy // with its defaults
	static  bool   // added before Serve; guarded by the Supervisor's mu
	alarm   alarm  // guarded by the watch's mu

	mu      sync.Mutex // guards all below
	session *session   // the present one; nil when the supervisor does not run
	guard   *guard     // whoever runs it; nil when it is down
	run     *run       // the present run; nil between two
	part    *health.Part
	zombies []*run        // abandoned and still alive, of earlier sessions too
	wake    chan struct{} // closed to wake the guard from its wait
	gone    chan struct{} // closed when the guard has gone; made by who waits for that
	entered chan struct{} // closed when the first run of the session begins

	wanted  wish
	again   bool      // a restart was asked for: the end of the present run is not its own
	idling  bool      // its service is a Pauser, and was paused
	held    bool      // no run begins until somebody asks for it
	waiting bool      // no run begins until a zombie has ended
	due     time.Time // when the next run begins; zero for at once
	parked  bool      // until due
	spent   int       // restarts of the budget that are used
	random  *rand.Rand

	status    Status
	unstopped []Unstopped // what a child Supervisor reported at its stop
}

// run is one call of the service's Serve.
type run struct {
	session *session
	ctx     context.Context
	cancel  context.CancelCauseFunc
	part    *health.Part
	started time.Time

	// guarded by the child's mu
	beat        time.Time // the last one, to one tick
	stall       *StallError
	stack       string // where it stood when it stalled
	abandonAt   time.Time
	abandonedAt time.Time // zero while it is not abandoned
}

func newChild(name string, service Service, policy Policy) (*child, error) {
	err := validateName(name)
	if err == nil && service == nil {
		err = errors.New("the service is nil")
	}
	if err == nil {
		err = policy.validate()
	}
	if err != nil {
		return nil, fmt.Errorf("supervisor: add %q: %w", name, err)
	}
	c := &child{name: name, service: service, policy: policy.WithDefaults(service)}
	c.status = Status{Name: name, State: health.StateNotStarted}
	return c, nil
}

// join makes the child a member of a session that begins, or that it is added to.
func (c *child) join(n *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session = n
	c.wanted, c.again, c.held, c.due, c.parked, c.spent = toRun, false, false, time.Time{}, false, 0
	c.unstopped = nil
	c.entered = make(chan struct{})
	c.part = n.registry.Begin(n.pathOf(c))
	c.status = Status{Name: c.name, Path: n.pathOf(c)}
	c.waiting = len(c.zombies) > 0 && !c.mayReplaceLocked()
	if c.waiting {
		c.setStateLocked(n, health.StateStalled)
		return
	}
	c.setStateLocked(n, health.StateNotStarted)
}

// mayReplaceLocked tells whether a run may begin beside the zombies there are.
func (c *child) mayReplaceLocked() bool {
	return c.policy.Zombie == Replace && len(c.zombies) <= c.policy.MaxZombies
}

// takeGuard puts a new guard in charge, and returns nil if there is one already or none is wanted.
func (c *child) takeGuard(n *session) *guard {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session != n || c.guard != nil || c.wanted != toRun || c.held || c.waiting {
		return nil
	}
	c.guard = &guard{child: c, session: n}
	return c.guard
}

// awaitStart waits until the child is up: its Serve was entered, and where the policy says so, it is ready.
func (c *child) awaitStart(n *session) {
	c.mu.Lock()
	entered, waiting := c.entered, c.waiting
	c.mu.Unlock()
	if waiting {
		return
	}
	if entered != nil {
		select {
		case <-entered:
		case <-n.ctx.Done():
			return
		}
	}
	c.mu.Lock()
	r := c.run
	c.mu.Unlock()
	if r == nil || c.policy.Ready == 0 {
		return
	}
	select {
	case <-r.part.AwaitReady():
	case <-r.ctx.Done(): // it has ended
	case <-n.ctx.Done():
	case <-n.clock.After(c.policy.Ready):
	}
}

// askToStop cancels the present run and sees to it that no other begins. It returns what closes when the guard has gone,
// nil if there is none.
func (c *child) askToStop(n *session, cause error) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wanted = toStop
	c.waiting = false
	if c.guard == nil {
		c.restLocked(n)
		return nil
	}
	c.interruptLocked(n, cause)
	c.gone = make(chan struct{})
	return c.gone
}

// interruptLocked ends the present run, or the guard's wait for the next one.
func (c *child) interruptLocked(n *session, cause error) {
	if c.run != nil {
		c.setStateLocked(n, health.StateStopping)
		c.run.cancel(cause)
	}
	if c.wake != nil {
		close(c.wake)
		c.wake = nil
	}
}

// restLocked sets the state of a child that has no guard and is not going to get one.
func (c *child) restLocked(n *session) {
	switch c.status.State {
	case health.StateCrashed, health.StateNotStarted, health.StateStopped:
		return // it was down before
	}
	if c.wanted == toPause {
		c.setStateLocked(n, health.StatePaused)
		return
	}
	c.setStateLocked(n, health.StateStopped)
}

// abandonAtStop gives up a run that did not return in time.
func (c *child) abandonAtStop(n *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.guard, c.gone = nil, nil
	if c.run != nil {
		c.makeZombieLocked(c.run, n.clock.Now())
	}
}

func (c *child) makeZombieLocked(r *run, now time.Time) {
	r.abandonedAt = now
	c.zombies = append(c.zombies, r)
	c.status.Zombies = len(c.zombies)
	c.run = nil
	c.part = r.session.registry.Begin(r.part.Path()) // what the zombie says of itself does not count any more
}

// leave ends the child's membership in a session that has stopped, and tells what of it lives on.
func (c *child) leave(n *session) []Unstopped {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := c.unstopped
	for _, z := range c.zombies {
		left = append(left, Unstopped{n.pathOf(c), z.abandonedAt})
	}
	c.session = nil
	return left
}

// buryLocked takes note that a zombie has ended after all. It returns the session in which the child may now be
// launched, if it waited for that.
func (c *child) buryLocked(r *run, now time.Time) *session {
	c.zombies = slices.DeleteFunc(c.zombies, func(z *run) bool { return z == r })
	c.status.Zombies = len(c.zombies)
	n := c.session
	if n == nil {
		r.session.emit(ZombieEnded{r.session.stamp(c), now.Sub(r.abandonedAt)})
		return nil
	}
	n.emit(ZombieEnded{n.stamp(c), now.Sub(r.abandonedAt)})
	if !c.waiting || (len(c.zombies) > 0 && !c.mayReplaceLocked()) {
		return nil
	}
	c.waiting = false
	if r.session == n && r.stall != nil { // an older session's run has been judged by its stop
		c.judgeLocked(n, r, End{EndStalled, r.stall, r.stack}, now)
	}
	return n
}

// setStateLocked changes the state and tells the child's part of it.
func (c *child) setStateLocked(n *session, state health.State) {
	if c.status.State != state {
		c.status.State, c.status.Since = state, n.clock.Now()
	}
	c.tellLocked()
}

// tellLocked shows the child's part what the supervisor knows.
func (c *child) tellLocked() {
	s := &c.status
	c.part.SetLifecycle(health.Lifecycle{
		State: s.State, Since: s.Since, Restarts: s.Restarts, Error: s.LastError, ErrorAt: s.LastErrorAt,
		Next: s.NextRestart, Done: s.Done,
	})
}

// jitterLocked is the child's own source of chance: the same seed and path give the same delays.
func (c *child) jitterLocked(n *session) *rand.Rand {
	if c.random == nil {
		h := fnv.New64a()
		_, _ = h.Write([]byte(n.pathOf(c)))
		c.random = rand.New(rand.NewPCG(n.seed(), h.Sum64()))
	}
	return c.random
}
