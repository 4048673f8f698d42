// Package journal keeps what happened to orders, for ever and in order.
//
// An Event is one thing that happened; a Journal is where Entries of them stand. Whatever an engine knows is the sum of
// its Journal, so a restart begins with reading it: Load gives what there is to read, and Entries iterates. Memory is a
// Journal in memory; trading/store has durable ones.
//
// What cannot be read is an error and never skipped: a Book that left out an event would be wrong. A Journal is written
// by one engine at a time and may be read by any number.
package journal

import (
	"context"
	"errors"
	"time"
)

// ErrTakenOver says that another Engine writes the Journal now: what this one knows is out of date, and nothing of it
// was written.
var ErrTakenOver = errors.New("journal: another engine has taken over")

// Entry is one event in a Journal.
type Entry struct {
	Seq   int64     // its place, rising from 1
	At    time.Time // when it was journaled, on the Engine's clock, UTC
	Event Event
}

// Journal keeps what happened, for ever and in order. One Engine writes it; any number may read.
type Journal interface {
	// Identity names the journal; it is never empty, and stays what it is for as long as the journal is open. No other
	// journal has it, and a copy that is written apart, such as a backup that was restored, gets another one: from it and
	// from the signals client IDs are derived, and a venue remembers those of all journals that ever traded there.
	Identity(ctx context.Context) (string, error)
	// Append adds the events, all or none, and returns when they are durable. An error leaves open whether they are
	// there, but by then it is settled: Read tells, and nothing of that call is added later.
	Append(ctx context.Context, at time.Time, events ...Event) error
	// Read returns entries with a Seq above after, ascending, at most limit.
	Read(ctx context.Context, after int64, limit int) ([]Entry, error)
}
