package health

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// defaultMaxErrors is the length of a run of errors from which a part is unhealthy, unless its Limits say otherwise.
const defaultMaxErrors = 10

// Limits say what a part must keep to in order to count as healthy.
type Limits struct {
	// MaxSilence is the longest time without progress, an Observe of nil, that is not planned (see Idle). A part
	// that has been silent for longer is unhealthy. 0 means that silence is not judged.
	MaxSilence time.Duration
	// MaxErrors is the length of a run of errors from which the part is unhealthy; a shorter run makes it
	// degraded. 0 means 10.
	MaxErrors int
	// MaxRestarts is how many of its runs may end by themselves within RestartWindow: from that number on the part is
	// unhealthy, and from DegradedRestarts on degraded, although its present run works. 0 means 10, 3 and
	// 10 min; a negative number means that they are not judged. More than 1,000 are not counted.
	MaxRestarts, DegradedRestarts int
	RestartWindow                 time.Duration
	// Remedy is what ends a silence, a run of errors or a start that takes too long, in one sentence for who reads of it; it
	// may be empty.
	Remedy string
}

// How many ends of runs within a window count against a part, unless its Limits say otherwise.
const (
	defaultDegradedRestarts = 3
	defaultMaxRestarts      = 10
	defaultRestartWindow    = 10 * time.Minute
)

// untilNextBeat marks an Idle without an end.
const untilNextBeat = int64(math.MaxInt64)

// Part is what one run of a service says of one part of the system; the supervisor's side of the same run is its Run.
// When a part begins a new run the old Part goes dead: what a run that was given up says later is ignored. The methods
// that say something do nothing on a nil Part, which is what FromContext returns where nothing is watched.
type Part struct {
	registry *Registry
	record   *record
	owner    *Part // the part that this one is a child of, or nil

	beat    atomic.Bool   // a Beat came since Run.TakeBeat last looked
	isReady atomic.Bool   // Ready was called
	idle    atomic.Int64  // until when silence is, or was, planned, since the Registry's start; 0 for not at all
	ready   chan struct{} // made when it is first waited for, closed by Ready; guarded by record.mu
}

// record is what is known of a part across its runs. There may be very many of them with nothing to say, so what only
// some of them have stands in a struct of its own.
type record struct {
	path string

	kids   map[string]*record // by the last name of their path; guarded by the Registry's mu
	parent atomic.Bool        // some of the kids are children of its runs
	gone   bool               // it is not in the tree any more; guarded by the Registry's mu

	mu        sync.Mutex    // guards all below
	current   *Part         // whose words count; nil after Forget
	began     time.Duration // since the Registry's start: when the current run began
	changedAt time.Duration // since the Registry's start: silence without progress counts from here; 0 for not begun
	words     *words        // nil while it has said nothing
	lifecycle lifecycle
	last      *PartReport // what the last report said, without its children
	news      news        // since then
}

// news is what a report has to say anew of a part.
type news int

const (
	noNews       news = iota
	moreProgress      // and nothing else
	newState
)

// changed says that something of the part has changed, other than an age.
func (rec *record) changed(r *Registry) {
	rec.news = newState
	r.changed()
}

// words are what the runs of a part have said.
type words struct {
	limits       Limits
	lastProgress time.Time
	errorRun     int
	lastError    string
	lastErrorAt  time.Time
	counts       map[string]int64
	conditions   []condition // by key
}

// wordsLocked returns the part's words, to add to them.
func (rec *record) wordsLocked() *words {
	if rec.words == nil {
		rec.words = new(words)
	}
	return rec.words
}

// Path names the part: the names of its supervisors and its own, joined by slashes.
func (p *Part) Path() string { return p.record.path }

