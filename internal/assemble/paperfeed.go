package assemble

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

// PaperFeed is a Source whose bars reach a paper account as well: on their way to the generator, so that the account has
// seen a bar before the engine sees the signals that it made.
type PaperFeed struct {
	signal.Source
	clock Clock

	mu    sync.Mutex // guards all below
	paper *paper.Broker
	since time.Time // bars that closed earlier are in the account already
}

// NewPaperFeed returns a feed of no account yet.
func NewPaperFeed(source signal.Source, clk Clock) *PaperFeed {
	return &PaperFeed{Source: source, clock: clk}
}

// Feed has the bars reach the paper account from here on, but for those that closed before the last entry of its journal:
// what they would do was done.
func (f *PaperFeed) Feed(ctx context.Context, a *Account) error {
	last, err := lastEntry(ctx, a.journal)
	if err != nil {
		return fmt.Errorf("the time of the journal's last entry: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.paper, f.since = a.Paper, last
	return nil
}

// lastEntry returns when the journal's last entry was written; the zero time if it is empty.
func lastEntry(ctx context.Context, j journal.Journal) (last time.Time, err error) {
	history := journal.Load(ctx, j)
	_, seq, err := history.LastSnapshot()
	if err != nil {
		seq = 0 // what cannot be read costs time and nothing else
	}
	for entry, err := range history.Entries(max(0, seq-1)) {
		if err != nil {
			return time.Time{}, err
		}
		last = entry.At
	}
	return last, nil
}

// Bars gives the source's bars to the paper account before it returns them.
func (f *PaperFeed) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	batch, err := f.Source.Bars(ctx, symbol, after, limit)
	for _, bar := range batch.Bars {
		if err := f.give(bar); err != nil {
			return batch, fmt.Errorf("the paper account: %w", err)
		}
	}
	return batch, err
}

// give leaves out a bar that cannot be or is not over yet: the generator says so. The account leaves out one that it has.
func (f *PaperFeed) give(bar signal.Bar) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.paper == nil || bar.Validate() != nil || !bar.End().After(f.since) || bar.End().After(f.clock.Now()) {
		return nil
	}
	return f.paper.OnBar(bar)
}
