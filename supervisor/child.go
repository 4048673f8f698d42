package supervisor

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// wish is what is wanted of a child.
type wish uint8

const (
	toRun   wish = iota
	toPause      // somebody paused it
	toHalt       // somebody stopped it
	toStop       // the tree stops
	toLeave      // it is removed, or temporary and not needed any more
)

// child is one supervised service and all that is known of it. Its guard runs it, the session's watch looks at it, the
// conductor starts it in its turn, and administration tells it what is wanted; mu is what they meet under. It is taken
// before the conductor's and the Supervisor's mu, never after them.
//
// There may be a hundred thousand of them: what only a child with a history has stands in past.
type child struct {
	name    string
	service Service
	policy  *Policy // with its defaults; shared with siblings of the same policy
	static  bool    // added before Serve
	order   int     // its rank among its siblings
	slot    int     // guarded by the Supervisor's mu
	alarm   alarm   // guarded by the watch's mu

	mu      stateMutex // guards all below
	session *session   // the present one; nil when the supervisor does not run
	path    string
	health  *health.Run
	guard   *guard // whoever runs it; nil when it is down
	run     *run   // the present run; nil between two
	past    *past  // nil for none

	wanted  wish
	idling  bool // its service is a Pauser, and was paused
	kept    bool // it is to be paused in the next session as well
	held    bool // no run begins until somebody asks for it: it is done, or crashed
	waiting bool // no run begins until a zombie has ended
	grouped bool // no run begins before the conductor says so

	state        health.State
	since        time.Time
	starts       int32
	failedStarts int32
	done         bool
}

// past is what a child has behind it: ends, delays, zombies.
type past struct {
	due    time.Time // when the next run begins; zero for at once
	parked bool      // until due
	spent  int       // restarts of the budget that are used
	random *rand.Rand

	end   Ending // of the last run
	text  string // why, empty for a clean end
	at    time.Time
	stack string

	zombies   []*run      // abandoned and still alive, of earlier sessions too
	unjudged  *run        // the one that stalled, while the child waits; what follows is decided afterwards
	unstopped []Unstopped // what a child Supervisor reported at its stop
}

func newChild(name string, service Service, policy *Policy) (*child, error) {
	err := validateName(name)
	if sub, ok := service.(*Supervisor); err == nil && (service == nil || ok && sub == nil) {
		err = errors.New("the service is nil")
	}
	if err == nil {
		err = policy.validate(service)
	}
	if err != nil {
		return nil, fmt.Errorf("supervisor: add %q: %w", name, err)
	}
	return &child{name: name, path: name, service: service, state: health.StateNotStarted}, nil
}

// pastLocked returns the child's past, to add to it.
func (c *child) pastLocked() *past {
	if c.past == nil {
		c.past = new(past)
	}
	return c.past
}

// joinLocked makes the child a member of a session that begins, or that it is added to. It waits for its turn.
func (c *child) joinLocked(n *session) {
	c.session = n
	c.wanted, c.held, c.waiting, c.grouped, c.done = toRun, false, false, true, false
	if c.kept {
		c.wanted = toPause
	}
	if path := n.pathOf(c); path != c.path { // the same in most sessions, and each string costs
		c.path = path
	}
	c.starts, c.failedStarts, c.state = 0, 0, ""
	c.health = n.registry.Begin(c.path)
	if p := c.past; p != nil { // nothing of the session before, except what still lives
		c.past = nil
		c.health.SetFailure(health.Failure{})
		if len(p.zombies) > 0 {
			c.past = &past{zombies: p.zombies}
		}
	}
	c.setStateLocked(health.StateNotStarted, n.clock.Now())
}

// afreshLocked forgets what stands between the child and its next run: delays, a spent budget, an end for good.
func (c *child) afreshLocked() {
	c.held, c.done = false, false
	if c.past != nil {
		c.past.due, c.past.parked, c.past.spent = time.Time{}, false, 0
		c.setPastLocked()
	}
}

// mayRunLocked tells whether runs may begin.
func (c *child) mayRunLocked(n *session) bool {
	return c.session == n && c.wanted == toRun && !c.held && !c.waiting && !c.grouped && n.ctx.Err() == nil
}

// takeGuardLocked puts a new guard in charge, and returns nil if there is one already or none is wanted. Where a run is
// due it begins here, because the guard's own stack is small, and stays so.
func (c *child) takeGuardLocked(n *session) *guard {
	if !c.wantsGuardLocked(n) {
		return nil
	}
	g := newGuard(c, n)
	c.guard = g
	if now := n.clock.Now(); c.waitLocked(now) <= 0 {
		g.first = g.makeRunLocked()
		g.beginLocked(g.first, now)
	}
	return g
}

