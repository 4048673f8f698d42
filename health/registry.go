package health

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/benbjohnson/clock"
)

// Config configures a Registry.
type Config struct {
	Clock Clock // nil means the machine's clock
}

// Registry knows all parts of one system. Use NewRegistry.
type Registry struct {
	clock   Clock
	started time.Time

	epoch atomic.Uint64 // counts what changes but for ages; see Current

	mu      sync.Mutex // guards all below, and the tree of records
	root    record     // what hangs below are the parts, a record for each name of their paths
	order   []*record  // those by path, as of the last report; nil before the first one
	added   []*record  // since then
	removed bool       // one or more of them are gone
	zombies map[*zombie]bool
	trees   map[string]bool // paths of trees that are served
}

// NewRegistry returns an empty registry; its uptime counts from now.
func NewRegistry(cfg Config) *Registry {
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	return &Registry{clock: cfg.Clock, started: cfg.Clock.Now()}
}

// uptime is the time in which the records count: a Duration keeps to the monotonic clock, and takes a third of a Time.
func (r *Registry) uptime() time.Duration { return r.clock.Now().Sub(r.started) }

// begin makes p the present run of its part. A run of errors ends with the run that had it; silence does not: it counts
// from the last progress, whoever restarts the part.
func (p *Part) begin() (before *Part) {
	now := p.registry.uptime()
	rec := p.record
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.changedAt == 0 {
		rec.changedAt = max(1, now)
	}
	before = rec.current
	if before != nil {
		if elapsed := min(int64(now), before.idle.Load()); elapsed > 0 { // what it has waited so far was planned
			p.idle.Store(elapsed)
		}
	}
	if rec.words != nil {
		rec.words.errorRun = 0
	}
	rec.current, rec.began = p, now
	rec.changed(p.registry)
	return before
}

// sweepLocked drops the children that the run before did not ask for: what a part knows of those that it did ask for is
// kept for one more run, and a service that names a child anew in each run keeps no more than two runs' worth.
func (r *Registry) sweepLocked(rec *record, before *Part) {
	for name, kid := range rec.kids {
		p := kid.present()
		if p != nil && p.owner != nil && p.owner != before && !kid.supervisedLocked() {
			r.removedLocked(kid)
			delete(rec.kids, name)
		}
	}
}

// supervisedLocked reports whether a part with a supervisor of its own is below the record.
func (rec *record) supervisedLocked() bool {
	for _, kid := range rec.kids {
		if p := kid.present(); p != nil && p.owner == nil || kid.supervisedLocked() {
			return true
		}
	}
	return false
}

// madeLocked returns the record at path, which it makes if there is none.
func (r *Registry) madeLocked(path string) *record {
	rec := &r.root
	for end := 0; end < len(path); end++ {
		start := end
		end = nameEnd(path, start)
		kid := rec.kids[path[start:end]]
		if kid == nil {
			kid = &record{path: path[:end]}
			if rec.kids == nil {
				rec.kids = make(map[string]*record)
			}
			rec.kids[path[start:end]] = kid
			r.addedLocked(kid)
		}
		rec = kid
	}
	return rec
}

// findLocked returns the record at path and the one above it, nil if there is none.
func (r *Registry) findLocked(path string) (rec, above *record) {
	rec = &r.root
	for end := 0; end < len(path) && rec != nil; end++ {
		start := end
		end = nameEnd(path, start)
		above, rec = rec, rec.kids[path[start:end]]
	}
	return rec, above
}

// nameEnd returns where the name that begins at start ends.
func nameEnd(path string, start int) int {
	if i := strings.IndexByte(path[start:], '/'); i >= 0 {
		return start + i
	}
	return len(path)
}

// child returns the handle of owner's present run on the child called name. It holds the registry's lock throughout:
// of two goroutines that ask for a new child at once, the second must get the first one's handle and not replace it.
func (r *Registry) child(owner *Part, name string) *Part {
	path := owner.record.path + "/" + name
	r.mu.Lock()
	defer r.mu.Unlock()
	if rec, _ := r.findLocked(path); rec != nil {
		if p := rec.present(); p != nil && p.owner == owner {
			return p
		}
	}
	if !owner.isCurrent() { // A dead run's children are dead as well, and must not take the place of the living.
		return &Part{registry: r, record: &record{path: path}, owner: owner}
	}
	p := &Part{registry: r, record: r.madeLocked(path), owner: owner}
	p.begin()
	owner.record.parent.Store(true)
	return p
}

// present returns the handle whose words count, or nil after Forget.
func (rec *record) present() *Part {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.current
}

// Forget removes the part at path with all its children, as after its removal from a tree. Their handles go dead. It
// costs as much as there are children, however many other parts there are.
func (r *Registry) Forget(path string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rec, above := r.findLocked(path)
	if rec == nil || above == nil {
		return
	}
	r.removedLocked(rec)
	delete(above.kids, path[strings.LastIndexByte(path, '/')+1:])
}

// Forget removes the part with all its children, as Registry.Forget does: a service calls it of a child that is gone.
func (p *Part) Forget() { p.registry.Forget(p.record.path) }

// below appends the record and all under it.
func (rec *record) below(all []*record) []*record {
	all = append(all, rec)
	for _, kid := range rec.kids {
		all = kid.below(all)
	}
	return all
}

func (rec *record) setSilent() {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.current = nil
}
