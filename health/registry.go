package health

import (
	"strings"
	"sync"
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

	mu      sync.Mutex // guards records
	records map[string]*record
}

// NewRegistry returns an empty registry; its uptime counts from now.
func NewRegistry(cfg Config) *Registry {
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	return &Registry{clock: cfg.Clock, started: cfg.Clock.Now(), records: make(map[string]*record)}
}

// Begin begins a new run of the part at path, and makes the part if there is none. The handles of earlier runs, and
// those of their children, go dead. What is known of the part stays; its silence counts anew.
func (r *Registry) Begin(path string) *Part {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.beginLocked(path, nil)
}

func (r *Registry) beginLocked(path string, owner *Part) *Part {
	rec := r.records[path]
	if rec == nil {
		rec = &record{path: path}
		r.records[path] = rec
	}
	p := &Part{registry: r, record: rec, owner: owner, ready: make(chan struct{})}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.current = p
	rec.began = r.clock.Now()
	return p
}

// child returns the handle of owner's present run on the child called name. It holds the registry's lock throughout:
// of two goroutines that ask for a new child at once, the second must get the first one's handle and not replace it.
func (r *Registry) child(owner *Part, name string) *Part {
	path := owner.record.path + "/" + name
	r.mu.Lock()
	defer r.mu.Unlock()
	if rec := r.records[path]; rec != nil {
		if p := rec.present(); p != nil && p.owner == owner {
			return p
		}
	}
	if !owner.speaks() { // A dead run's children are dead as well, and must not take the place of the living.
		return &Part{registry: r, record: &record{path: path}, owner: owner, ready: make(chan struct{})}
	}
	return r.beginLocked(path, owner)
}

// present returns the handle whose words count, or nil after Forget.
func (rec *record) present() *Part {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.current
}

// Forget removes the part at path with all its children, as after its removal from a tree. Their handles go dead.
func (r *Registry) Forget(path string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for p, rec := range r.records {
		if p == path || strings.HasPrefix(p, path+"/") {
			rec.silence()
			delete(r.records, p)
		}
	}
}

func (rec *record) silence() {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.current = nil
}
