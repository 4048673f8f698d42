package journal

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"
)

// Memory is a Journal in memory, for tests and for replays that need not outlive the process. It keeps events
// encoded, as one on disk does, so that what it gives back is what a restart would see. It grows without bound. It is
// safe for concurrent use.
type Memory struct {
	mu       sync.RWMutex // guards all below
	entries  []encoded    // the one of Seq s is at s-1
	snapshot []byte
	upTo     int64 // the last Seq in the snapshot
}

// encoded is an Entry as it is kept.
type encoded struct {
	at   time.Time
	kind string
	data []byte
}

var (
	_ Journal     = (*Memory)(nil)
	_ Snapshotter = (*Memory)(nil)
)

// NewMemory returns an empty journal.
func NewMemory() *Memory { return &Memory{} }

// Append implements Journal. Durable means here: until the process ends.
func (j *Memory) Append(ctx context.Context, at time.Time, events ...Event) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	batch := make([]encoded, 0, len(events))
	for i, e := range events { // All of them before the first is kept: all or none.
		if e == nil {
			return fmt.Errorf("journal: journal event %d of %d: no event", i+1, len(events))
		}
		kind, data, err := Encode(e)
		if err != nil {
			return fmt.Errorf("journal: journal event %d of %d: %w", i+1, len(events), err)
		}
		batch = append(batch, encoded{at.UTC(), kind, data})
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, batch...)
	return nil
}

// Read implements Journal.
func (j *Memory) Read(ctx context.Context, after int64, limit int) ([]Entry, error) {
	if limit < 1 { // A reader that asks for nothing would believe that it has seen everything.
		return nil, fmt.Errorf("journal: read journal: limit %d is below 1", limit)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	page := j.page(after, limit)
	entries := make([]Entry, 0, len(page))
	for i, e := range page {
		seq := max(after, 0) + int64(i) + 1
		event, err := Decode(e.kind, e.data)
		if err != nil {
			return nil, fmt.Errorf("journal: journal entry %d: %w", seq, err)
		}
		entries = append(entries, Entry{Seq: seq, At: e.at, Event: event})
	}
	return entries, nil
}

// page returns what is kept after a Seq. Kept entries never change, so they may be decoded outside the lock.
func (j *Memory) page(after int64, limit int) []encoded {
	j.mu.RLock()
	defer j.mu.RUnlock()
	count := int64(len(j.entries))
	from := min(max(after, 0), count)
	return j.entries[from : from+min(count-from, int64(limit))]
}

// KeepSnapshot implements Snapshotter.
func (j *Memory) KeepSnapshot(ctx context.Context, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.snapshot, j.upTo = bytes.Clone(data), int64(len(j.entries))
	return nil
}

// LastSnapshot implements Snapshotter.
func (j *Memory) LastSnapshot(ctx context.Context) (data []byte, seq int64, err error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	j.mu.RLock()
	defer j.mu.RUnlock()
	return bytes.Clone(j.snapshot), j.upTo, nil
}
