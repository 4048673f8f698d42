package health

import (
	"maps"
	"slices"
	"time"
)

// zombie is a run that was given up and still lives. It is kept beside the records: it outlives its part.
type zombie struct {
	path  string
	since time.Time
}

// Abandon says that a run of the part at path was given up at the given time, and still lives. It is in the report until
// ended is called, also when the part is forgotten, and makes its part degraded.
func (r *Registry) Abandon(path string, since time.Time) (ended func()) {
	z := &zombie{path, since}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.zombies == nil {
		r.zombies = make(map[*zombie]bool)
	}
	r.zombies[z] = true
	r.changed()
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.zombies, z)
		r.changed()
	}
}

// zombieGroup are the zombies of one part.
type zombieGroup struct {
	count int
	since time.Time // when the first of them was abandoned
}

func (r *Registry) zombiesLocked() map[string]zombieGroup {
	if len(r.zombies) == 0 {
		return nil
	}
	all := make(map[string]zombieGroup, len(r.zombies))
	for z := range r.zombies {
		u := all[z.path]
		if u.count++; u.count == 1 || z.since.Before(u.since) {
			u.since = z.since
		}
		all[z.path] = u
	}
	return all
}

// addGone adds the zombies whose part is gone: each makes a part of its own, which has stopped.
func (r *Report) addGone(zombies map[string]zombieGroup) {
	for _, path := range slices.Sorted(maps.Keys(zombies)) {
		i, _ := r.find(path)
		z := zombies[path]
		gone := &PartReport{PartState: &PartState{
			Path: path, Lifecycle: Lifecycle{State: StateStopped, Since: z.since, Asked: true},
			Zombies: z.count, ZombiesSince: z.since, inactive: true,
		}}
		gone.evaluate()
		r.Parts = slices.Insert(r.Parts, i, gone)
	}
}
