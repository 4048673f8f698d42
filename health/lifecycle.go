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
	State       State
	Since       time.Time // when State began
	Restarts    int       // how often a new run was begun after one had ended
	LastError   string    // why the last run ended; empty after a clean end; kept while a later run works
	LastErrorAt time.Time // when that run ended
	LastEnd     string    // how the last run ended, in the supervisor's word, such as "panic"; empty for none yet
	NextRestart time.Time // when the next run begins, if one is due
	Attempt     int       // which restart in a row the present run is, or the one that is due; 0 for none
	MaxAttempts int       // how many of them there may be; 0 for no bound
	Done        bool      // StateStopped because the work is finished, as its policy allows
}

// Stage is the half of a Lifecycle that changes with every run.
type Stage struct {
	State    State
	Since    time.Time
	Restarts int
	Done     bool
}

// Failure is the half of a Lifecycle that only a part with an ended run has.
type Failure struct {
	End                  string
	Error                string
	At, Next             time.Time
	Attempt, MaxAttempts int
}

// lifecycle is a Lifecycle as it is kept: the rarer half only where there is any of it.
type lifecycle struct {
	state    State
	since    time.Time
	restarts int32
	done     bool
	failure  *Failure
}

func (l *lifecycle) get() Lifecycle {
	out := Lifecycle{State: l.state, Since: l.since, Restarts: int(l.restarts), Done: l.done}
	if f := l.failure; f != nil {
		out.LastEnd, out.LastError, out.LastErrorAt, out.NextRestart = f.End, f.Error, f.At, f.Next
		out.Attempt, out.MaxAttempts = f.Attempt, f.MaxAttempts
	}
	return out
}

// inactive reports whether no progress can be expected of a part in this state.
func (s State) inactive() bool {
	//exhaustive:enforce
	switch s {
	case StateNotStarted, StatePaused, StateStopped:
		return true
	case StateStarting, StateRunning, StateStalled, StateBackoff, StateStopping, StateCrashed:
	}
	return false // nor in a state of no supervisor, the empty one
}
