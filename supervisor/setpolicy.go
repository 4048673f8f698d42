package supervisor

import (
	"context"
	"fmt"
)

// Policy returns the policy of the child at path, with its defaults.
func (s *Supervisor) Policy(path string) (Policy, error) {
	_, c, err := s.lookUp(path)
	if err != nil {
		return Policy{}, err
	}
	return *c.policy(), nil
}

// SetPolicy gives the child at path another policy from now on, also through restarts of its supervisor. A run that goes
// on is watched by it: its silence counts from now, if it was not watched before. What has been decided by the former
// one stays, such as a delay that is being waited for. An error names the field that was wrong, and changes nothing.
func (s *Supervisor) SetPolicy(ctx context.Context, path string, policy Policy) error {
	if ctx.Err() != nil {
		return fmt.Errorf("supervisor: %q: %w", path, context.Cause(ctx))
	}
	_, c, err := s.lookUp(path)
	if err != nil {
		return err
	}
	if err := policy.validate(c.service); err != nil {
		return fmt.Errorf("supervisor: set the policy of %q: %w", path, err)
	}
	with := policy.WithDefaults(c.service)
	c.mu.lockToChange()
	defer c.mu.unlock()
	before := c.rules.Swap(&with)
	if c.health != nil {
		c.tellLocked()
	}
	r, sess := c.run, c.session
	if r == nil || sess == nil || c.life.is(closes) {
		return nil
	}
	now := sess.clock.Now()
	if before.Stall == 0 {
		r.beat = now.Sub(r.started)
	}
	c.setAlarmLocked(sess, r, now)
	return nil
}
