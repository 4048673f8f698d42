package peers_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
)

// hand is a clock that the test moves.
type hand struct{ now time.Time }

func (h *hand) Now() time.Time                     { return h.now }
func (*hand) After(time.Duration) <-chan time.Time { return nil }

// series is a Source of bars in memory.
type series struct {
	bars  []signal.Bar
	clock *hand
}

func (s *series) Bars(_ context.Context, _ string, after time.Time, limit int) (signal.Batch, error) {
	first := max(0, int(after.Sub(origin)/minute)+1)
	if after.Before(origin) {
		first = 0
	}
	end := min(len(s.bars), first+limit, int(s.clock.now.Sub(origin)/minute))
	return signal.Batch{Bars: s.bars[min(first, end):end]}, nil
}

// newVigil is a Generator with all that it does to a bar: asking the source, checking, comparing with what the source
// said before, the strategy, and a store that keeps every signal. A cycle has up to 9,990 bars, as when a program
// catches up.
func newVigil(tb testing.TB, bars []signal.Bar) run {
	spec, err := strategy.EMACross{Fast: fast, Slow: slow}.Spec()
	require.NoError(tb, err)
	clock, store := &hand{origin.Add(settled * minute)}, signal.NewMemory(len(bars))
	g, err := signal.NewGenerator(signal.GeneratorConfig{
		Source: &series{bars, clock}, Specs: []signal.Spec{spec}, Store: store, Clock: clock, History: settled,
		Symbols: []string{bars[0].Symbol}, Interval: minute, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(tb, err)
	end := bars[len(bars)-1].End()
	return run{func() error {
		for {
			if r := g.Cycle(context.Background(), clock.now); len(r.Errors) > 0 {
				return errors.Join(r.Errors...)
			}
			if !clock.now.Before(end) {
				return nil
			}
			clock.now = clock.now.Add(min(9990*minute, end.Sub(clock.now)))
		}
	}, func() []cross { return stored(tb, store) }}
}

// stored are the crosses that the signals in a store tell of.
func stored(tb testing.TB, store signal.Store) (found []cross) {
	signals, err := store.After(tb.Context(), 0, 1<<30)
	require.NoError(tb, err)
	for _, s := range signals {
		found = append(found, cross{int(s.BarTime.Sub(origin) / minute), s.Direction == signal.Long})
	}
	return found
}
