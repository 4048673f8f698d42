package supervisor

import (
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// Status is the state of a child, or of a whole Supervisor, at one moment. It is a copy.
type Status struct {
	Path         string
	Name         string
	State        health.State
	Since        time.Time   // when the state began
	Starts       int         // runs begun since the supervisor was started
	Restarts     int         // runs after the first one
	FailedStarts int         // runs that ended before they were verified
	LastEnd      Ending      // how the last run ended; empty for none yet
	LastError    string      // why; empty after a clean end; kept while a later run works
	LastErrorAt  time.Time   // when that run ended
	NextRestart  time.Time   // in backoff, and when parked
	LastBeat     time.Time   // to one tick of the watch; zero where it is not watched
	Zombies      int         // abandoned runs that still live
	ZombiesSince []time.Time // when each of them was abandoned
	Stack        string      // of the last panic or stall, bounded
	Done         bool        // its work is done, as its policy allows
	Children     []Status    // of a Supervisor, in the order in which they were added
}

// Child returns the status of the direct child of that name.
func (s Status) Child(name string) (Status, bool) {
	i := slices.IndexFunc(s.Children, func(c Status) bool { return c.Name == name })
	if i < 0 {
		return Status{}, false
	}
	return s.Children[i], true
}

// Status returns the state of the tree. Each child's is consistent in itself.
func (s *Supervisor) Status() Status {
	status := Status{Path: s.cfg.Name, Name: s.cfg.Name, State: health.StateStopped}
	if session := s.current(); session != nil {
		status.Path, status.State = session.path, health.StateRunning
		if session.ctx.Err() != nil {
			status.State = health.StateStopping
		}
	}
	children := s.snapshot()
	status.Children = make([]Status, len(children))
	for i, c := range children {
		c.show(&status.Children[i])
	}
	return status
}

// StatusOf returns the state of the child at path, relative as in Restart, with what is below it. It costs the same
// however many siblings the child has.
func (s *Supervisor) StatusOf(path string) (Status, error) {
	_, c, err := s.lookUp(path)
	if err != nil {
		return Status{}, err
	}
	var status Status
	c.show(&status)
	return status, nil
}

func (c *child) show(status *Status) {
	c.mu.Lock()
	*status = Status{
		Path: c.path, Name: c.name, State: c.state, Since: c.since, Done: c.done,
		Starts: int(c.starts), Restarts: c.restartsLocked(), FailedStarts: int(c.failedStarts),
	}
	if c.run != nil && c.policy.Stall > 0 {
		status.LastBeat = c.run.started.Add(c.run.beat)
	}
	if c.past != nil {
		c.past.show(status)
	}
	c.mu.Unlock()
	if sub, ok := c.service.(*Supervisor); ok {
		status.Children = sub.Status().Children
	}
}

func (p *past) show(status *Status) {
	status.LastEnd, status.LastError, status.LastErrorAt, status.Stack = p.end, p.text, p.at, p.stack
	status.NextRestart, status.Zombies = p.due, len(p.zombies)
	for _, z := range p.zombies {
		status.ZombiesSince = append(status.ZombiesSince, z.trouble.abandonedAt)
	}
}
