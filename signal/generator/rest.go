package generator

import (
	"context"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// wakesPerCycle bounds how often a Waker can begin a cycle. At five seconds that is a latency of 50 ms at the most.
const wakesPerCycle = 100

// rest is how one run of Serve waits between its cycles.
type rest struct {
	*Generator
	asked   chan (<-chan struct{}) // answered by a Source that was asked for its wake-up; nil while none is asked
	woke    <-chan struct{}        // closed by the Source when a bar arrives; nil where it does not say
	changed <-chan struct{}
	alarm   <-chan time.Time // armed for at; nil for none
	at      time.Time
}

// listen asks for the news of what happens from now on.
func (r *rest) listen() {
	r.wake()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changed = r.Generator.changed
}

// wake asks the Source for its wake-up. It does so in a goroutine of its own, and waits no longer than for a symbol that
// was told to come back: a Source that holds a lock while it hangs in Bars would else take the loop along. Until it has
// answered it is not asked again, and is a Source without.
func (r *rest) wake() {
	waker, ok := r.cfg.Source.(signal.Waker)
	if !ok {
		return
	}
	r.woke = nil
	if r.asked == nil {
		asked := make(chan (<-chan struct{}), 1) // has room: nobody may be waiting any more
		r.asked = asked
		go func() {
			var woke <-chan struct{}
			defer func() {
				_ = recover() // one that panics is a Source without: the cycle goes on asking it
				asked <- woke
			}()
			woke = waker.Wake()
		}()
	}
	select {
	case r.woke = <-r.asked:
		r.asked = nil
	case <-r.cfg.Clock.After(max(r.set.Load().timeout/10, 1)):
	}
}

// until waits for due, or for a wake-up and then no longer than to soonest. It tells whether it was woken.
func (r *rest) until(ctx context.Context, due, soonest time.Time) (woken bool, err error) {
	for {
		health.Idle(ctx, due)
		at := due
		if woken && soonest.Before(due) {
			at = soonest
		}
		wait := at.Sub(r.cfg.Clock.Now())
		if wait <= 0 || ctx.Err() != nil { // A mock clock must never see After(d <= 0).
			return woken && at.Before(due), ctx.Err()
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-r.arm(at, wait):
			r.alarm = nil
		case <-r.woke:
			r.woke, woken = nil, true
		case <-r.changed:
			r.changed, due = r.retimed()
		}
	}
}

// arm keeps the alarm that is set for the same time: a source that wakes often would else leave one behind each time.
func (r *rest) arm(at time.Time, wait time.Duration) <-chan time.Time {
	if r.alarm == nil || !r.at.Equal(at) {
		r.alarm, r.at = r.cfg.Clock.After(wait), at
	}
	return r.alarm
}

// retimed is when a cycle is due now that the time between them has changed.
func (r *rest) retimed() (changed <-chan struct{}, due time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Generator.changed, multiple(r.cfg.Clock.Now(), r.set.Load().cycle)
}
