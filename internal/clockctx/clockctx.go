// Package clockctx makes contexts whose deadline stands on a Clock, so that a time limit can be tested to the
// millisecond of virtual time. The standard library's contexts know only the machine's clock.
//
// Most calls that get a time limit end long before it, and wait for nothing meanwhile. So a context arms a timer, and
// starts the goroutine that waits for it, only when its Done is called for the first time. Err and context.Cause read
// the clock, and so are right without it.
package clockctx

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Clock is the time that a deadline is measured on.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

// WithTimeout returns a context that ends when parent does, when cancel is called, or after d on clk, whichever comes
// first. Its Err is context.DeadlineExceeded in the last case and its Deadline is the one on clk. A d of zero or less
// gives a context that has already ended. The caller must call cancel: it ends the goroutine that waits for the clock,
// if there is one. A child that context.WithCancel makes calls Done, and so do most calls to a server.
func WithTimeout(parent context.Context, clk Clock, d time.Duration) (context.Context, context.CancelFunc) {
	c := &deadline{Context: parent, clock: clk, at: clk.Now().Add(d)}
	if err := parent.Err(); err != nil {
		_ = c.end(err)
	} else if d <= 0 {
		_ = c.end(context.DeadlineExceeded)
	}
	return c, c.cancel
}

// deadline ends itself: a standard cancel context underneath would hand its children Canceled where DeadlineExceeded
// is the truth.
type deadline struct {
	context.Context // the parent, for its values
	clock           Clock
	at              time.Time

	// done holds the chan struct{} once Done was called. It is read without the lock: loops ask at each turn.
	done atomic.Value

	mu  sync.Mutex // guards all below, and who sets done
	err error
}

func (c *deadline) cancel() { _ = c.end(context.Canceled) }

// end ends the context, if nothing has before, and returns what did.
func (c *deadline) end(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
		if done, ok := c.done.Load().(chan struct{}); ok {
			close(done)
		}
	}
	return c.err
}

// Done arms the timer when it is called for the first time. The clock is not ours, so that is done outside of the lock:
// of two callers the second may get the channel a moment before the timer is armed, and misses nothing by it.
func (c *deadline) Done() <-chan struct{} {
	if done, ok := c.done.Load().(chan struct{}); ok {
		return done
	}
	done, first := c.makeDone()
	if first {
		c.arm(done)
	}
	return done
}

// makeDone returns the channel, and whether it is new and waits for an end. There is none for all that have ended: a
// channel belongs to the bubble that made it.
func (c *deadline) makeDone() (done chan struct{}, waits bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if done, ok := c.done.Load().(chan struct{}); ok {
		return done, false
	}
	done = make(chan struct{})
	c.done.Store(done)
	if c.err != nil {
		close(done)
	}
	return done, c.err == nil
}

// arm waits for the end in a goroutine, which ends with the context.
func (c *deadline) arm(done <-chan struct{}) {
	if err := c.Context.Err(); err != nil {
		_ = c.end(err)
		return
	}
	left := c.at.Sub(c.clock.Now())
	if left <= 0 { // A mock clock must never see After(d <= 0).
		_ = c.end(context.DeadlineExceeded)
		return
	}
	expired := c.clock.After(left)
	go func() {
		select {
		case <-expired:
			_ = c.end(context.DeadlineExceeded)
		case <-c.Context.Done():
			_ = c.end(c.Context.Err())
		case <-done:
		}
	}()
}

// Err asks the parent and the clock: their ends reach Done through a goroutine, and what gates orders must not see that
// gap.
func (c *deadline) Err() error {
	c.mu.Lock()
	err := c.err
	c.mu.Unlock()
	if err != nil {
		return err
	}
	if err := c.Context.Err(); err != nil {
		return c.end(err)
	}
	if !c.clock.Now().Before(c.at) {
		return c.end(context.DeadlineExceeded)
	}
	return nil
}

func (c *deadline) Deadline() (time.Time, bool) {
	if at, ok := c.Context.Deadline(); ok && at.Before(c.at) {
		return at, true
	}
	return c.at, true
}

func (c *deadline) String() string { return "clockctx.WithTimeout(" + c.at.String() + ")" }
