package engine

import (
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// setBy is the least that a clock is set by to be told.
const setBy = time.Second

// stopwatch counts the time that passes while an Engine lives. What has to be waited out goes by it and not by the time
// of day, which a person or a time server may set in the middle of the wait: back by an hour, and an order of unknown
// fate would stay so for an hour; forth, and a request would be taken for lost that is still under way.
//
// It goes by the monotonic reading where the Clock's times carry one, as the machine's do. Where they carry none, a
// clock that is set forth looks like time that passes; one that is set back costs what had passed since it was read
// last, and no more.
type stopwatch struct {
	clock health.Clock

	mu     sync.Mutex // guards all below
	last   time.Time  // as the clock was read last
	passed time.Duration
	set    time.Duration // by how much the clock was set, untold so far
}

// read returns the time of day, in UTC, and how much time has passed since the first reading.
func (w *stopwatch) read() (now time.Time, passed time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now = w.clock.Now() // under the lock: of two readings the later one must come later
	if !w.last.IsZero() {
		gone := max(now.Sub(w.last), 0)
		w.passed += gone
		if set := now.Round(0).Sub(w.last.Round(0)) - gone; set.Abs() >= setBy {
			w.set += set
		}
	}
	w.last = now
	return now.UTC(), w.passed // UTC drops the monotonic reading, which is why the rest is done before.
}

// wasSet returns by how much the clock was set since that was last asked.
func (w *stopwatch) wasSet() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	set := w.set
	w.set = 0
	return set
}

// paused reports whether a pause is not over that began when the journal says. A beginning that is still to come is of a
// clock that was set back since, and then it is: what pauses only spares the Broker, and must not stand still.
func paused(since time.Time, pause time.Duration, now time.Time) bool {
	gone := now.Sub(since)
	return gone >= 0 && gone < pause
}
