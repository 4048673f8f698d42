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
	return r.begin(path, nil)
}

func (r *Registry) begin(path string, owner *Part) *Part {
	now := r.clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	rec := r.records[path]
	if rec == nil {
		rec = &record{path: path}
		r.records[path] = rec
	}
	p := &Part{registry: r, record: rec, owner: owner, ready: make(chan struct{})}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.owner = nil
	if owner != nil {
		rec.owner = owner.record
	}
	rec.current = p
	rec.began = now
	return p
}

// child returns the handle of owner's present run on the child called name.
func (r *Registry) child(owner *Part, name string) *Part {
	path := owner.record.path + "/" + name
	r.mu.Lock()
	rec := r.records[path]
	r.mu.Unlock()
	if rec != nil {
		rec.mu.Lock()
		current := rec.current
		rec.mu.Unlock()
		if current != nil && current.owner == owner {
			return current
		}
	}
	owner.record.mu.Lock()
	speaks := owner.speaksLocked()
	owner.record.mu.Unlock()
	if !speaks { // A dead run's children are dead as well, and must not take the place of the living.
		return &Part{registry: r, record: &record{path: path}, owner: owner, ready: make(chan struct{})}
	}
	return r.begin(path, owner)
}

// Forget removes the part at path with all its children, as after its removal from a tree.
func (r *Registry) Forget(path string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.records, path)
	for p := range r.records {
		if strings.HasPrefix(p, path+"/") {
			delete(r.records, p)
		}
	}
}
