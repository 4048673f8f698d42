package trading

import (
	"context"
	"errors"
	"time"
)

// ErrTakenOver says that another Engine writes the Journal now: what this one knows is out of date, and nothing of it
// was written.
var ErrTakenOver = errors.New("another engine has taken over the journal")

// Entry is one event in a Journal.
type Entry struct {
	Seq   int64     // its place, rising from 1
	At    time.Time // when it was journaled, on the Engine's clock, UTC
	Event Event
}

// Journal keeps what happened, for ever and in order. One Engine writes it; any number may read.
type Journal interface {
	// Append adds the events, all or none, and returns when they are durable. An error leaves open whether they are
	// there, but by then it is settled: Read tells, and nothing of that call is added later.
	Append(ctx context.Context, at time.Time, events ...Event) error
	// Read returns entries with a Seq above after, ascending, at most limit.
	Read(ctx context.Context, after int64, limit int) ([]Entry, error)
}
