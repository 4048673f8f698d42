package book

import (
	"fmt"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/shopspring/decimal"
)

// EntryError says that a Journal holds what cannot have happened. Trying again does not mend it.
type EntryError struct {
	Seq int64 // of the entry
	Err error
}

func (e *EntryError) Error() string { return fmt.Sprintf("book: journal entry %d: %v", e.Seq, e.Err) }

// Unwrap returns why the entry cannot be.
func (e *EntryError) Unwrap() error { return e.Err }

// Restore makes the Book of an account that began with capital from what its Journal holds: from the last snapshot and
// the entries after it, or from all entries where the snapshot cannot be read. A snapshot of another version or another
// capital cannot. An *EntryError says which entry cannot have happened.
func Restore(capital decimal.Decimal, c journal.Contents) (*Book, error) {
	return Replay(capital, c, func(*Book, journal.Entry) {})
}

// Replay does what Restore does, and shows each entry that the snapshot lacks with the Book as it was before it.
func Replay(capital decimal.Decimal, c journal.Contents, show func(before *Book, entry journal.Entry)) (*Book, error) {
	b, after, err := last(capital, c)
	if err != nil {
		return nil, err
	}
	for entry, err := range c.Entries(after) {
		if err != nil {
			return nil, err
		}
		show(b, entry)
		if err := b.ApplyEntry(entry); err != nil {
			return nil, &EntryError{entry.Seq, err}
		}
	}
	return b, nil
}

// last returns the Book that the last snapshot holds and the Seq of the last entry that is in it; a new Book and 0 where
// there is no snapshot that can be read. The entries after that are still to be applied.
func last(capital decimal.Decimal, c journal.Contents) (*Book, int64, error) {
	data, seq, err := c.LastSnapshot()
	if err != nil {
		return nil, 0, fmt.Errorf("book: read the last snapshot: %w", err)
	}
	if seq > 0 {
		if b, err := FromSnapshot(data, capital); err == nil {
			b.seq = seq
			return b, seq, nil
		}
	}
	return New(capital), 0, nil // All the events are there.
}
