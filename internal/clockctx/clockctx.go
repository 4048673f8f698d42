// Package clockctx makes contexts whose deadline stands on a Clock, so that a time limit can be tested to the
// millisecond of virtual time. The standard library's contexts know only the machine's clock.
package clockctx

import (
	"context"
	"sync"
	"time"
)

// Clock is the time that a deadline is measured on.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

// WithTimeout returns a context that ends when parent does, when cancel is called, or after d on clk, whichever comes
// first. Its Err is context.DeadlineExceeded in the last case and its Deadline is the one on clk. A d of zero or less
// gives a context that has already ended. The caller must call cancel: it ends the goroutine that waits for the clock.
func WithTimeout(parent context.Context, clk Clock, d time.Duration) (context.Context, context.CancelFunc) {
	c := &deadline{Context: parent, at: clk.Now().Add(d), done: make(chan struct{})}
	cancel := func() { c.end(context.Canceled) }
	if err := parent.Err(); err != nil {
		c.end(err)
		return c, cancel
	}
	if d <= 0 { // A mock clock must never see After(d <= 0).
		c.end(context.DeadlineExceeded)
		return c, cancel
	}
	expired := clk.After(d)
	go func() {
		select {
		case <-expired:
			c.end(context.DeadlineExceeded)
		case <-parent.Done():
			c.end(parent.Err())
		case <-c.done:
		}
	}()
	return c, cancel
}

// deadline ends itself: a standard cancel context underneath would hand its children Canceled where DeadlineExceeded
// is the truth.
type deadline struct {
	context.Context // the parent, for its values
	at              time.Time
	done            chan struct{}

	mu  sync.Mutex // guards err
	err error
}

func (c *deadline) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = err
	close(c.done)
}

func (c *deadline) Done() <-chan struct{} { return c.done }

// Err asks the parent too: its end reaches Done through a goroutine, and what gates orders must not see that gap.
func (c *deadline) Err() error {
	if err := c.Context.Err(); err != nil {
		c.end(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *deadline) Deadline() (time.Time, bool) {
	if at, ok := c.Context.Deadline(); ok && at.Before(c.at) {
		return at, true
	}
	return c.at, true
}

func (c *deadline) String() string { return "clockctx.WithTimeout(" + c.at.String() + ")" }
