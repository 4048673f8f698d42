package health

import (
	"math"
	"slices"
	"strings"
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
	Asked       bool      // a person wants it down or paused
}

// Cause is LastError beside the State: without the word "stalled" before it where the State says that already.
func (l Lifecycle) Cause() string {
	if l.LastError == string(l.State) {
		return ""
	}
	return strings.TrimPrefix(l.LastError, string(l.State)+": ")
}

// Stage is the half of a Lifecycle that changes with every run.
type Stage struct {
	State    State
	Since    time.Time
	Restarts int
	Done     bool
	// Asked says that a person wants the part down or paused: the silence until it runs again is planned, which that
	// of a part whose supervisor stopped is not.
	Asked bool
	// Pending says that the start of its tree is about to start the part: the silence until it runs is planned, and it is
	// down until then.
	Pending bool
	// Ready is how long a run may take to call Ready; 0 for one that need not.
	Ready time.Duration
}

// Failure is the half of a Lifecycle that only a part with an ended run has.
type Failure struct {
	End                  string
	Error                string
	At, Next             time.Time
	Attempt, MaxAttempts int
	RecentFailures       int // how many runs have ended by themselves; each one more is remembered (see Limits.MaxRestarts)
}

// lifecycle is a Lifecycle as it is kept: the rarer half only where there is any of it.
type lifecycle struct {
	state    State
	since    time.Time
	restarts int32
	done     bool
	asked    bool
	pending  bool
	ran      bool // a run of it has begun
	past     *past
}

// past is what is kept of a part that has failed, or that has to say that it is ready.
type past struct {
	failure  Failure
	failures failures
	ready    time.Duration // how long a run may take to call Ready; 0 for one that need not
}

// pastLocked returns the part's past, to add to it.
func (l *lifecycle) pastLocked() *past {
	if l.past == nil {
		l.past = new(past)
	}
	return l.past
}

func (l *lifecycle) get() Lifecycle {
	out := Lifecycle{State: l.state, Since: l.since, Restarts: int(l.restarts), Done: l.done, Asked: l.asked}
	if l.past != nil {
		f := &l.past.failure
		out.LastEnd, out.LastError, out.LastErrorAt, out.NextRestart = f.End, f.Error, f.At, f.Next
		out.Attempt, out.MaxAttempts = f.Attempt, f.MaxAttempts
	}
	return out
}

// expectsSilence reports whether the silence of the part is planned, so that it counts anew when the rest is over.
func (l *lifecycle) expectsSilence() bool {
	switch l.state {
	case StatePaused:
		return true
	case StateNotStarted:
		return l.asked || l.pending || !l.ran
	case StateStopped:
		return l.asked || l.done
	}
	return false
}

// set shows a stage.
func (l *lifecycle) set(s Stage) {
	l.state, l.since, l.restarts = s.State, s.Since, int32(min(s.Restarts, math.MaxInt32))
	l.done, l.asked, l.pending = s.Done, s.Asked, s.Pending
	l.ran = l.ran || s.State != StateNotStarted
	if s.Ready != 0 || l.past != nil {
		l.pastLocked().ready = s.Ready
	}
}

// inactive reports whether no progress is expected of a part in this state.
func (s State) inactive() bool {
	//exhaustive:enforce
	switch s {
	case StateNotStarted, StatePaused, StateStopped:
		return true
	case StateStarting, StateRunning, StateStalled, StateBackoff, StateStopping, StateCrashed:
	}
	return false // nor in a state of no supervisor, the empty one
}

// maxFailures is how many ends of runs a part's past remembers at most.
const maxFailures = 1000

// failures are when runs of a part last ended by themselves, since the Registry's start: as many as its limit needs.
type failures struct {
	at   []time.Duration // a ring
	next int             // where the next one goes, once the ring is full
}

func (f *failures) add(at time.Duration, keep int) {
	keep = min(max(keep, defaultMaxRestarts), maxFailures)
	if len(f.at) < keep {
		f.at = slices.Concat(f.at[f.next:], f.at[:f.next], []time.Duration{at})
		f.next = 0
		return
	}
	f.at[f.next] = at
	f.next = (f.next + 1) % len(f.at)
}

// since counts those after the given time, and returns the first of them.
func (f *failures) since(from time.Duration) (n int, first time.Duration) {
	first = math.MaxInt64
	for _, at := range f.at {
		if at > from {
			n++
			first = min(first, at)
		}
	}
	return n, first
}

// working reports whether a run of the part is under way that nobody has asked to end.
func (s State) working() bool { return s == StateStarting || s == StateRunning }
