package supervisor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"runtime/pprof"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// run is one call of the service's Serve.
type run struct {
	guard   *guard
	ctx     context.Context
	cancel  context.CancelCauseFunc
	health  *health.Run
	started time.Time

	// guarded by the child's mu
	stopRequested bool          // it was wanted to end: its end is not its own
	notReady      bool          // it was not ready in time, which has been said
	exempt        bool          // when it was last looked at no beat could be expected
	resetCount    uint8         // how often in a row its silence was the whole process's
	suspect       bool          // its stack is being looked at, because it seems to have stalled
	beat          time.Duration // when it was last seen to beat, to one tick, since it started
	termination   *termination  // nil for a run that did not have to be ended
}

// termination is what is known of a run that was asked to stop.
type termination struct {
	stall       *StallError
	stack       string    // where it stood when it stalled
	requestedAt time.Time // when its context was canceled
	abandonAt   time.Time // zero for never
	abandonedAt time.Time // zero while it is not abandoned
	ended       func()    // tells the registry that the zombie has ended
}

func (r *run) stalledLocked() bool { return r.termination != nil && r.termination.stall != nil }

func (r *run) abandonedLocked() bool {
	return r.termination != nil && !r.termination.abandonedAt.IsZero()
}

// setDeadlineLocked notes that the run was asked to end, and how long it gets. The first to ask counts.
func (r *run) setDeadlineLocked(now time.Time, limit time.Duration) {
	if r.termination == nil {
		r.termination = new(termination)
	}
	t := r.termination
	if !t.requestedAt.IsZero() {
		return
	}
	t.requestedAt = now
	if limit != Forever {
		t.abandonAt = now.Add(limit)
	}
}

// Ending is how a run ended.
type Ending string

// The endings.
const (
	EndReturned Ending = "returned" // Serve returned nil
	EndError    Ending = "error"
	EndPanic    Ending = "panic"
	EndGoexit   Ending = "goexit"
	EndStalled  Ending = "stalled" // it was silent for too long
)

// End is how and why a run ended.
type End struct {
	Kind  Ending
	Err   error  // nil for EndReturned
	Stack string // of a panic or a stall, bounded

	text string // what Err said, asked once and bounded; empty for an End that no tree has made
}

// Error describes the end in one line. Of an End of a tree it is what Err said when the run ended, bounded, however often
// it is asked and whatever Err has become since.
func (e End) Error() string {
	switch {
	case e.text != "":
		return e.text
	case e.Kind == EndReturned:
		return "Serve returned without an error"
	case e.Err == nil:
		return string(e.Kind)
	}
	return e.Err.Error()
}

// Unwrap returns the error of the run.
func (e End) Unwrap() error { return e.Err }

// Clean reports whether the run ended without a failure.
func (e End) Clean() bool { return e.Kind == EndReturned }

// serve calls Serve and takes note of its end, however it ends: a deferred call sees a Goexit too. It returns when that
// was. It holds no End, nor does what it defers: what they take of the stack would be copied for each child of a tree that
// stops, which would take twice as long.
func (r *run) serve(c *child) (now time.Time) {
	kind, err := EndGoexit, errGoexit
	defer func() {
		if v := recover(); v != nil {
			now = c.panicked(r, v)
			return
		}
		var quiet bool
		if now, quiet = c.endedOnRequest(r, err); !quiet {
			now = c.returned(r, kind, err)
		}
	}()
	if q := r.guard.queue; q != nil {
		r.guard.queue = nil
		q.next() // as late as can be: in the next moment the next child may enter its own Serve
	}
	if labels := r.guard.labels; labels != nil {
		// What the service starts inherits the label, so that a stall shows all of it. A run may leave others behind. The
		// goroutine ends with the guard, so nothing else ever runs under the label.
		pprof.SetGoroutineLabels(labels)
	}
	if err = c.service.Serve(r.ctx); err != nil {
		kind = EndError
	} else {
		kind = EndReturned
	}
	return now
}

// panicked takes note of a run that ended by a panic. It is called while the stack still shows it.
func (c *child) panicked(r *run, v any) time.Time {
	return c.ended(r, End{Kind: EndPanic, Err: &PanicError{v}, Stack: bounded(string(debug.Stack()))})
}

// returned takes note of a run that ended in any other way.
func (c *child) returned(r *run, kind Ending, err error) time.Time {
	return c.ended(r, End{Kind: kind, Err: err})
}

var errGoexit = errors.New("the service called runtime.Goexit")

// outcome is the end of a run with what can be said of it. It is made before any lock is taken: an error's methods are
// the service's code.
type outcome struct {
	End
	text      string // Error() of the End
	canceled  bool   // it was asked to end, and says no more than that it did
	unstopped []Unstopped
}

// outcomeOf classifies an end of the run. What the error says is asked once, here.
func (r *run) outcomeOf(end End) outcome {
	if end.Clean() {
		return outcome{End: end}
	}
	clk := r.guard.session.clock
	end.text = cmp.Or(foreign.Text(end.Err, clk), string(end.Kind))
	o := outcome{End: end, text: end.text}
	if r.ctx.Err() == nil {
		return o
	}
	if plain(end.Err) {
		o.canceled = errors.Is(end.Err, context.Canceled)
		return o
	}
	answer, err := foreign.Ask(clk, func() (answer outcome) {
		answer.classify(end.Err)
		return answer
	})
	if err == nil { // an error whose methods panic or hang says nothing
		o.canceled, o.unstopped = answer.canceled, answer.unstopped
	}
	return o
}

// classify finds out what an error says of a run that was asked to end.
func (o *outcome) classify(err error) {
	o.canceled = errors.Is(err, context.Canceled)
	var unstopped *UnstoppedError
	if errors.As(err, &unstopped) {
		o.unstopped = unstopped.Unstopped
	}
}

// plain reports whether all that the error wraps is the standard library's, and has no code that could hang.
func plain(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		if _, many := err.(interface{ Unwrap() []error }); many || !foreign.IsPlain(err) {
			return false
		}
	}
	return true
}

// textOf shields a log from an End that no tree has made and whose error panics.
func textOf(end End) (text string) {
	defer func() {
		if v := recover(); v != nil {
			text = fmt.Sprintf("an error of type %T, whose Error method panicked", end.Err)
		}
	}()
	return foreign.Cut(end.Error(), foreign.MaxText)
}
