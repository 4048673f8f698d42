package signaltest

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
)

// pruner returns the store as a Pruner, or skips the case.
func pruner(t testing.TB, store signal.Store) signal.Pruner {
	t.Helper()
	p, ok := store.(signal.Pruner)
	if !ok {
		t.Skip("the store is no signal.Pruner")
	}
	return p
}

func prune(t testing.TB, p signal.Pruner, r signal.Retention, want int) {
	t.Helper()
	removed, err := p.Prune(t.Context(), r)
	if err != nil || removed != want {
		t.Errorf("Prune of %+v: %d removed, error %v, want %d", r, removed, err, want)
	}
}

// ofOnePair returns a row of signals of one stream, six minutes apart.
func ofOnePair(count int) []signal.Signal {
	var row []signal.Signal
	for n := range count {
		row = append(row, exampleSignal(6*n))
	}
	return row
}

func prunes(t testing.TB, open func() signal.Store) {
	all := ofOnePair(20)
	for name, c := range map[string]struct {
		retention signal.Retention
		left      []signal.Signal
	}{
		"by age":                     {signal.Retention{Before: all[5].CreatedAt, Passed: 1 << 40}, all[5:]},
		"by count":                   {signal.Retention{Count: 3, Passed: 1 << 40}, all[17:]},
		"by age or count":            {signal.Retention{Before: all[18].CreatedAt, Count: 5, Passed: 1 << 40}, all[18:]},
		"what a cursor has passed":   {signal.Retention{Count: 1, Passed: 7}, all[7:]},
		"no age is not every age":    {signal.Retention{Passed: 1 << 40}, all},
		"nothing that nobody passed": {signal.Retention{Before: all[19].CreatedAt, Count: 1}, all},
		"a count that is not met":    {signal.Retention{Count: 20, Passed: 1 << 40}, all},
	} {
		store := open()
		p := pruner(t, store)
		appendAll(t, store, all...)
		prune(t, p, c.retention, len(all)-len(c.left))
		left, err := store.After(t.Context(), 0, 100)
		if err != nil {
			t.Fatalf("%s: After: %v", name, err)
		}
		wantSignals(t, "After a prune, "+name, left, c.left)
		latest, err := store.Latest(t.Context(), signal.Query{})
		if err != nil {
			t.Fatalf("%s: Latest: %v", name, err)
		}
		slices.Reverse(latest)
		wantSignals(t, "Latest after a prune, "+name, latest, c.left)
		more := exampleSignal(6 * 20)
		appendAll(t, store, more)
		newest, err := store.After(t.Context(), int64(len(all)), 100)
		if err != nil {
			t.Fatalf("%s: After the newest: %v", name, err)
		}
		// Its Seq is not one that was given out before.
		wantSignals(t, "a signal appended after a prune", newest, []signal.Signal{more})
	}
}

func housekept(t testing.TB, open func() signal.Store) {
	store := open()
	var identity string
	if named, ok := store.(signal.Identified); ok {
		var err error
		if identity, err = named.Identity(t.Context()); err != nil {
			t.Fatalf("Identity: %v", err)
		}
	}
	all := ofOnePair(20)
	now := all[15].CreatedAt.Add(time.Hour)
	passed := int64(12)
	h, err := generator.NewHousekeeper(generator.HousekeeperConfig{
		Store: pruner(t, store), MaxAge: time.Hour, Logger: slog.New(slog.DiscardHandler),
		Passed: func(context.Context) (string, int64, error) { return identity, passed, nil },
	})
	if err != nil {
		t.Fatalf("NewHousekeeper: %v", err)
	}
	appendAll(t, store, all...)
	for _, want := range []int{12, 15} {
		if _, err := h.Prune(t.Context(), now); err != nil {
			t.Fatalf("Prune: %v", err)
		}
		left, err := store.After(t.Context(), 0, 100)
		if err != nil {
			t.Fatalf("After: %v", err)
		}
		wantSignals(t, "what a Housekeeper leaves", left, all[want:])
		passed = 20
	}
}

func pruneLeavesNewest(t testing.TB, open func() signal.Store) {
	store := open()
	p := pruner(t, store)
	quiet := exampleSignal(0) // the newest of its stream, although it is the oldest of all
	others := exampleSignals(2, 4)
	for i, change := range []func(*signal.Signal){
		func(s *signal.Signal) { s.Params = "fast=9,slow=21" },
		func(s *signal.Signal) { s.Interval = time.Hour },
	} {
		s := &others[i]
		s.Strategy, s.Symbol = quiet.Strategy, quiet.Symbol
		change(s)
		s.ID = s.Stream().ID(s.BarTime)
	}
	busy := exampleSignals(1, 2)
	for n := range 10 {
		busy = append(busy, exampleSignal(7+6*n))
	}
	appendAll(t, store, quiet)
	appendAll(t, store, others...)
	appendAll(t, store, exampleSignal(6)) // its stream is quiet's, and it is the newer one
	appendAll(t, store, busy...)
	prune(t, p, signal.Retention{Before: time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC), Count: 1, Passed: 1 << 40}, len(busy))
	left, err := store.After(t.Context(), 0, 100)
	if err != nil {
		t.Fatalf("After: %v", err)
	}
	wantSignals(t, "the newest of each stream", left, append(others, exampleSignal(6), busy[len(busy)-1]))
	prune(t, p, signal.Retention{Count: 1, Passed: 1 << 40}, 0)
}

func prunesNothing(t testing.TB, open func() signal.Store) {
	store := open()
	p := pruner(t, store)
	prune(t, p, signal.Retention{Count: 1, Passed: 1 << 40}, 0)
	appendAll(t, store, ofOnePair(4)...)
	prune(t, p, signal.Retention{}, 0)
	if _, err := p.Prune(t.Context(), signal.Retention{Count: -1, Passed: 1 << 40}); err == nil {
		t.Error("Prune with a negative Count: no error")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Prune(ended, signal.Retention{Count: 1, Passed: 1 << 40}); err == nil {
		t.Error("Prune with a context that has ended: no error")
	}
	wantSignals(t, "prunes of nothing", readAll(t, store), ofOnePair(4))
}

// followerUnderPrune reads page by page while a writer appends and a housekeeper prunes up to the follower's cursor.
func followerUnderPrune(t testing.TB, open func() signal.Store) {
	const total = 300
	store := open()
	p := pruner(t, store)
	written, done := make(chan error, 1), make(chan struct{})
	defer func() { <-done }()
	go func() {
		defer close(done)
		for n := range total {
			if err := store.Append(t.Context(), exampleSignal(6*n)); err != nil {
				written <- err
				return
			}
		}
		written <- nil
	}()
	var got []signal.Signal
	cursor := int64(0)
	for ended := false; ; {
		page := readPage(t, store, cursor, 7)
		if len(page) > 0 {
			got = append(got, page...)
			cursor = page[len(page)-1].Seq
			if _, err := p.Prune(t.Context(), signal.Retention{Count: 1, Passed: cursor}); err != nil {
				t.Fatalf("Prune up to %d: %v", cursor, err)
			}
			continue
		}
		if ended {
			break
		}
		if err := <-written; err != nil {
			t.Fatalf("Append: %v", err)
		}
		ended = true
	}
	wantSignals(t, "what a follower read under prunes", got, ofOnePair(total))
}
