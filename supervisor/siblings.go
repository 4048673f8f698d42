package supervisor

import "slices"

// childList are the children of a Supervisor in the order in which they were added. Adding, finding and removing one
// takes the same work however many there are.
type childList struct {
	byName map[string]*child
	slots  []*child // a child that is gone leaves nil behind
	views  []*view  // of the children in slots
	block  []view   // from which the next ones are taken
	empty  int      // slots that are nil
	added  int      // so far, for the order
	policy *Policy  // of the last one; most are added in rows of the same kind, and share it
}

func (s *childList) add(c *child, policy Policy) {
	if s.policy == nil || *s.policy != policy {
		own := policy // not the parameter itself, which would then be allocated for every child
		s.policy = &own
	}
	c.rules.Store(s.policy)
	if len(s.block) == 0 {
		s.block = make([]view, 32)
	}
	c.mu.view, s.block = &s.block[0], s.block[1:]
	s.added++
	c.order, c.slot = s.added, len(s.slots)
	s.slots = append(s.slots, c)
	s.views = append(s.views, c.mu.view)
	if s.byName == nil {
		s.byName = make(map[string]*child)
	}
	s.byName[c.name] = c
}

func (s *childList) remove(c *child) {
	if s.byName[c.name] != c {
		return
	}
	delete(s.byName, c.name)
	s.slots[c.slot], s.views[c.slot] = nil, nil
	s.empty++
	if s.empty > len(s.slots)/2 {
		s.slots = slices.DeleteFunc(s.slots, func(c *child) bool { return c == nil })
		s.views = slices.DeleteFunc(s.views, func(v *view) bool { return v == nil })
		for i, c := range s.slots {
			c.slot = i
		}
		s.empty = 0
	}
}

// all returns the children in their order.
func (s *childList) all() []*child {
	all := make([]*child, 0, len(s.slots)-s.empty)
	for _, c := range s.slots {
		if c != nil {
			all = append(all, c)
		}
	}
	return all
}