// Beat says that the loop turns. A loop that keeps its Part saves the walk up the contexts that the function Beat takes.
func (p *Part) Beat() {
	if p == nil {
		return
	}
	// Loads first: many goroutines may beat at once, and only a store takes the cache line away from the others.
	if p.idle.Load() == untilNextBeat && p.isCurrent() {
		// The one Beat that reads the clock: the wait that it ends was planned, so silence counts from here.
		p.idle.CompareAndSwap(untilNextBeat, int64(p.registry.uptime()))
		p.registry.changed()
	}
	// A loop may beat through its children alone: what they say is a sign of the owner's life as well.
	for ; p != nil; p = p.owner {
		if !p.beat.Load() {
			p.beat.Store(true)
		}
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
		text = foreign.Text(err, p.registry.clock) // before the lock: it is the caller's code
	}
	r := p.record
	r.mu.Lock()
	defer r.mu.Unlock()
	if !p.isCurrentLocked() {
		return
	}
	w := r.wordsLocked()
	r.news = max(r.news, moreProgress)
	if err != nil || w.errorRun > 0 || r.last != nil && r.last.silent {
		r.changed(p.registry)
	}
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
	if p == nil || !p.isCurrent() { // A run that was given up has no plans: the next one would take them over.
		return
	}
	expected := untilNextBeat
	if !until.IsZero() {
		expected = p.registry.sinceStart(until)
	}
	if p.idle.Swap(expected) != expected {
		p.registry.changed()
	}
}

// sinceStart returns the length of time from the start until then, at least 1 and below untilNextBeat. How far away
// the time is counts as of now: from here on the wait is a length of time, which no change of the clock touches.
func (r *Registry) sinceStart(end time.Time) int64 {
	now := r.clock.Now()
	since, left := now.Sub(r.started), end.Sub(now)
	if left > time.Duration(untilNextBeat-1)-since {
		return untilNextBeat - 1
	}
	return max(0, int64(since+left))
}

func (p *Part) idleAt(now time.Time) bool { return int64(now.Sub(p.registry.started)) < p.idle.Load() }

// Ready says that start-up is done, and closes what AwaitReady returned.
func (p *Part) Ready() {
	if p == nil || p.isReady.Load() {
		return
	}
	p.record.mu.Lock()
	defer p.record.mu.Unlock()
	if p.isReady.Swap(true) {
		return
	}
	if p.ready != nil {
		close(p.ready)
	}
	p.record.changed(p.registry)
	if w := p.record.words; w != nil && p.isCurrentLocked() {
		w.settle(p)
	}
}

// AwaitReady returns a channel that is closed once the run has called Ready. It is for the supervisor, and for code
// around the service that has something to say once it is up.
func (p *Part) AwaitReady() <-chan struct{} {
	p.record.mu.Lock()
	defer p.record.mu.Unlock()
	if p.ready == nil { // most runs are never waited for, and a channel is as large as all the rest of a Part
		p.ready = make(chan struct{})
		if p.isReady.Load() {
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
	if w := p.record.wordsLocked(); p.isCurrentLocked() && w.limits != l { // most say it in each cycle
		p.record.changed(p.registry)
		w.limits = l
	}
}

// Count adds n to the number of that name, which is shown with the part.
func (p *Part) Count(name string, n int64) {
	if p == nil {
		return
	}
	name = foreign.Cut(name, maxKey)
	r := p.record
	r.mu.Lock()
	defer r.mu.Unlock()
	if !p.isCurrentLocked() {
		return
	}
	w := r.wordsLocked()
	r.news = newState // but an age: see Registry.Current
	if w.counts == nil {
		w.counts = make(map[string]int64)
	}
	if _, known := w.counts[name]; !known && len(w.counts) >= maxCounts {
		name = overflowKey
	}
	w.counts[name] += n
}

// Child returns the part of this part that is called name. Of a nil Part it is nil.
func (p *Part) Child(name string) *Part {
	if p == nil {
		return nil
	}
	return p.registry.child(p, bounded(name))
}

// isCurrentLocked reports whether this handle's run is the current one, and its owner's as well. The owner's lock is
// not held: a run that ends at this moment may still get one word in, as it might have a moment ago.
func (p *Part) isCurrentLocked() bool {
	if p.record.current != p {
		return false
	}
	return p.owner == nil || p.owner.isCurrent()
}

func (p *Part) isCurrent() bool {
	p.record.mu.Lock()
	defer p.record.mu.Unlock()
	return p.isCurrentLocked()
}
