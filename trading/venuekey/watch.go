// Package venuekey watches whether a venue accepts the key of an account: since when it denies it, and how often it is asked
// meanwhile, as a venue may ban an address that goes on with a key that is denied. It is for whoever writes an adapter: Try
// before each request that carries the key, Deny or Accept after its answer, and Serve beside the rest of the adapter.
package venuekey

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// The pause after a denial. It doubles with each one in a row.
const (
	first   = 5 * time.Second
	longest = time.Minute
)

// Watch is what is known of a key. It is safe for concurrent use. Use New.
type Watch struct {
	venue   string // in the words of a person, with its address
	clock   health.Clock
	changed chan struct{}

	mu     sync.Mutex // guards what is below
	denied error      // what the venue said last; nil while it accepts the key
	since  time.Time  // of the first denial
	last   time.Time
	acts   bool // only orders and cancels were denied, and questions may still be answered
	pause  time.Duration
	next   time.Time // when something may be sent again
}

// New returns a Watch over the key of an account at a venue.
func New(venue string, clk health.Clock) *Watch {
	return &Watch{venue: venue, clock: clk, changed: make(chan struct{}, 1)}
}

// Try says whether a request with the key may be sent; an act is an order or a cancel. While the key is denied one goes after
// each pause. The error says that the request was not sent, and is none of the venue's.
func (w *Watch) Try(act bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.denied == nil || w.acts && !act {
		return nil
	}
	now := w.clock.Now()
	if wait := w.next.Sub(now); wait > 0 {
		return fmt.Errorf("it was not sent, as the venue denies the key since %s and is asked again in %s: %s",
			w.since.UTC().Format(time.RFC3339), wait.Round(time.Second), w.denied.Error()) // itself it was not denied
	}
	w.next = now.Add(w.pause) // one asks, and others wait for what it hears
	return nil
}

// Deny notes that the venue has denied the key.
func (w *Watch) Deny(err error, act bool) {
	now := w.clock.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.denied == nil {
		w.since, w.acts, w.pause = now, act, first
	} else {
		w.acts, w.pause = w.acts && act, min(2*w.pause, longest)
	}
	w.denied, w.last, w.next = err, now, now.Add(w.pause)
	w.tell()
}

// Accept notes that the venue has accepted the key. Where it has denied an order, an answer to a question means that only
// after a while: a key may be good for questions alone.
func (w *Watch) Accept(act bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.denied == nil || w.acts && !act && w.clock.Now().Sub(w.last) < longest {
		return
	}
	w.denied = nil
	w.tell()
}

func (w *Watch) tell() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// Denied is what the venue said last where it denies the key; nil where it does not.
func (w *Watch) Denied() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.denied
}

// Serve has health tell at once when the key is denied and when it is accepted again, until ctx ends. Meanwhile ask puts a
// question to the venue after each pause, so that it is found out also where nobody else asks.
func (w *Watch) Serve(ctx context.Context, ask func(context.Context)) {
	for ctx.Err() == nil {
		var again <-chan time.Time
		if wait := w.Raise(ctx); wait > 0 {
			again = w.clock.After(wait)
		}
		select {
		case <-ctx.Done():
		case <-w.changed:
		case <-again:
			ask(ctx)
		}
	}
}

// Raise has health say how it stands with the key, and returns how long to wait before the venue is asked again; 0 where it
// accepts the key.
func (w *Watch) Raise(ctx context.Context) time.Duration {
	w.mu.Lock()
	err, since, wait := w.denied, w.since, w.next.Sub(w.clock.Now())
	w.mu.Unlock()
	if err == nil {
		health.Clear(ctx, "key")
		return 0
	}
	health.Raise(ctx, health.Condition{
		Key: "key", Verdict: health.Unhealthy, Person: true, Closed: true, Began: since,
		Text: fmt.Sprintf("%s denies the key since %s: no order can be sent and none canceled, and stops that rest there stand: "+
			"%v", w.venue, since.UTC().Format(time.RFC3339), err),
		Remedy: "see what the venue says of the key; renew it and start again with the new one. If the venue takes this one " +
			"again it goes on by itself, within a minute. Close by hand at the venue what must not wait",
	})
	return max(wait, first)
}
