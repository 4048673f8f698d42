package supervisor

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// A child's files are child.go (what is known of it), lifecycle.go (its life as a table), start.go, end.go, stall.go and
// stop.go (what is done about it). Read lifecycle.go first.
//
// Locks are taken in this order, and those of one line never together:
//
//	stopSequence.mu
//	child.mu
//	groupRunner.mu
//	Supervisor.mu, watch.mu, mailbox.mu
//	those of package health
//
// No code of a service or a receiver runs under any of them, and no call of suture's either: its loop has to turn for it.

// child is one supervised service and all that is known of it. Its guard runs it, the session's watch looks at it, the
// groupRunner starts it in its turn, and administration tells it what is wanted; mu is what they meet under.
//
// There may be a hundred thousand of them: what only a child with a history has stands there.
type child struct {
	name    string
	service Service
	rules   atomic.Pointer[Policy] // with its defaults; shared with siblings of the same policy
	static  bool                   // added before Serve
	order   int                    // its rank among its siblings
	slot    int                    // guarded by the Supervisor's mu
	alarm   alarm                  // guarded by the watch's mu

	mu        stateMutex // guards all below
	session   *session   // the present one; nil when the supervisor does not run
	path      string
	health    *health.Run // the present run's, or of the one to come
	guard     *guard      // that runs it; nil when it is down
	run       *run        // the present run; nil between two
	history   *history    // nil for none
	idleState *idleState  // nil for a child that was never told to idle

	life         lifecycle
	since        time.Time // when the state began that the life shows
	starts       int32
	failedStarts int32
}

// history is what a child has behind it, and what of that is still to come: ends, delays, zombies.
type history struct {
	due      time.Time // when the next run begins; zero for at once
	parked   bool      // until due
	spent    int       // restarts of the budget that are used
	round    int       // of the group, in which they were
	failures int       // runs that ended by themselves, in this session
	random   *rand.Rand

	panics, stalls int32 // runs that ended so, or were declared stalled

	end   Ending // of the last run
	text  string // why, empty for a clean end
	at    time.Time
	stack string

	innerTrees []*inner    // trees that its runs have made and served
	zombies    []*run      // abandoned and still alive, of earlier sessions too
	pendingRun *run        // the one that stalled, while the child is blocked; what follows is decided afterwards
	unstopped  []Unstopped // what a child Supervisor reported at its stop
}

func (c *child) policy() *Policy { return c.rules.Load() }

func newChild(name string, service Service, policy *Policy) (*child, error) {
	err := validateName(name)
	// As it is: one embeds what it likes.
	if sub, ok := service.(*Supervisor); err == nil && (service == nil || ok && sub == nil) {
		err = errors.New("the service is nil")
	}
	if err == nil {
		err = policy.validate(service)
	}
	if err != nil {
		return nil, fmt.Errorf("supervisor: add %q: %w", name, err)
	}
	return &child{name: name, path: name, service: service}, nil
}

// joinLocked makes the child a member of a session that begins, or that it is added to. It waits for its turn.
func (c *child) joinLocked(sess *session) {
	c.session = sess
	c.moveLocked(sess.path)
	c.starts, c.failedStarts = 0, 0
	c.health = sess.registry.Begin(c.path)
	if h := c.history; h != nil { // nothing of the session before, except what still lives
		c.history = nil
		c.health.SetFailure(health.Failure{})
		if len(h.zombies)+len(h.innerTrees) > 0 {
			c.history = &history{zombies: h.zombies, innerTrees: h.innerTrees}
			for _, g := range h.innerTrees {
				g.run = 0 // runs are counted anew
			}
		}
	}
	c.life, _ = c.life.next(inJoined)
	c.since = sess.clock.Now()
	c.tellLocked()
}

// leave ends the child's membership in a session that has stopped, and returns what of it lives on.
func (c *child) leave(sess *session) []Unstopped {
	c.mu.lockToChange()
	defer c.mu.unlock()
	if c.session != sess {
		return nil
	}
	c.session = nil
	if c.history == nil {
		return nil
	}
	return append(c.unstoppedLocked(), c.history.unstopped...)
}

// forgetLocked keeps nothing of the child, except that a zombie of it would still be a zombie.
func (c *child) forgetLocked(sess *session) {
	if c.session != sess {
		return // it has been forgotten already, and another may have its name
	}
	c.stepLocked(inRemoved, sess.clock.Now())
	c.session = nil
	sess.supervisor.abandonLocked(c)
	sess.watch.forget(c)
	sess.registry.Forget(c.path)
	sess.supervisor.forget(c) // last: from here on the name is free
}

// stepLocked applies an input to the child's life, and shows what has changed. The effects are for the caller.
func (c *child) stepLocked(in input, now time.Time) effectSet {
	before := c.life
	next, fx := before.next(in)
	if fx&isImpossible != 0 {
		onImpossible(before, in)
	}
	if next == before {
		return fx
	}
	c.life = next
	changed := next.state() != before.state()
	if changed {
		c.since = now
	}
	if changed || next.desired != before.desired || next.phase != before.phase && before.phase == isDone {
		c.tellLocked()
	}
	return fx
}

// onImpossible is told of an input that cannot be. The input changes nothing, and is a mistake of this package; tests
// fail on it.
var onImpossible = func(lifecycle, input) {}

// tellLocked tells the child's part of its state.
func (c *child) tellLocked() {
	c.health.SetState(health.Stage{
		State: c.life.state(), Since: c.since, Restarts: c.restartsLocked(), Done: c.life.phase == isDone,
		Asked: c.downByRequestLocked(), Pending: c.pendingLocked(), Ready: c.policy().Ready,
	})
}

// downByRequestLocked reports whether the child is down, or not up yet, because a person wants it so.
func (c *child) downByRequestLocked() bool {
	return c.life.desired == toPause || c.life.desired == toStop
}

// pendingLocked reports whether the child is not up yet because its tree, which a person has started, comes to it later.
func (c *child) pendingLocked() bool {
	return c.life.phase == isIdle && c.session != nil && c.session.fresh
}

// tellFailureLocked tells the child's part how and why the last run ended and when the next one begins.
func (c *child) tellFailureLocked() {
	h := c.history
	f := health.Failure{End: string(h.end), Error: h.text, At: h.at, Next: h.due, Attempt: h.spent, RecentFailures: h.failures}
	if h.spent > 0 {
		f.MaxAttempts = max(0, c.policy().MaxRestarts)
	}
	c.health.SetFailure(f)
}

// historyLocked returns the child's history, to add to it.
func (c *child) historyLocked() *history {
	if c.history == nil {
		c.history = new(history)
	}
	return c.history
}

func (c *child) restartsLocked() int { return max(0, int(c.starts)-1) }

// zombiesLocked returns the abandoned runs that still live.
func (c *child) zombiesLocked() []*run {
	if c.history == nil {
		return nil
	}
	return c.history.zombies
}

// jitterLocked is the child's own source of chance: the same seed and path give the same delays, and no seed gives others
// each time.
func (c *child) jitterLocked(sess *session) *rand.Rand {
	h := c.historyLocked()
	if h.random == nil && c.policy().Backoff.Jitter > 0 {
		seed, own := sess.seed(), rand.Uint64()
		if seed == 0 {
			seed = rand.Uint64() // two processes that start at once must not come back at once
		} else {
			hash := fnv.New64a()
			_, _ = hash.Write([]byte(c.path))
			own = hash.Sum64()
		}
		h.random = rand.New(rand.NewPCG(seed, own))
	}
	return h.random
}
