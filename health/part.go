package health

import (
	"sync"
	"sync/atomic"
	"time"
)

// DefaultMaxErrors is the length of a run of errors from which a part is unhealthy, unless its Limits say otherwise.
const DefaultMaxErrors = 10

// Limits say what a part must keep to in order to count as healthy.
type Limits struct {
	// MaxSilence is the longest time without progress, an Observe of nil, that is not planned (see Idle). A part
	// that has been silent for longer is unhealthy. 0 means that silence is not judged.
	MaxSilence time.Duration
	// MaxErrors is the length of a run of errors from which the part is unhealthy; a shorter run makes it
	// degraded. 0 means DefaultMaxErrors.
	MaxErrors int
}

// untilNextBeat marks an Idle without an end.
const untilNextBeat = int64(1<<63 - 1)

// Part is one run's handle on one part of the system. When a part begins a new run the old handle goes dead: what a
// run that was given up says later is ignored.
type Part struct {
	registry *Registry
	record   *record
	owner    *Part // the part that this one is a child of, or nil

	beat  atomic.Bool  // a Beat came since TakeBeat last looked
	idle  atomic.Int64 // unix nanoseconds until which silence is planned; 0 for not at all
	ready chan struct{}
	once  sync.Once // closes ready
}

// record is what is known of a part across its runs.
type record struct {
	path  string
	owner *record // for a child made with Child: the part that it is a child of

	mu           sync.Mutex // guards all below
	current      *Part      // whose words count
	limits       Limits
	lifecycle    Lifecycle
	began        time.Time // when the current run began; its silence counts from here
	lastProgress time.Time
	errorRun     int
	lastError    string
	lastErrorAt  time.Time
}

// Path names the part: the names of its supervisors and its own, joined by slashes.
func (p *Part) Path() string { return p.record.path }

// Beat is the method behind the function Beat.
func (p *Part) Beat() {
	// Loads first: many goroutines may beat at once, and only a store takes the cache line away from the others.
	if p.idle.Load() == untilNextBeat {
		p.idle.Store(0)
	}
	if !p.beat.Load() {
		p.beat.Store(true)
	}
}

// TakeBeat tells whether a Beat came since the last call. It is for whoever watches for stalls.
func (p *Part) TakeBeat() bool { return p.beat.Load() && p.beat.Swap(false) }

// Observe is the method behind the function Observe.
func (p *Part) Observe(err error) {
	now := p.registry.clock.Now()
	text := ""
	if err != nil {
		text = err.Error() // before the lock: it is the caller's code
	}
	r := p.record
	r.mu.Lock()
	defer r.mu.Unlock()
	if !p.speaksLocked() {
		return
	}
	if err == nil {
		r.errorRun = 0
		r.lastProgress = now
		return
	}
	r.errorRun++
	r.lastError, r.lastErrorAt = text, now
}

// Idle is the method behind the function Idle.
func (p *Part) Idle(until time.Time) {
	if until.IsZero() {
		p.idle.Store(untilNextBeat)
		return
	}
	p.idle.Store(until.UnixNano())
}

// IdleAt tells whether silence at the given time is planned.
func (p *Part) IdleAt(now time.Time) bool { return now.UnixNano() < p.idle.Load() }

// Ready is the method behind the function Ready.
func (p *Part) Ready() { p.once.Do(func() { close(p.ready) }) }

// AwaitReady returns a channel that is closed once the run has called Ready.
func (p *Part) AwaitReady() <-chan struct{} { return p.ready }

// Expect is the method behind the function Expect.
func (p *Part) Expect(l Limits) {
	p.record.mu.Lock()
	defer p.record.mu.Unlock()
	if p.speaksLocked() {
		p.record.limits = l
	}
}

// Child is the method behind the function Child.
func (p *Part) Child(name string) *Part { return p.registry.child(p, name) }

// Lifecycle is what a part's supervisor knows of it. A part without a supervisor has an empty State.
type Lifecycle struct {
	State    State
	Since    time.Time
	Restarts int    // how often a new run was begun after one had ended
	Error    string // why the last run ended, or what went wrong last; kept after a recovery
	ErrorAt  time.Time
	Next     time.Time // when the next run begins, in StateBackoff
	Done     bool      // StateStopped because the work is finished, as its policy allows
}

// SetLifecycle records what the part's supervisor sees, whichever run the handle belongs to.
func (p *Part) SetLifecycle(l Lifecycle) {
	p.record.mu.Lock()
	defer p.record.mu.Unlock()
	p.record.lifecycle = l
}

// speaksLocked tells whether this handle's run is the current one, and its owner's as well. The owner's lock is not
// held: a run that ends at this moment may still get one word in, as it might have a moment ago.
func (p *Part) speaksLocked() bool {
	if p.record.current != p {
		return false
	}
	if p.owner == nil {
		return true
	}
	p.owner.record.mu.Lock()
	defer p.owner.record.mu.Unlock()
	return p.owner.speaksLocked()
}

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
