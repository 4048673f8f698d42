package supervisor

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// run is one call of the service's Serve.
type run struct {
	guard   *guard
	ctx     context.Context
	cancel  context.CancelCauseFunc
	health  *health.Run
	started time.Time

	// guarded by the child's mu
	asked   bool          // somebody wanted it to end: its end is not its own
	suspect bool          // its stack is being looked at, because it seems to have stalled
	beat    time.Duration // when it was last seen to beat, to one tick, since it started
	trouble *trouble      // nil for a run that nobody has had to end
}

// trouble is what a run has that had to be asked to end.
type trouble struct {
	stall       *StallError
	stack       string    // where it stood when it stalled
	askedAt     time.Time // when its context was cancelled
	abandonAt   time.Time // zero for never
	abandonedAt time.Time // zero while it is not abandoned
}

func (r *run) troubleLocked() *trouble {
	if r.trouble == nil {
		r.trouble = new(trouble)
	}
	return r.trouble
}

func (r *run) stalledLocked() bool   { return r.trouble != nil && r.trouble.stall != nil }
func (r *run) abandonedLocked() bool { return r.trouble != nil && !r.trouble.abandonedAt.IsZero() }

// giveTimeLocked notes that the run was asked to end, and how long it gets. The first to ask counts.
func (r *run) giveTimeLocked(now time.Time, limit time.Duration) {
	t := r.troubleLocked()
	if !t.askedAt.IsZero() {
		return
	}
	t.askedAt = now
	if limit != Forever {
		t.abandonAt = now.Add(limit)
	}
}

// verdict is the end of a run with what can be said of it. It is made before any lock is taken: an error's methods are
// the service's code.
type verdict struct {
	End
	text      string // Error() of the End
	cancelled bool   // it was asked to end, and says no more than that it did
	unstopped []Unstopped
}

var errGoexit = errors.New("the service called runtime.Goexit")

// pronounce makes a verdict of an end.
func (r *run) pronounce(end End) verdict {
	v := verdict{End: end}
	if end.Clean() {
		return v
	}
	v.text = textOf(end)
	if r.ctx.Err() != nil {
		v.look(end.Err)
	}
	return v
}

// look finds out what an error says of a run that was asked to end. An error whose methods panic says nothing.
func (v *verdict) look(err error) {
	defer func() { _ = recover() }()
	v.cancelled = errors.Is(err, context.Canceled)
	var unstopped *UnstoppedError
	if errors.As(err, &unstopped) {
		v.unstopped = unstopped.Unstopped
	}
}

// textOf shields the tree from an error whose Error method panics.
func textOf(end End) (text string) {
	defer func() {
		if v := recover(); v != nil {
			text = fmt.Sprintf("an error of type %T, whose Error method panicked", end.Err)
		}
	}()
	return end.Error()
}

// serve calls Serve and takes note of its end, however it ends: a deferred call sees a Goexit too. It returns when that
// was.
func (r *run) serve(c *child) (now time.Time) {
	end := End{Kind: EndGoexit, Err: errGoexit}
	defer func() {
		if v := recover(); v != nil {
			end = End{EndPanic, &PanicError{v}, bounded(string(debug.Stack()))}
		}
		if now = c.endedQuietly(r, end.Err); now.IsZero() {
			now = c.ended(r, end)
		}
	}()
	if l := r.guard.line; l != nil {
		r.guard.line = nil
		l.pass() // as late as can be: in the next moment the next child may enter its own Serve
	}
	if err := c.service.Serve(r.ctx); err != nil {
		end = End{Kind: EndError, Err: err}
	} else {
		end = End{Kind: EndReturned}
	}
	return now
}

// endedQuietly takes note of the most common end: the run was asked to end, and says that it was. It returns the zero
// time for any other end. It stands apart because what ended needs of the stack would be copied for each child of a tree
// that stops.
func (c *child) endedQuietly(r *run, err error) (now time.Time) {
	if err != context.Canceled || r.ctx.Err() == nil { //nolint:errorlint // the rest is for ended
		return now
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run != r || !r.asked {
		return now
	}
	c.run = nil
	n := r.guard.session
	now = n.clock.Now()
	if n.listens {
		n.emit(Stopped{Stamp{c.path, now}})
	}
	return now
}

// ended takes note of the end of a run.
func (c *child) ended(r *run, end End) time.Time {
	v := r.pronounce(end)
	r.cancel(nil)
	n := r.guard.session
	now := n.clock.Now()
	c.mu.Lock()
	if r.abandonedLocked() {
		next := c.buryLocked(r, now)
		c.mu.Unlock()
		if next != nil {
			next.launch(c)
		}
		return now
	}
	defer c.mu.Unlock()
	c.run = nil
	c.judgeLocked(r, v, now)
	return now
}

// makeZombieLocked gives the present run up: its guard is in charge no more, and what it says does not count.
func (c *child) makeZombieLocked(asked, now time.Time) {
	r := c.run
	r.giveTimeLocked(asked, Forever)
	r.trouble.abandonedAt = now
	p := c.pastLocked()
	p.zombies = append(p.zombies, r)
	c.guard.letGoLocked()
	c.guard, c.run = nil, nil
	c.health = r.guard.session.registry.Begin(c.path)
}

// buryLocked takes note that a zombie has ended after all. It returns the session in which the child may now be
// launched, if it waited for that.
func (c *child) buryLocked(r *run, now time.Time) *session {
	own := r.guard.session
	p := c.pastLocked()
	for i, z := range p.zombies {
		if z == r {
			p.zombies = append(p.zombies[:i:i], p.zombies[i+1:]...)
			break
		}
	}
	own.supervisor.unstray(r)
	n := c.session
	if n == nil {
		n = own
	}
	n.emit(ZombieEnded{Stamp{c.path, now}, now.Sub(r.trouble.abandonedAt)})
	if c.session == nil || !c.waiting || c.besetLocked() {
		return nil
	}
	c.waiting = false
	stalled := p.unjudged
	p.unjudged = nil
	if stalled != nil && c.wanted == toRun {
		c.judgeLocked(stalled, verdict{}, now)
	} else {
		c.restLocked(now)
	}
	return n
}
