package supervisor

import (
	"cmp"
	"slices"
)

// What still runs after a stop is found here, at every level: abandoned runs of children that are here and of those that
// are not any more, and all that is left of the trees below them.

// unstoppedLocked lists the child's own zombies.
func (c *child) unstoppedLocked() []Unstopped {
	var left []Unstopped
	for _, z := range c.zombiesLocked() {
		left = append(left, Unstopped{c.path, z.termination.requestedAt})
	}
	return left
}

// unstopped lists what of the child and the trees below it still runs.
func (c *child) unstopped() []Unstopped {
	c.mu.lockToRead()
	left := c.unstoppedLocked()
	c.mu.unlock()
	for _, tree := range c.trees() {
		left = append(left, tree.unstopped()...)
	}
	return left
}

// unstopped lists what still runs in the tree although it was asked to stop.
func (s *Supervisor) unstopped() []Unstopped {
	left := s.unstoppedOrphans()
	for _, c := range s.snapshot() {
		left = append(left, c.unstopped()...)
	}
	return left
}

// unstoppedOrphans lists what is left of children that were forgotten, and lets go of trees of which nothing is.
func (s *Supervisor) unstoppedOrphans() []Unstopped {
	left := s.orphansLeft()
	for _, tree := range s.detachedTrees() {
		below := tree.unstopped()
		if len(below) == 0 && tree.current() == nil {
			s.dropDetached(tree)
		}
		left = append(left, below...)
	}
	return left
}

func (s *Supervisor) orphansLeft() []Unstopped {
	s.mu.Lock()
	defer s.mu.Unlock()
	var left []Unstopped
	for z, path := range s.orphans {
		left = append(left, Unstopped{path, z.termination.requestedAt}) // both were set before it became an orphan
	}
	slices.SortFunc(left, func(a, b Unstopped) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Path, b.Path))
	})
	return left
}

// addOrphans keeps zombies in view whose child is forgotten.
func (s *Supervisor) addOrphans(zombies []*run, path string) {
	if len(zombies) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.orphans == nil {
		s.orphans = make(map[*run]string)
	}
	for _, z := range zombies {
		s.orphans[z] = path
	}
}

func (s *Supervisor) dropOrphan(zombie *run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.orphans, zombie)
}

// addDetached keeps a tree in view whose child is forgotten, until nothing runs in it any more.
func (s *Supervisor) addDetached(tree *Supervisor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.detached, tree) {
		s.detached = append(s.detached, tree)
	}
}

func (s *Supervisor) detachedTrees() []*Supervisor {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.detached)
}

func (s *Supervisor) dropDetached(tree *Supervisor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.detached = slices.DeleteFunc(s.detached, func(t *Supervisor) bool { return t == tree })
}

// abandonLocked keeps of a child that is forgotten what still runs. The child's mu is held.
func (s *Supervisor) abandonLocked(c *child) {
	s.addOrphans(c.zombiesLocked(), c.path)
	if tree := treeOf(c.service); tree != nil {
		s.addDetached(tree)
	}
	for _, g := range c.innerTreesLocked() {
		s.addDetached(g.tree)
	}
	s.detach(c)
}
