package health

import (
	"context"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// Run is a supervisor's side of one run of a part: it tells where the part is in its life, and watches what the service
// says through the run's Part. Registry.Begin returns the first one of a part, Next the following ones.
type Run struct {
	part Part
}

// runInContext is a Run together with its context: both are needed, and one allocation is cheaper than two.
type runInContext struct {
	partContext
	run Run
}

// Begin begins a new run of the part at path, and makes the part if there is none. The handles of earlier runs, and
// those of their children, go dead. What is known of the part stays, except its run of errors.
func (r *Registry) Begin(path string) *Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	run := &Run{Part{registry: r, record: r.madeLocked(path)}}
	if before := run.part.begin(); run.part.record.parent.Load() {
		r.sweepLocked(run.part.record, before)
	}
	return run
}

// Next begins another run of the same part, as Registry.Begin does, and returns it with a context that carries its
// Part. It costs less than Begin: a supervisor that restarts a service over and over has no path to look up.
func (r *Run) Next(ctx context.Context) (context.Context, *Run) {
	p := &r.part
	next := &runInContext{run: Run{Part{registry: p.registry, record: p.record, owner: p.owner}}}
	if p.record.present() == nil { // the part was forgotten, and runs again
		next.run.part.record = p.registry.Begin(p.record.path).part.record
	}
	next.partContext = partContext{ctx, &next.run.part}
	if before := next.run.part.begin(); next.run.part.record.parent.Load() {
		next.run.part.sweep(before)
	}
	return &next.partContext, &next.run
}

func (p *Part) sweep(before *Part) {
	p.registry.mu.Lock()
	defer p.registry.mu.Unlock()
	p.registry.sweepLocked(p.record, before)
}

// Part returns the service's side of the run.
func (r *Run) Part() *Part { return &r.part }

// TakeBeat reports whether a Beat came since the last call.
func (r *Run) TakeBeat() bool { return r.part.beat.Load() && r.part.beat.Swap(false) }

// IdleAt reports whether silence at the given time is planned.
func (r *Run) IdleAt(now time.Time) bool { return r.part.idleAt(now) }

// SetState records the stage that the part is in, whichever of its runs r is. Where the part rested as planned and does
// so no more, its silence and that of its children count anew. It stands apart from SetFailure because of its size: a
// whole Lifecycle would double the stack of a goroutine which does little else.
func (r *Run) SetState(s Stage) {
	rec := r.part.record
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.changed(r.part.registry)
	l := &rec.lifecycle
	paused := l.expectsSilence()
	l.set(s)
	if paused && !l.expectsSilence() {
		rec.changedAt = max(1, r.part.registry.uptime())
	}
}

// SetFailure records how, why and when the part's last run ended, and when the next one begins.
func (r *Run) SetFailure(f Failure) {
	rec := r.part.record
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.lifecycle.past == nil && f == (Failure{}) {
		return
	}
	rec.changed(r.part.registry)
	f.Error = foreign.Cut(f.Error, foreign.MaxText)
	p := rec.lifecycle.pastLocked()
	if f.RecentFailures > p.failure.RecentFailures {
		keep := 0
		if rec.words != nil {
			keep = rec.words.limits.MaxRestarts
		}
		p.failures.add(f.At.Sub(r.part.registry.started), keep)
	}
	p.failure = f
}

// IsReady reports whether the run has called Ready.
func (r *Run) IsReady() bool { return r.part.isReady.Load() }
