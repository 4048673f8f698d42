package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// openEvents has what happens remembered for whoever asks the API.
func (a *app) openEvents(cfg *vigil.Config) (err error) {
	if a.cfg.dryStart {
		return nil
	}
	history, _ := a.db.Journal().(journal.History)
	a.events, err = console.NewEvents(console.EventsConfig{
		Registry: a.registry, History: history, Clock: a.clock, Logger: a.log,
	})
	if err != nil {
		return err
	}
	cfg.OnEvent = a.events.Service
	cfg.Services = append(cfg.Services, vigil.Child{Name: "events", Service: a.events})
	return nil
}

// keptBars is how many bars of a symbol are remembered.
const keptBars = 500

// recentBars is a source that remembers the newest bars that it gave.
type recentBars struct {
	signal.Source

	mu       sync.Mutex // guards bySymbol
	bySymbol map[string][]signal.Bar
}

// Bars implements signal.Source.
func (s *recentBars) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	batch, err := s.Source.Bars(ctx, symbol, after, limit)
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.bySymbol[symbol]
	for _, b := range batch.Bars {
		if len(kept) == 0 || b.Time.After(kept[len(kept)-1].Time) {
			kept = append(kept, b)
		}
	}
	s.bySymbol[symbol] = slices.Clone(kept[max(0, len(kept)-keptBars):])
	return batch, err
}

// of returns those of a symbol, oldest first.
func (s *recentBars) of(symbol string) ([]signal.Bar, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, ok := s.bySymbol[symbol]
	return slices.Clone(kept), ok
}
