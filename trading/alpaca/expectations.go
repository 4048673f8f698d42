package alpaca

import (
	"sync"
	"time"
)

// mute is after how long without a word of an order that the venue has taken the stream counts as one that is open and says
// nothing.
const mute = 20 * time.Second

// expectations are the orders of which the stream has to tell soon.
type expectations struct {
	mu    sync.Mutex // guards what is below
	up    bool
	since map[string]time.Time
}

// open forgets all: a stream that has just begun owes nothing.
func (e *expectations) open(up bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.up, e.since = up, make(map[string]time.Time)
}

// expect notes that an order is about to be sent: a word of it may come before the answer.
func (e *expectations) expect(clientID string, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.up {
		e.since[clientID] = now
	}
}

// forget takes that back, for an order that the venue does not have.
func (e *expectations) forget(clientID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.since, clientID)
}

// met notes a word of whichever order: a stream that says something is not mute.
func (e *expectations) met() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.since)
}

// owed reports whether the stream has been mute for too long.
func (e *expectations) owed(now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, since := range e.since {
		if now.Sub(since) > mute {
			return true
		}
	}
	return false
}
