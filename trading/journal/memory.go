package journal

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Memory is a Journal in memory, for tests and for replays that need not outlive the process. It keeps events
// encoded, as one on disk does, so that what it gives back is what a restart would see. It grows without bound. It is
// safe for concurrent use.
type Memory struct {
	*kept
	lease int64
}

// kept is what all that write and read one Memory share.
type kept struct {
	identity string

	mu       sync.RWMutex // guards all below
	leases   int64        // given out; the last one may write
	pages    [][]encoded  // all of memoryPage entries but the last: a single slice would be copied whenever it grows
	count    int64        // of the entries
	snapshot []byte
	upTo     int64  // the last Seq in the snapshot
	mark     *Mark  // nil before the first
	hours    []Mark // the last one of each hour, ascending
}

// memoryPage is how many entries a page has.
const memoryPage = 256

// encoded is an Entry as it is kept.
type encoded struct {
	at   time.Time
	kind string
	data []byte
}

// entry is what was kept, under its Seq.
func (e encoded) entry(seq int64) (Entry, error) {
	event, err := Decode(e.kind, e.data)
	if err != nil {
		return Entry{}, fmt.Errorf("journal: journal entry %d: %w", seq, err)
	}
	return Entry{Seq: seq, At: e.at, Event: event}, nil
}

var (
	_ Journal     = (*Memory)(nil)
	_ Snapshotter = (*Memory)(nil)
	_ Marker      = (*Memory)(nil)
	_ History     = (*Memory)(nil)
)

// NewMemory returns an empty journal with an identity of its own.
func NewMemory() *Memory { return &Memory{kept: &kept{identity: "memory-" + rand.Text()}} }

// Claim returns the same journal with the right to write it. What NewMemory and earlier claims returned can still read, and
// what they append fails with ErrTakenOver.
func (j *Memory) Claim(context.Context) (Journal, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.leases++
	return &Memory{kept: j.kept, lease: j.leases}, nil
}

// mayWriteLocked returns ErrTakenOver if another one claimed the journal since.
func (j *Memory) mayWriteLocked() error {
	if j.lease != j.leases {
		return ErrTakenOver
	}
	return nil
}

// Identity implements Journal.
func (j *Memory) Identity(context.Context) (string, error) { return j.identity, nil }

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
	if err := j.mayWriteLocked(); err != nil {
		return err
	}
	for _, e := range batch {
		if j.count%memoryPage == 0 {
			j.pages = append(j.pages, make([]encoded, 0, memoryPage))
		}
		last := &j.pages[len(j.pages)-1]
		*last = append(*last, e)
		j.count++
	}
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
	after = max(after, 0)
	var entries []Entry
	for len(entries) < limit {
		page := j.page(after, limit-len(entries))
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			after++
			entry, err := e.entry(after)
			if err != nil {
				return nil, err
			}
			entries = append(entries, entry)
		}
	}
	return entries, nil
}

// page returns what is kept after a Seq, up to the end of a page. Kept entries never change, so they may be decoded outside
// the lock.
func (j *Memory) page(after int64, limit int) []encoded {
	j.mu.RLock()
	defer j.mu.RUnlock()
	if after >= j.count {
		return nil
	}
	page := j.pages[after/memoryPage][after%memoryPage:]
	return page[:min(len(page), limit)]
}

// KeepSnapshot implements Snapshotter.
func (j *Memory) KeepSnapshot(ctx context.Context, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.mayWriteLocked(); err != nil {
		return err
	}
	j.snapshot, j.upTo = bytes.Clone(data), j.count
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

// KeepMark implements Marker.
func (j *Memory) KeepMark(ctx context.Context, m Mark) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.mayWriteLocked(); err != nil {
		return err
	}
	j.mark = &m
	i, found := slices.BinarySearchFunc(j.hours, m.hour(), func(kept Mark, hour time.Time) int {
		return kept.hour().Compare(hour)
	})
	if found {
		j.hours[i] = m
	} else {
		j.hours = slices.Insert(j.hours, i, m)
	}
	return nil
}

// LastMark implements Marker.
func (j *Memory) LastMark(ctx context.Context) (m Mark, ok bool, err error) {
	if err := ctx.Err(); err != nil {
		return Mark{}, false, err
	}
	j.mu.RLock()
	defer j.mu.RUnlock()
	if j.mark == nil {
		return Mark{}, false, nil
	}
	return *j.mark, true, nil
}

// Marks implements Marker.
func (j *Memory) Marks(ctx context.Context, since time.Time) ([]Mark, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	j.mu.RLock()
	defer j.mu.RUnlock()
	i, _ := slices.BinarySearchFunc(j.hours, since, func(kept Mark, since time.Time) int { return kept.At.Compare(since) })
	return slices.Clone(j.hours[i:]), nil
}

// hour is the hour that a mark belongs to.
func (m Mark) hour() time.Time { return m.At.UTC().Truncate(time.Hour) }
