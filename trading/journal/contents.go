package journal

import (
	"context"
	"fmt"
	"iter"
)

// Snapshotter is a Journal that can keep, beside its entries, what they add up to, so that a restart need not read all
// of them. Its entries stay as they are: a snapshot that is missing or cannot be read costs time and nothing else.
type Snapshotter interface {
	// KeepSnapshot keeps data, durably, as what all entries up to now add up to. The one before may go. Nobody
	// appends meanwhile.
	KeepSnapshot(ctx context.Context, data []byte) error
	// LastSnapshot returns the latest one and the Seq of the last entry that is in it; nil and 0 if there is none.
	LastSnapshot(ctx context.Context) (data []byte, seq int64, err error)
}

// readPage is how many entries are read at a time.
const readPage = 1000

// Entries yields the entries of a Journal with a Seq above after, in order, a page at a time. An error of Read is yielded
// once, with an empty Entry, and ends it. The last page is empty: what is appended while the iterator runs is among what
// it yields.
func Entries(ctx context.Context, j Journal, after int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for after := after; ; {
			page, err := j.Read(ctx, after, readPage)
			if err != nil {
				yield(Entry{}, fmt.Errorf("journal: read after %d: %w", after, err))
				return
			}
			if len(page) == 0 {
				return
			}
			for _, entry := range page {
				if !yield(entry, nil) {
					return
				}
				after = entry.Seq
			}
		}
	}
}

// Contents are what a Journal holds, for a Book to be made of them. Nothing is read before it is asked for.
type Contents struct {
	// LastSnapshot returns the last snapshot and the Seq of the last entry that is in it; nil and 0 where there is none.
	LastSnapshot func() (data []byte, seq int64, err error)
	// Entries yields the entries after a Seq: those that the snapshot lacks, or all of them from 0 on where it cannot be
	// read.
	Entries func(after int64) iter.Seq2[Entry, error]
}

// Load returns what a Journal holds, to be read with ctx.
func Load(ctx context.Context, j Journal) Contents {
	c := Contents{
		LastSnapshot: func() ([]byte, int64, error) { return nil, 0, nil },
		Entries:      func(after int64) iter.Seq2[Entry, error] { return Entries(ctx, j, after) },
	}
	if s, ok := j.(Snapshotter); ok {
		c.LastSnapshot = func() ([]byte, int64, error) { return s.LastSnapshot(ctx) }
	}
	return c
}
