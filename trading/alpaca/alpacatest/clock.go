package alpacatest

import (
	"time"

	"github.com/benbjohnson/clock"
)

// venueClock runs scale times as fast as the machine's clock, from a time of its own; in a testing/synctest bubble the
// machine's clock is the bubble's.
type venueClock struct {
	begun, origin time.Time // origin was the time at the venue when the machine's clock said begun
	scale         float64
	now           func() time.Time // the test's own; nil means that the venue has its own
}

func newVenueClock(cfg Config) *venueClock {
	c := &venueClock{begun: clock.New().Now(), origin: cfg.Start, scale: cfg.Scale, now: cfg.Now}
	if c.origin.IsZero() {
		c.origin = c.begun
	}
	return c
}

// Now is the time at the venue.
func (c *venueClock) Now() time.Time {
	if c.now != nil {
		return c.now()
	}
	passed := clock.New().Now().Sub(c.begun)
	if c.scale != 1 {
		passed = time.Duration(float64(passed) * c.scale)
	}
	return c.origin.Add(passed)
}

// After waits for a time of the venue's, and at least a nanosecond.
func (c *venueClock) After(d time.Duration) <-chan time.Time {
	if c.now == nil && c.scale != 1 {
		d = time.Duration(float64(d) / c.scale)
	}
	return clock.New().After(max(d, 1))
}
