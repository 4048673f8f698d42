package generator

import (
	"context"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// wakeLimit bounds how often a Waker can begin a cycle. At five seconds that is a latency of 50 ms at the most.
const wakeLimit = 100

// turnOf is how long a wait goes on without a sign of life: the loop that hangs in it is then seen as soon as one that hangs
// in a cycle.
func turnOf(cycle time.Duration) time.Duration { return max(min(cycle/8, time.Second), 1) }

// waiter waits between the cycles of one run of Serve.
type waiter struct {
	g            *Generator
	asked        *foreign.Call[<-chan struct{}] // of a Source that was asked for its wake-up; nil while none is asked
	wakeUp       <-chan struct{}                // closed by the Source when a bar arrives; nil where it does not say
	cycleChanged <-chan struct{}
	alarm        <-chan time.Time // armed for at; nil for none
	at           time.Time
	changed      time.Time // when the next sign of life is due
}

// listen asks for the news of what happens from now on.
func (w *waiter) listen() {
	w.wake()
	w.cycleChanged = w.g.cycleChanged.Next()
}

// wake asks the Source for its wake-up. It does so in a goroutine of its own, and waits no longer than for a symbol that
// was told to come back: a Source that holds a lock while it hangs in Bars would else take the loop along. Until it has
// answered it is not asked again, and is a Source without; so is one that panics, and the cycle goes on asking it.
func (w *waiter) wake() {
	waker, ok := w.g.ports.source.code.(signal.Waker)
	if !ok {
		return
	}
	w.wakeUp = nil
	if w.asked == nil {
		w.asked = foreign.Go(func() (<-chan struct{}, error) { return waker.Wake(), nil })
	}
	select {
	case <-w.asked.Done():
		w.wakeUp, _ = w.asked.Result()
		w.asked = nil
	case <-w.g.cfg.Clock.After(max(w.g.set.Load().timeout/10, 1)):
	}
}

// until waits for due, or for a wake-up and then no longer than to soonest. It reports whether it was woken.
func (w *waiter) until(ctx context.Context, due, earliest time.Time) (woken bool, err error) {
	for {
		at := due
		if woken && earliest.Before(due) {
			at = earliest
		}
		now := w.g.cfg.Clock.Now()
		if !now.Before(at) || ctx.Err() != nil {
			return woken && at.Before(due), ctx.Err()
		}
		next := w.turn(ctx, now, at)
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-w.arm(next, next.Sub(now)): // above zero: a mock clock must never see less
			w.alarm = nil
		case <-w.wakeUp:
			w.wakeUp, woken = nil, true
		case <-w.cycleChanged:
			due = w.nextDue()
		}
	}
}

// turn gives a sign of life when one is due, and returns when to look again: at the next one, or at the given time.
func (w *waiter) turn(ctx context.Context, now, at time.Time) time.Time {
	every := turnOf(w.g.set.Load().cycle)
	if !now.Before(w.changed) || w.changed.Sub(now) > every {
		w.changed = now.Add(every)
	}
	next := earliest(w.changed, at)
	health.Idle(ctx, next)
	return next
}

// arm keeps the alarm that is set for the same time: a source that wakes often would else leave one behind each time.
func (w *waiter) arm(at time.Time, wait time.Duration) <-chan time.Time {
	if w.alarm == nil || !w.at.Equal(at) {
		w.alarm, w.at = w.g.cfg.Clock.After(wait), at
	}
	return w.alarm
}

// nextDue is when a cycle is due now that the time between them has changed.
func (w *waiter) nextDue() time.Time {
	w.cycleChanged = w.g.cycleChanged.Next() // before it is read, so that no change falls in between
	return multiple(w.g.cfg.Clock.Now(), w.g.set.Load().cycle)
}
