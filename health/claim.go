package health

import (
	"errors"
	"fmt"
)

// ErrClaimed says that a tree of that name stands in the Registry already.
var ErrClaimed = errors.New("health: the path is taken by another tree")

// Claim says that a supervisor's tree stands at path from now on, until release is called. Two trees at one path would
// speak for the same parts, and the one that works would hide the one that does not: the second gets ErrClaimed.
func (r *Registry) Claim(path string) (release func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.trees[path] {
		return nil, fmt.Errorf("%w: %q", ErrClaimed, path)
	}
	if r.trees == nil {
		r.trees = make(map[string]bool)
	}
	r.trees[path] = true
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.trees, path)
	}, nil
}

// Claimed reports whether a tree stands at path.
func (r *Registry) Claimed(path string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.trees[path]
}
