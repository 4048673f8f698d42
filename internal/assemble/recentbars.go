package assemble

import (
	"context"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// recentBars is how many bars of a symbol are kept for exits.
const recentBars = 500

// RecentBars keeps the newest bars of each symbol that are over, for the exits of an engine.
type RecentBars struct {
	clock Clock

	mu       sync.Mutex // guards all below
	bySymbol map[string][]signal.Bar
	asked    map[string]bool // symbols whose bars of before were asked for
}

// NewRecentBars returns one that has seen no bar yet.
func NewRecentBars(clk Clock) *RecentBars {
	return &RecentBars{clock: clk, bySymbol: make(map[string][]signal.Bar), asked: make(map[string]bool)}
}

// Add keeps a bar, unless it cannot be, is not over yet, or is not newer than what is there.
func (r *RecentBars) Add(bar signal.Bar) {
	if bar.Validate() != nil || bar.End().After(r.clock.Now()) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.bySymbol[bar.Symbol]
	if len(kept) > 0 && !bar.Time.After(kept[len(kept)-1].Time) {
		return
	}
	if len(kept) >= 2*recentBars { // Whoever holds a part of the old one keeps it.
		kept = append(make([]signal.Bar, 0, 2*recentBars+1), kept[len(kept)-recentBars:]...)
	}
	r.bySymbol[bar.Symbol] = append(kept, bar)
}

// Of returns the newest bars of a symbol, oldest first. They are not to be changed.
func (r *RecentBars) Of(symbol string) []signal.Bar {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.bySymbol[symbol]
	return kept[max(0, len(kept)-recentBars):]
}

// From returns a source that gives what another one gives, and has it kept. A generator that goes on where it was asks for
// the newest bars only: those of before are asked for once, as exits need them.
func (r *RecentBars) From(source signal.Source, interval time.Duration) signal.Source {
	return Waking(keptSource{source, r, interval}, source)
}

type keptSource struct {
	signal.Source

	recent   *RecentBars
	interval time.Duration
}

// Bars implements signal.Source.
func (s keptSource) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	if !after.IsZero() && s.recent.mustAsk(symbol) {
		before, err := s.Source.Bars(ctx, symbol, after.Add(-recentBars*s.interval), recentBars)
		for _, bar := range before.Bars {
			s.recent.Add(bar)
		}
		if err != nil { // It is an error of this source, as the question below would be.
			return before, err
		}
	}
	batch, err := s.Source.Bars(ctx, symbol, after, limit)
	for _, bar := range batch.Bars {
		s.recent.Add(bar)
	}
	return batch, err
}

// mustAsk reports, once, whether the bars of before are not there.
func (r *RecentBars) mustAsk(symbol string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	must := !r.asked[symbol] && len(r.bySymbol[symbol]) == 0
	r.asked[symbol] = true
	return must
}
