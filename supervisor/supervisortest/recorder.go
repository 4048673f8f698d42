package supervisortest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/seed-5dee1c0a/vigil/internal/wake"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// Recorder keeps the events of a tree. Its Record is an OnEvent:
//
//	rec := supervisortest.NewRecorder()
//	tree, err := supervisor.New(supervisor.Config{Name: "bot", OnEvent: rec.Record})
type Recorder struct {
	awaiting sync.Mutex // held while events are matched: each is for one Await

	mu     sync.Mutex // guards events and read
	events []supervisor.Event
	read   int // how many of them Await has passed

	news wake.Bell // rings when an event comes
}

// NewRecorder returns a Recorder without events.
func NewRecorder() *Recorder { return &Recorder{} }

// Record keeps an event.
func (r *Recorder) Record(e supervisor.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	r.news.Ring()
}

// Events returns what was recorded so far, in order.
func (r *Recorder) Events() []supervisor.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// Await waits for the next event that matches, from the one after the last that it returned, and returns it. What came
// before it is passed over. When ctx ends first the error says how many events there were, and wraps the cause.
func (r *Recorder) Await(ctx context.Context, match func(supervisor.Event) bool) (supervisor.Event, error) {
	for {
		news := r.news.Next()
		e := r.next(match)
		if e != nil {
			return e, nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return nil, fmt.Errorf("supervisortest: no such event among %d: %w", len(r.Events()), context.Cause(ctx))
		}
	}
}

func (r *Recorder) next(match func(supervisor.Event) bool) supervisor.Event {
	r.awaiting.Lock()
	defer r.awaiting.Unlock()
	r.mu.Lock()
	unread := r.events[r.read:]
	r.mu.Unlock()
	i := slices.IndexFunc(unread, match) // without mu: it is the caller's code, and the tree must not wait for it
	if i < 0 {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read += i + 1
	return unread[i]
}

// Await waits for the next event of type E that happens at path, and returns it:
//
//	parked, err := supervisortest.Await[supervisor.Parked](ctx, rec, "bot/feed")
func Await[E supervisor.Event](ctx context.Context, r *Recorder, path string) (E, error) {
	found, err := r.Await(ctx, func(e supervisor.Event) bool {
		_, ok := e.(E)
		return ok && e.Stamped().Path == path
	})
	if err != nil {
		var none E
		return none, fmt.Errorf("%T of %s: %w", none, path, err)
	}
	return found.(E), nil
}
