package health

import (
	"math"
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

// untilNextBeat marks an Idle without an end. A time too far away for nanoseconds (after 2262) counts as the last one
// that fits, farthest.
const (
	untilNextBeat = int64(math.MaxInt64)
	farthest      = untilNextBeat - 1
)

// Part is what one run of a service says of one part of the system; the supervisor's side of the same run is its Run.
// When a part begins a new run the old Part goes dead: what a run that was given up says later is ignored. The methods
// that say something do nothing on a nil Part, which is what FromContext returns where nothing is watched.
type Part struct {
	registry *Registry
	record   *record
	owner    *Part // the part that this one is a child of, or nil

	beat    atomic.Bool   // a Beat came since Run.TakeBeat last looked
	readied atomic.Bool   // Ready was called
	idle    atomic.Int64  // unix nanoseconds until which silence is, or was, planned; 0 for not at all
	ready   chan struct{} // made when it is first waited for, closed by Ready; guarded by record.mu
}

// record is what is known of a part across its runs. There may be very many of them with nothing to say, so what only
// some of them have stands in a struct of its own.
type record struct {
	path string

	kids map[string]*record // by the last name of their path; guarded by the Registry's mu

	mu        sync.Mutex    // guards all below
	current   *Part         // whose words count; nil after Forget
	began     time.Duration // since the Registry's start: when the current run began; its silence counts from here
	rose      time.Duration // since the Registry's start: when it last left an inactive state; 0 for never
	said      *words        // nil while it has said nothing
	lifecycle lifecycle
}

// words are what the runs of a part have said.
type words struct {
	limits       Limits
	lastProgress time.Time
	errorRun     int
	lastError    string
	lastErrorAt  time.Time
	counts       map[string]int64
}

// wordsLocked returns the part's words, to add to them.
func (rec *record) wordsLocked() *words {
	if rec.said == nil {
		rec.said = new(words)
	}
	return rec.said
}

// Path names the part: the names of its supervisors and its own, joined by slashes.
func (p *Part) Path() string { return p.record.path }

// Beat says that the loop turns. A loop that keeps its Part saves the walk up the contexts that the function Beat takes.
func (p *Part) Beat() {
	if p == nil {
		return
	}
	// Loads first: many goroutines may beat at once, and only a store takes the cache line away from the others.
	if p.idle.Load() == untilNextBeat {
		// The one Beat that reads the clock: the wait that it ends was planned, so silence counts from here.
		p.idle.CompareAndSwap(untilNextBeat, p.registry.clock.Now().UnixNano())
	}
	if !p.beat.Load() {
		p.beat.Store(true)
	}
}

// Observe says that a unit of work ended: a nil err is progress, any other lengthens the run of errors.
func (p *Part) Observe(err error) {
	if p == nil {
		return
	}
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
	w := r.wordsLocked()
	if err == nil {
		w.errorRun = 0
		w.lastProgress = now
		return
	}
	w.errorRun++
	w.lastError, w.lastErrorAt = text, now
}

// Idle says that silence is planned until then; the zero time means until the next Beat.
func (p *Part) Idle(until time.Time) {
	switch {
	case p == nil:
	case until.IsZero():
		p.idle.Store(untilNextBeat)
	case until.Before(time.Unix(0, 0)): // UnixNano has no sense for a time before 1678
		p.idle.Store(0)
	case until.After(time.Unix(0, farthest)):
		p.idle.Store(farthest)
	default:
		p.idle.Store(until.UnixNano())
	}
}

func (p *Part) idleAt(now time.Time) bool { return now.UnixNano() < p.idle.Load() }

// Ready says that start-up is done, and closes what AwaitReady returned.
func (p *Part) Ready() {
	if p == nil || p.readied.Load() {
		return
	}
	p.record.mu.Lock()
	defer p.record.mu.Unlock()
	if !p.readied.Swap(true) && p.ready != nil {
		close(p.ready)
	}
}

// AwaitReady returns a channel that is closed once the run has called Ready. It is for the supervisor, and for code
// around the service that has something to say once it is up.
func (p *Part) AwaitReady() <-chan struct{} {
	p.record.mu.Lock()
	defer p.record.mu.Unlock()
	if p.ready == nil { // most runs are never waited for, and a channel is as large as all the rest of a Part
		p.ready = make(chan struct{})
		if p.readied.Load() {
			close(p.ready)
		}
	}
	return p.ready
}

// Expect sets the limits within which the part counts as healthy. They stay for the runs to come.
func (p *Part) Expect(l Limits) {
	if p == nil {
		return
	}
	p.record.mu.Lock()
	defer p.record.mu.Unlock()
	if p.speaksLocked() {
		p.record.wordsLocked().limits = l
	}
}

// Count adds n to the number of that name, which is shown with the part.
func (p *Part) Count(name string, n int64) {
	if p == nil {
		return
	}
	r := p.record
	r.mu.Lock()
	defer r.mu.Unlock()
	if !p.speaksLocked() {
		return
	}
	w := r.wordsLocked()
	if w.counts == nil {
		w.counts = make(map[string]int64)
	}
	w.counts[name] += n
}

// Child returns the part of this part that is called name. Of a nil Part it is nil.
func (p *Part) Child(name string) *Part {
	if p == nil {
		return nil
	}
	return p.registry.child(p, name)
}

// speaksLocked reports whether this handle's run is the current one, and its owner's as well. The owner's lock is not
// held: a run that ends at this moment may still get one word in, as it might have a moment ago.
func (p *Part) speaksLocked() bool {
	if p.record.current != p {
		return false
	}
	return p.owner == nil || p.owner.speaks()
}

func (p *Part) speaks() bool {
	p.record.mu.Lock()
	defer p.record.mu.Unlock()
	return p.speaksLocked()
}
