package supervisor

import (
	"errors"
	"fmt"
	"strings"

	"github.com/seed-5dee1c0a/vigil/health"
)

var errRestart = errors.New("supervisor: restarted on request")

// find returns the session and the child at a path below this supervisor: names joined by slashes.
func (s *Supervisor) find(path string) (*session, *child, error) {
	name, rest, nested := strings.Cut(path, "/")
	s.mu.Lock()
	c, session := s.byName[name], s.session
	s.mu.Unlock()
	if c == nil {
		return nil, nil, fmt.Errorf("%w: %q in %q", ErrNotFound, name, s.cfg.Name)
	}
	if nested {
		sub, ok := c.service.(*Supervisor)
		if !ok {
			return nil, nil, fmt.Errorf("%w: %q in %q is no supervisor", ErrNotFound, name, s.cfg.Name)
		}
		return sub.find(rest)
	}
	if session == nil || session.ctx.Err() != nil {
		return nil, nil, fmt.Errorf("%w: %q", ErrNotRunning, s.cfg.Name)
	}
	return session, c, nil
}

// Restart ends the present run of the child at path and begins another at once, with a full budget. A child that is
// down, parked or crashed is started. It does not wait for the new run. The path is relative: "trading/engine" is the
// child engine of the child trading.
func (s *Supervisor) Restart(path string) error {
	n, c, err := s.find(path)
	if err != nil {
		return err
	}
	c.mu.Lock()
	if c.wanted == toStop { // the tree began to stop a moment ago
		c.mu.Unlock()
		return fmt.Errorf("%w: %q", ErrNotRunning, s.cfg.Name)
	}
	c.wanted, c.held, c.parked, c.spent = toRun, false, false, 0
	c.due = n.clock.Now()
	c.again = c.run != nil
	c.interruptLocked(n, errRestart)
	c.mu.Unlock()
	n.launch(c)
	return nil
}

// Pause pauses the child at path: a Pauser idles from now on, through restarts too; any other service is stopped and
// stays so. It does not wait for that.
func (s *Supervisor) Pause(path string) error { return s.setPaused(path, true) }

// Resume lets the child at path go on.
func (s *Supervisor) Resume(path string) error { return s.setPaused(path, false) }

func (s *Supervisor) setPaused(path string, paused bool) error {
	n, c, err := s.find(path)
	if err != nil {
		return err
	}
	pauser, ok := c.service.(Pauser)
	switch {
	case !ok && paused:
		c.pausePlain(n)
	case !ok:
		c.resumePlain(n)
	case paused:
		pauser.Pause()
		c.setIdling(n, true)
	default:
		pauser.Resume()
		c.setIdling(n, false)
	}
	return nil
}

// pausePlain stops a service that cannot idle, and keeps it down.
func (c *child) pausePlain(n *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wanted != toRun {
		return
	}
	c.wanted = toPause
	n.emit(Paused{n.stamp(c)})
	if c.guard == nil {
		c.restLocked(n)
	}
	c.interruptLocked(n, ErrPaused)
}

func (c *child) resumePlain(n *session) {
	c.mu.Lock()
	if c.wanted != toPause {
		c.mu.Unlock()
		return
	}
	c.wanted = toRun
	n.emit(Resumed{n.stamp(c)})
	c.mu.Unlock()
	n.launch(c)
}

// setIdling takes note that a Pauser was paused or resumed; its run goes on either way.
func (c *child) setIdling(n *session, idling bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idling == idling {
		return
	}
	c.idling = idling
	if idling {
		n.emit(Paused{n.stamp(c)})
	} else {
		n.emit(Resumed{n.stamp(c)})
	}
	switch {
	case c.run == nil:
	case idling && (c.status.State == health.StateRunning || c.status.State == health.StateStarting):
		c.setStateLocked(n, health.StatePaused)
	case !idling && c.status.State == health.StatePaused:
		c.setStateLocked(n, health.StateRunning)
	}
}
