package health

import "time"

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
	Next     time.Time // when the next run begins, if one is due
	Done     bool      // StateStopped because the work is finished, as its policy allows
}

// SetLifecycle records what the part's supervisor sees, whichever run the handle belongs to. Where the part rested
// before and does so no more, its silence and that of its children count anew: the rest was planned.
func (p *Part) SetLifecycle(l Lifecycle) {
	now := p.registry.clock.Now()
	p.record.mu.Lock()
	defer p.record.mu.Unlock()
	if p.record.lifecycle.State.rests() && !l.State.rests() {
		p.record.rose = now
	}
	p.record.lifecycle = l
}

// rests tells whether a part in this state cannot be expected to make progress.
func (s State) rests() bool {
	switch s {
	case StateNotStarted, StatePaused, StateStopped:
		return true
	}
	return false
}
