package health

import (
	"math"
	"time"
)

// State is where in its life a supervised part is.
type State string

// The states of a part's life, as its supervisor sees it.
const (
	StateNotStarted State = "not_started"
	StateStarting   State = "starting" // running, not yet for as long as its policy's Verify
	StateRunning    State = "running"
	StatePaused     State = "paused"
	StateStalled    State = "stalled" // silent for too long; asked to stop, or waiting for its run to end
	StateBackoff    State = "backoff" // ended, and waiting for its next run
	StateStopping   State = "stopping"
	StateStopped    State = "stopped"
	StateCrashed    State = "crashed" // its restarts are spent
)

// Lifecycle is what a part's supervisor knows of it. A part without a supervisor has an empty State.
type Lifecycle struct {
	State    State
	Since    time.Time // when State began
	Restarts int       // how often a new run was begun after one had ended
	Error    string    // why the last run ended; empty after a clean end; kept while a later run works
	ErrorAt  time.Time // when that run ended
	End      string    // how the last run ended, in the supervisor's word, such as "panic"; empty for none yet
	Next     time.Time // when the next run begins, if one is due
	Attempt  int       // which restart in a row the present run is, or the one that is due; 0 for none
	Attempts int       // how many of them there may be; 0 for no bound
	Done     bool      // StateStopped because the work is finished, as its policy allows
}

// lifecycle is a Lifecycle as it is kept: the rarer half only where there is any of it.
type lifecycle struct {
	state    State
	since    time.Time
	restarts int32
	done     bool
	failure  *Failure
}

// Failure is the half of a Lifecycle that only a part with an ended run has.
type Failure struct {
	End               string
	Error             string
	At, Next          time.Time
	Attempt, Attempts int
}

// SetLifecycle records what the part's supervisor sees, whichever run the handle belongs to. Where the part rested
// before and does so no more, its silence and that of its children count anew: the rest was planned.
func (p *Part) SetLifecycle(l Lifecycle) {
	p.SetState(l.State, l.Since, l.Restarts, l.Done)
	p.SetFailure(Failure{l.End, l.Error, l.ErrorAt, l.Next, l.Attempt, l.Attempts})
}

// SetState records the half of a Lifecycle that changes with every run. It stands apart because of its size: what a
// Lifecycle takes on the stack would double that of a goroutine which does little else.
func (p *Part) SetState(state State, since time.Time, restarts int, done bool) {
	rec := p.record
	rec.mu.Lock()
	defer rec.mu.Unlock()
	l := &rec.lifecycle
	if l.state.rests() && !state.rests() {
		rec.rose = p.registry.uptime()
	}
	l.state, l.since, l.restarts, l.done = state, since, int32(min(restarts, math.MaxInt32)), done
}

// SetFailure records the other half: how, why and when the last run ended, and when the next one begins.
func (p *Part) SetFailure(f Failure) {
	rec := p.record
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.lifecycle.failure == nil {
		if f == (Failure{}) {
			return
		}
		rec.lifecycle.failure = new(Failure)
	}
	*rec.lifecycle.failure = f
}

func (l *lifecycle) get() Lifecycle {
	out := Lifecycle{State: l.state, Since: l.since, Restarts: int(l.restarts), Done: l.done}
	if f := l.failure; f != nil {
		out.End, out.Error, out.ErrorAt, out.Next = f.End, f.Error, f.At, f.Next
		out.Attempt, out.Attempts = f.Attempt, f.Attempts
	}
	return out
}

// rests tells whether a part in this state cannot be expected to make progress.
func (s State) rests() bool {
	switch s {
	case StateNotStarted, StatePaused, StateStopped:
		return true
	}
	return false
}
