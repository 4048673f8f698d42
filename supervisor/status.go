package supervisor

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// Status is the state of a child, or of a whole Supervisor, at one moment. What it points to never changes: a child
// whose state is the same as before is the same *Status as before.
type Status struct {
	Path         string
	Name         string
	State        health.State
	Since        time.Time     // when the state began
	Starts       int           // runs begun since the supervisor was started
	Restarts     int           // runs after the first one
	FailedStarts int           // runs that ended before they were verified
	Panics       int           // runs that ended by a panic
	Stalls       int           // runs that were silent for too long
	LastEnd      Ending        // how the last run ended; empty for none yet
	LastError    string        // why; empty after a clean end; kept while a later run works
	LastErrorAt  time.Time     // when that run ended
	NextRestart  time.Time     // in backoff, and when parked
	LastBeat     time.Time     // to one tick of the watch; zero where it is not watched
	Stall        time.Duration // how long after LastBeat it counts as stalled; zero where it is not watched
	Zombies      int           // abandoned runs that still live
	ZombiesSince []time.Time   // when each of them was abandoned
	Stack        string        // of the last panic or stall, bounded
	Wish         Wish          // what a person wants of it
	Done         bool          // its work is done, as its policy allows
	Children     []*Status     // of a Supervisor, in the order in which they were added; not to be changed
}

// Child returns the status of the direct child of that name.
func (s Status) Child(name string) (Status, bool) {
	i := slices.IndexFunc(s.Children, func(c *Status) bool { return c.Name == name })
	if i < 0 {
		return Status{}, false
	}
	return *s.Children[i], true
}

// Status returns the state of the tree. Each child's is consistent in itself. It costs a look at each child, and the
// making of a Status for those that have changed since the last one.
func (s *Supervisor) Status() Status {
	status := Status{Path: s.cfg.Name, Name: s.cfg.Name, State: health.StateStopped}
	if sess := s.current(); sess != nil {
		status.Path, status.State = sess.path, health.StateRunning
		if sess.ctx.Err() != nil {
			status.State = health.StateStopping
		}
	}
	status.Children = s.show()
	return status
}

// show returns the states of the children.
func (s *Supervisor) show() []*Status {
	visible, others := s.statuses()
	for _, o := range others {
		visible[o.at] = showChild(o.child)
	}
	return visible
}

// missingStatus is a child whose Status has to be made, and where it belongs.
type missingStatus struct {
	at    int
	child *child
}

// statuses returns the states of the children as far as they are known, and the others. Where all are the same as
// before so is the slice.
func (s *Supervisor) statuses() (visible []*Status, others []missingStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, same := 0, true
	for i, view := range s.children.views {
		if view == nil {
			continue
		}
		status := view.Load()
		if same && (n == len(s.last) || status != s.last[n]) {
			visible = append(make([]*Status, 0, len(s.children.byName)), s.last[:n]...)
			same = false
		}
		if !same {
			visible = append(visible, status)
		}
		if status == nil {
			others = append(others, missingStatus{n, s.children.slots[i]})
		}
		n++
	}
	if same {
		return s.last[:n:n], nil
	}
	if len(others) == 0 {
		s.last = visible
	}
	return visible, others
}

// StatusOf returns the state of the child at path, relative as in Restart, with what is below it. It costs the same
// however many siblings the child has.
func (s *Supervisor) StatusOf(path string) (Status, error) {
	_, c, err := s.lookUp(path)
	if err != nil {
		return Status{}, err
	}
	return *showChild(c), nil
}

// view is where the Status that shows a child's state is kept; nil when the state may have changed since. Those of
// siblings lie side by side, because a look at 100,000 of them is a matter of how much memory is touched.
type view = atomic.Pointer[Status]

// stateMutex guards a child's state and keeps the Status that shows it. lockToChange drops that Status, whatever is
// changed then: no code has to know what of it is shown. It is dropped at once and not at the unlocking, because a
// receiver that was told of a change by an event must not find what was before it.
type stateMutex struct {
	mu   sync.Mutex
	view *view
}

func (m *stateMutex) lockToChange() {
	m.mu.Lock()
	if m.view.Load() != nil {
		m.view.Store(nil)
	}
}

// lockToRead is for code that changes nothing that a Status shows.
func (m *stateMutex) lockToRead() { m.mu.Lock() }

func (m *stateMutex) unlock() { m.mu.Unlock() }

// showChild returns the child's state. That of a child Supervisor is made anew each time: its children change without
// it.
func showChild(c *child) *Status {
	c.mu.lockToRead()
	status := c.mu.view.Load()
	sub, innerTrees := treeOf(c.service), slices.Clone(c.innerTreesLocked())
	if status == nil {
		status = newStatusLocked(c)
		if sub == nil && len(innerTrees) == 0 {
			c.mu.view.Store(status)
		}
	}
	c.mu.unlock()
	if sub != nil {
		status.Children = sub.show()
	}
	for _, g := range innerTrees {
		below := g.tree.Status()
		below.Path = g.path
		status.Children = append(slices.Clip(status.Children), &below)
	}
	return status
}

func newStatusLocked(c *child) *Status {
	status := &Status{
		Path: c.path, Name: c.name, State: c.life.state(), Since: c.since, Done: c.life.phase == isDone,
		Wish:   c.life.wish(),
		Starts: int(c.starts), Restarts: c.restartsLocked(), FailedStarts: int(c.failedStarts),
	}
	if c.run != nil && c.policy().Stall > 0 {
		status.LastBeat, status.Stall = c.run.started.Add(c.run.beat), c.policy().Stall
	}
	if h := c.history; h != nil {
		status.Panics, status.Stalls = int(h.panics), int(h.stalls)
		status.LastEnd, status.LastError, status.LastErrorAt, status.Stack = h.end, h.text, h.at, h.stack
		status.NextRestart, status.Zombies = h.due, len(h.zombies)
		for _, z := range h.zombies {
			status.ZombiesSince = append(status.ZombiesSince, z.termination.abandonedAt)
		}
	}
	return status
}
