package supervisortest

import (
	"context"
	"sync"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/internal/wake"
)

// Clock is a health.Clock that stands still until a test moves it. It is a clock.Mock of benbjohnson/clock that arms
// first and then announces:
//
//	clk.AwaitArmed(clk.Now().Add(5 * time.Second)) // the restart's delay has begun
//	clk.Add(5 * time.Second)                       // and is over
//
// Inside a bubble the machine's clock is fake already, and better: do not mix both there.
type Clock struct {
	mock *clock.Mock

	mu    sync.Mutex // guards armed
	armed map[time.Time]int

	news wake.Bell // rings when a timer is armed
}

// NewClock returns a Clock that stands at the beginning of 1970, in UTC.
func NewClock() *Clock { return NewClockAt(time.Unix(0, 0).UTC()) }

// NewClockAt returns a Clock that stands at a time.
func NewClockAt(at time.Time) *Clock {
	c := &Clock{mock: clock.NewMock(), armed: make(map[time.Time]int)}
	c.mock.Set(at)
	return c
}

// Now returns the time at which the clock stands.
func (c *Clock) Now() time.Time { return c.mock.Now() }

// After arms a timer that fires when the clock has been moved by d. With a d of zero or less it has fired already.
func (c *Clock) After(d time.Duration) <-chan time.Time {
	if d <= 0 { // the Mock would hang on it
		fired := make(chan time.Time, 1)
		fired <- c.Now()
		return fired
	}
	at := c.mock.Now().Add(d)
	timer := c.mock.After(d)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed[at]++
	c.news.Ring()
	return timer
}

// Add moves the clock. The timers on the way fire, each at its own time. It takes a millisecond or more of real time for
// each of them: that is how long the Mock lets others run.
func (c *Clock) Add(d time.Duration) {
	c.mock.Add(d)
	now := c.mock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for at := range c.armed {
		if !at.After(now) {
			delete(c.armed, at)
		}
	}
}

// Set moves the clock to a later time, as Add does.
func (c *Clock) Set(at time.Time) { c.Add(at.Sub(c.Now())) }

// AwaitArmed waits until a timer is armed that fires at the given time. It returns at once for a time that has passed. A
// timer that never comes is a test that hangs, and go test says where; AwaitArmedContext gives up.
func (c *Clock) AwaitArmed(at time.Time) { _ = c.AwaitArmedContext(context.Background(), at) }

// AwaitArmedContext is AwaitArmed until ctx ends, of which it returns the cause.
func (c *Clock) AwaitArmedContext(ctx context.Context, at time.Time) error {
	for {
		news := c.news.Next()
		if c.isArmed(at) || !at.After(c.Now()) {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (c *Clock) isArmed(at time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for t := range c.armed { // there are few, and == would compare their locations too
		if t.Equal(at) {
			return true
		}
	}
	return false
}