// wantsGuardLocked tells whether the child is to run, and nobody runs it.
func (c *child) wantsGuardLocked(n *session) bool {
	if c.guard != nil || !c.mayRunLocked(n) {
		return false
	}
	if c.besetLocked() {
		c.waiting = true
		c.setStateLocked(health.StateStalled, n.clock.Now())
		return false
	}
	return true
}

// zombies returns the abandoned runs that still live. The child's mu is held.
func (c *child) zombies() []*run {
	if c.past == nil {
		return nil
	}
	return c.past.zombies
}

// zombiesLocked counts the abandoned runs that still live.
func (c *child) zombiesLocked() int {
	if c.past == nil {
		return 0
	}
	return len(c.past.zombies)
}

// besetLocked tells whether there are zombies beside which no run may begin.
func (c *child) besetLocked() bool {
	zombies := c.zombiesLocked()
	return zombies > 0 && !(c.policy.Zombie == Replace && zombies <= c.policy.MaxZombies)
}

// interruptLocked ends the present run, or the guard's wait for the next one. A run that does not return in time is
// abandoned by the watch; where the whole tree stops the watch stands still, and now is zero.
func (c *child) interruptLocked(n *session, cause error, now time.Time) {
	if r := c.run; r != nil {
		if !r.asked && !now.IsZero() {
			r.asked = true
			r.giveTimeLocked(now, c.policy.StopTimeout)
			c.setAlarmLocked(n, r, now)
		}
		r.asked = true
		c.setStateLocked(health.StateStopping, n.clock.Now())
		r.cancel(cause)
	}
	if c.guard != nil {
		c.guard.wakeLocked()
	}
}

// restLocked sets the state of a child that has no guard.
func (c *child) restLocked(now time.Time) {
	state := health.StateStopped
	switch {
	case c.wanted == toPause:
		state = health.StatePaused
	case c.wanted == toHalt:
	case c.held, c.wanted == toStop && (c.state == health.StateCrashed || c.state == health.StateNotStarted):
		return // it was down before, and that is what there is to say
	case c.waiting && c.wanted == toRun:
		state = health.StateStalled
	case c.grouped && c.wanted == toRun:
		c.session.conductor.show(c, now)
		return
	}
	c.setStateLocked(state, now)
}

// leave ends the child's membership in a session that has stopped, and tells what of it lives on.
func (c *child) leave(n *session) []Unstopped {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session != n {
		return nil
	}
	c.session = nil
	if c.past == nil {
		return nil
	}
	if !c.static {
		for _, z := range c.past.zombies {
			n.supervisor.stray(z, c.path)
		}
	}
	return append(c.unstoppedLocked(), c.past.unstopped...)
}

// unstoppedLocked lists the child's zombies.
func (c *child) unstoppedLocked() []Unstopped {
	var left []Unstopped
	for _, z := range c.zombies() {
		left = append(left, Unstopped{c.path, z.trouble.askedAt})
	}
	return left
}

// setStateLocked changes the state and tells the child's part of it.
func (c *child) setStateLocked(state health.State, now time.Time) {
	if c.state != state {
		c.state, c.since = state, now
	}
	c.health.SetState(health.Stage{State: c.state, Since: c.since, Restarts: c.restartsLocked(), Done: c.done})
}

// setPastLocked tells the child's part how and why the last run ended and when the next one begins.
func (c *child) setPastLocked() {
	p := c.past
	f := health.Failure{End: string(p.end), Error: p.text, At: p.at, Next: p.due, Attempt: p.spent}
	if p.spent > 0 {
		f.MaxAttempts = max(0, c.policy.MaxRestarts)
	}
	c.health.SetFailure(f)
}

func (c *child) restartsLocked() int { return max(0, int(c.starts)-1) }

// jitterLocked is the child's own source of chance: the same seed and path give the same delays.
func (c *child) jitterLocked(n *session) *rand.Rand {
	p := c.pastLocked()
	if p.random == nil && c.policy.Backoff.Jitter > 0 {
		h := fnv.New64a()
		_, _ = h.Write([]byte(c.path))
		p.random = rand.New(rand.NewPCG(n.seed(), h.Sum64()))
	}
	return p.random
}
