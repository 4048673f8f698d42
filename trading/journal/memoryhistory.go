package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Before implements History.
func (j *Memory) Before(ctx context.Context, seq int64, kinds []string, limit int) (entries []Entry, err error) {
	if err := checkKinds(kinds, limit); err != nil {
		return nil, fmt.Errorf("journal: read before %d: %w", seq, err)
	}
	for end := j.end(seq); end > 0; {
		first := (end - 1) / memoryPage * memoryPage
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		page := j.page(first, int(end-first))
		for i, e := range slices.Backward(page) {
			if len(kinds) > 0 && !slices.Contains(kinds, e.kind) {
				continue
			}
			entry, err := e.entry(first + int64(i) + 1)
			if err != nil {
				return nil, err
			}
			if entries = append(entries, entry); len(entries) == limit {
				return entries, nil
			}
		}
		end = first
	}
	return entries, ctx.Err()
}

// end is the last Seq below seq.
func (j *Memory) end(seq int64) int64 {
	j.mu.RLock()
	defer j.mu.RUnlock()
	if seq <= 0 {
		return j.count
	}
	return min(seq-1, j.count)
}

// About implements History. It looks at all entries, and decodes those that could be meant: to know their IDs would cost
// each Append, also of those many that nobody asks about.
func (j *Memory) About(ctx context.Context, id string, limit int) (entries []Entry, err error) {
	if err := checkID(id, limit); err != nil {
		return nil, fmt.Errorf("journal: read about %q: %w", id, err)
	}
	quoted, err := json.Marshal(id)                                       // as Encode has it in an event
	if err := errors.Join(err, json.Unmarshal(quoted, &id)); err != nil { // and Decode
		return nil, fmt.Errorf("journal: read about %q: %w", id, err)
	}
	for after := int64(0); ; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		page := j.page(after, memoryPage)
		if len(page) == 0 {
			return entries, nil
		}
		for _, e := range page {
			after++
			if !bytes.Contains(e.data, quoted) {
				continue
			}
			entry, err := e.entry(after)
			if err != nil {
				return nil, err
			}
			if OrderOf(entry.Event) != id && SignalOf(entry.Event) != id {
				continue
			}
			if entries = append(entries, entry); len(entries) == limit {
				return entries, nil
			}
		}
	}
}
