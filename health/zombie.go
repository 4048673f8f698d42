package health

import (
	"cmp"
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
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.zombies, z)
	}
}

// addZombies counts the zombies with their parts. One whose part is gone makes a part of its own, which has stopped.
func (r *Report) addZombies(zombies []zombie) {
	slices.SortFunc(zombies, func(a, b zombie) int {
		return cmp.Or(cmp.Compare(a.path, b.path), a.since.Compare(b.since))
	})
	for _, z := range zombies {
		i, found := slices.BinarySearchFunc(r.Parts, z.path, func(p PartReport, path string) int {
			return cmp.Compare(p.Path, path)
		})
		if !found {
			gone := PartReport{Path: z.path, Lifecycle: Lifecycle{State: StateStopped, Since: z.since, Asked: true}}
			r.Parts = slices.Insert(r.Parts, i, gone)
		}
		p := &r.Parts[i]
		if p.Zombies++; p.Zombies == 1 {
			p.ZombiesSince = z.since
		}
	}
}
