package binancetest

import (
	"time"

	"github.com/benbjohnson/clock"
)

// Clock is what the venue waits by. Clocks of github.com/benbjohnson/clock are such; nil in Config means the
// computer's, which in a testing/synctest bubble is the bubble's.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

// venueClock runs scale times as fast as the clock under it, from a time of its own.
type venueClock struct {
	under         Clock
	begun, origin time.Time // origin was the time at the venue when under said begun
	scale         float64
}

func newVenueClock(under Clock, start time.Time, scale float64) *venueClock {
	if under == nil {
		under = clock.New()
	}
	c := &venueClock{under: under, begun: under.Now(), origin: start, scale: scale}
	if start.IsZero() {
		c.origin = c.begun
	}
	return c
}

func (c *venueClock) Now() time.Time {
	passed := c.under.Now().Sub(c.begun)
	if c.scale != 1 {
		passed = time.Duration(float64(passed) * c.scale)
	}
	return c.origin.Add(passed)
}

// After waits at least a nanosecond: a clock that is asked for nothing may not answer.
func (c *venueClock) After(d time.Duration) <-chan time.Time {
	if c.scale != 1 {
		d = time.Duration(float64(d) / c.scale)
	}
	return c.under.After(max(d, 1))
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
