package feed

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/printable"
	"github.com/seed-5dee1c0a/vigil/internal/wake"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// Tape is a signal.Source of the bars that were pushed to it, as in a replay. Use NewTape. It is safe for concurrent use.
//
// It keeps the last n bars of each symbol. Whoever asks for older ones gets the oldest that it has, as from a market
// with a short history. A pushed bar counts as closed: on a ReplayClock, push it once the clock stands at its end.
//
// It is a signal.Waker too: a Generator that is served takes a bar up when it is pushed and not at its next cycle. How
// many bars it finds then depends on how fast they come. Where each run has to be like the other, push a bar and call
// Generator.Cycle in turn.
type Tape struct {
	size int

	mu      sync.RWMutex // guards reels
	buffers map[string]*ring

	added wake.Bell
}

var (
	_ signal.Source = (*Tape)(nil)
	_ signal.Waker  = (*Tape)(nil)
)

// ring is a ring of one symbol's bars: the oldest stands at next once it is full.
type ring struct {
	bars []signal.Bar // grows up to the tape's size
	next int          // where the next bar goes once it is full
}

// NewTape returns a tape that keeps n bars, at least 1, of each symbol. The symbols that are named have no bars yet; any
// other is unknown until its first bar is pushed.
func NewTape(n int, symbols ...string) (*Tape, error) {
	if n < 1 {
		return nil, fmt.Errorf("feed: a tape of %d bars holds nothing", n)
	}
	t := &Tape{size: n, buffers: make(map[string]*ring)}
	for _, s := range symbols {
		t.buffers[s] = &ring{}
	}
	return t, nil
}

// Push adds a bar. It is refused if it is not valid, not later than the symbol's last one, or of another interval.
func (t *Tape) Push(b signal.Bar) error { return printable.Error(t.push(b)) }

func (t *Tape) push(b signal.Bar) error {
	if err := b.Validate(); err != nil {
		return fmt.Errorf("feed: tape: bar of %s at %s: %w", b.Symbol, b.Time.Format(time.RFC3339Nano), err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.buffers[b.Symbol]
	if r == nil {
		r = &ring{}
		t.buffers[b.Symbol] = r
	}
	if len(r.bars) > 0 {
		last := r.at(len(r.bars) - 1)
		switch {
		case !b.Time.After(last.Time):
			return fmt.Errorf("feed: tape: bar of %s at %s is not later than the last one, at %s", b.Symbol,
				b.Time.Format(time.RFC3339Nano), last.Time.Format(time.RFC3339Nano))
		case b.Interval != last.Interval:
			return fmt.Errorf("feed: tape: bar of %s at %s is of %s, those before of %s", b.Symbol,
				b.Time.Format(time.RFC3339Nano), b.Interval, last.Interval)
		}
	}
	r.push(b, t.size)
	t.added.Ring()
	return nil
}

// Wake returns a channel that is closed at the next Push, as signal.Waker says.
func (t *Tape) Wake() <-chan struct{} { return t.added.Next() }

// Bars returns the bars after the given time, as signal.Source says.
func (t *Tape) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	if err := ctx.Err(); err != nil {
		return signal.Batch{}, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	r := t.buffers[symbol]
	if r == nil {
		return signal.Batch{}, printable.Error(fmt.Errorf("feed: tape: %w %q", signal.ErrUnknownSymbol, symbol))
	}
	first := sort.Search(len(r.bars), func(i int) bool { return r.at(i).Time.After(after) })
	n := min(limit, len(r.bars)-first)
	if n <= 0 {
		return signal.Batch{}, nil // when the next one is pushed a tape does not know
	}
	bars := make([]signal.Bar, n)
	for i := range bars {
		bars[i] = *r.at(first + i)
	}
	return signal.Batch{Bars: bars, Complete: bars[n-1].End().UTC()}, nil // Push takes none that is older
}

// at is the i-th oldest bar.
func (r *ring) at(i int) *signal.Bar {
	if i += r.next; i >= len(r.bars) {
		i -= len(r.bars)
	}
	return &r.bars[i]
}

func (r *ring) push(b signal.Bar, size int) {
	if len(r.bars) < size {
		r.bars = append(r.bars, b)
		return
	}
	r.bars[r.next] = b
	if r.next++; r.next == size {
		r.next = 0
	}
}
