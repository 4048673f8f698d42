package supervisor

import (
	"context"
	"slices"
	"strings"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/health"
)

// A Supervisor belongs to the tree that it runs in, however it got there: as a child, embedded in one, or made and
// served by a child's Serve, whose inner tree it is then. From the context of that Serve it takes what is not
// configured, and its path. Whoever walks down a tree asks treeOf and innerTrees, and nobody looks at the type of a
// service.

// tree is how a service that embeds a *Supervisor is known.
func (s *Supervisor) tree() *Supervisor { return s }

// treeOf returns the Supervisor that the service is or embeds, nil for none.
func treeOf(service Service) (tree *Supervisor) {
	t, ok := service.(interface{ tree() *Supervisor })
	if !ok {
		return nil
	}
	defer func() { _ = recover() }() // the service is a nil pointer to what embeds one
	return t.tree()
}

// ownership says whose child a Supervisor is.
type ownership struct {
	by   *Supervisor
	name string
}

// attach makes the tree a child of s. It is false where it is one already.
func (s *Supervisor) attach(tree *Supervisor, name string) bool {
	return tree == nil || tree.owner.CompareAndSwap(nil, &ownership{s, name})
}

// detach lets the child's tree be added again.
func (s *Supervisor) detach(c *child) {
	if tree := treeOf(c.service); tree != nil {
		if o := tree.owner.Load(); o != nil && o.by == s && o.name == c.name {
			tree.owner.CompareAndSwap(o, nil)
		}
	}
}

// location is where the children of a Supervisor stand, or are going to.
type location struct {
	registry *health.Registry // nil for one that is not known yet
	path     string
	clock    health.Clock
}

func (s *Supervisor) location() location {
	if sess := s.current(); sess != nil {
		return location{sess.registry, sess.path, sess.clock}
	}
	st := location{s.cfg.Registry, s.cfg.Name, s.cfg.Clock}
	if o := s.owner.Load(); o != nil {
		above := o.by.location()
		st.path = above.path + "/" + o.name
		if st.registry == nil {
			st.registry = above.registry
		}
		if st.clock == nil {
			st.clock = above.clock
		}
	} else if st.registry != nil && st.registry.Claimed(st.path) {
		st.registry = nil // another tree of that name runs there, and will have this one refused
	}
	if st.clock == nil {
		st.clock = clock.New()
	}
	return st
}

// place shows a child that is not served yet, and all below it, where it is going to stand: a tree that was built and
// never served is no healthy one.
func (s *Supervisor) place(c *child) {
	c.place(s.location())
	if tree := treeOf(c.service); tree != nil {
		for _, below := range tree.snapshot() {
			tree.place(below)
		}
	}
}

func (c *child) place(st location) {
	c.mu.lockToChange()
	defer c.mu.unlock()
	if c.session != nil || c.life.desired == toRemove {
		return
	}
	c.moveLocked(st.path)
	if st.registry == nil {
		return
	}
	if c.health == nil {
		c.health, c.since = st.registry.Begin(c.path), st.clock.Now()
	}
	c.tellLocked()
}

// moveLocked gives the child its path below a supervisor's. Nothing of it is kept where it stood.
func (c *child) moveLocked(above string) {
	if below, ok := strings.CutPrefix(c.path, above); ok && below != "" && below[0] == '/' && below[1:] == c.name {
		return // the same in most sessions, and each string costs
	}
	path := above + "/" + c.name
	if c.health != nil {
		c.health.Part().Forget()
		c.health = nil
	}
	c.path = path
}

// inner is a Supervisor that a child's Serve has made and serves.
type inner struct {
	tree *Supervisor
	path string
	run  int32 // which of the child's runs it was
}

// seat returns where the supervisor stands that is served with a context of a run below this session, and the child whose
// inner tree it is.
func (sess *session) seat(ctx context.Context, s *Supervisor) (path string, host *child) {
	path = sess.path
	if part := health.FromContext(ctx); part != nil && strings.HasPrefix(part.Path(), path+"/") {
		path = part.Path()
		name, _, more := strings.Cut(path[len(sess.path)+1:], "/")
		host = sess.supervisor.child(name)
		if host != nil && !more && treeOf(host.service) == s {
			return path, nil
		}
	}
	return path + "/" + s.cfg.Name, host
}

// addInner makes the tree an inner tree of the child's present run.
func (c *child) addInner(tree *Supervisor, path string) {
	c.mu.lockToChange()
	defer c.mu.unlock()
	h := c.historyLocked()
	h.innerTrees = slices.DeleteFunc(h.innerTrees, func(g *inner) bool { return g.tree == tree })
	h.innerTrees = append(h.innerTrees, &inner{tree, path, c.starts})
}

// dropInnerTreesLocked forgets the inner trees that the last two runs did not have.
func (c *child) dropInnerTreesLocked(sess *session) {
	kept := c.history.innerTrees[:0:0]
	var gone []*inner
	for _, g := range c.history.innerTrees {
		if g.run >= c.starts-1 || g.tree.current() != nil {
			kept = append(kept, g)
		} else {
			gone = append(gone, g)
		}
	}
	c.history.innerTrees = kept
	for _, g := range gone {
		sess.supervisor.addDetached(g.tree)
		if !slices.ContainsFunc(kept, func(k *inner) bool { return k.path == g.path }) {
			g.tree.forgetParts()
		}
	}
}

// forgetParts drops what health knows of the children.
func (s *Supervisor) forgetParts() {
	for _, c := range s.snapshot() {
		c.mu.lockToRead()
		if c.health != nil {
			c.health.Part().Forget()
		}
		c.mu.unlock()
	}
}

// innerTreesLocked returns the child's inner trees.
func (c *child) innerTreesLocked() []*inner {
	if c.history == nil {
		return nil
	}
	return c.history.innerTrees
}

// trees returns the Supervisors below the child: its own and its inner trees.
func (c *child) trees() []*Supervisor {
	var trees []*Supervisor
	if tree := treeOf(c.service); tree != nil {
		trees = append(trees, tree)
	}
	c.mu.lockToRead()
	defer c.mu.unlock()
	for _, g := range c.innerTreesLocked() {
		trees = append(trees, g.tree)
	}
	return trees
}

// below finds what is called so below the child.
func (c *child) below(path string) (owner *Supervisor, found *child, err error) {
	if tree := treeOf(c.service); tree != nil {
		if owner, found, err = tree.find(path); err == nil {
			return owner, found, nil
		}
	}
	name, rest, _ := strings.Cut(path, "/")
	c.mu.lockToRead()
	innerTrees := slices.Clone(c.innerTreesLocked())
	c.mu.unlock()
	for _, g := range slices.Backward(innerTrees) { // the latest of that name
		if g.tree.cfg.Name == name {
			return g.tree.find(rest)
		}
	}
	return nil, nil, err
}
