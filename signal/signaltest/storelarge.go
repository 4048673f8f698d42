package signaltest

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// many is more than a database takes values for in one statement, and than a page has.
const many = 3000

func manyAreWhole(t testing.TB, open func() signal.Store) {
	store := open()
	all := exampleSignals(0, many)
	appendAll(t, store, all...)
	wantSignals(t, "a call of 3000 signals", readAll(t, store), all)
	latest, err := store.Latest(t.Context(), signal.Query{Limit: many})
	if err != nil {
		t.Fatalf("Latest of %d: %v", many, err)
	}
	slices.Reverse(latest)
	wantSignals(t, "Latest of 3000", latest, all)
	appendAll(t, store, all[:10]...)
	wantSignals(t, "a call of 3000 signals, ten of them again", readAll(t, store), all)
}

// withParts are signals of which each has two Parts of its own.
func withParts(to int) []signal.Signal {
	all := exampleSignals(0, to)
	for i := range all {
		all[i].Parts = []signal.Part{{Strategy: "b", Weight: float64(i)}, {Strategy: "a", Weight: 2}}
	}
	return all
}

// eachToHisOwn lets the caller use what it gave, and the reader what it got.
func eachToHisOwn(t testing.TB, open func() signal.Store) {
	store := open()
	given, want := withParts(5), withParts(5)
	if err := store.Append(t.Context(), given...); err != nil {
		t.Fatalf("Append: %v", err)
	}
	for i, s := range given {
		if wrong := whatDiffers(s, want[i]); wrong != "" || s.Seq != 0 {
			t.Errorf("Append changed the caller's signal %d: Seq %d, %s", i, s.Seq, wrong)
		}
	}
	for _, s := range given {
		clear(s.Parts)
	}
	clear(given)
	wantSignals(t, "after the caller used its slice again", readAll(t, store), want)
	for range 2 {
		after, err := store.After(t.Context(), 0, many)
		if err != nil {
			t.Fatalf("After: %v", err)
		}
		latest, err := store.Latest(t.Context(), signal.Query{})
		if err != nil {
			t.Fatalf("Latest: %v", err)
		}
		wantSignals(t, "After, after a reader used its answer", after, want)
		slices.Reverse(latest)
		wantSignals(t, "Latest, after a reader used its answer", latest, want)
		clear(after)
		clear(latest)
	}
}

// callsAreSeenWhole reads while calls of five signals each are appended.
func callsAreSeenWhole(t testing.TB, open func() signal.Store) {
	const calls, size = 60, 5
	store := open()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := range calls {
			if err := store.Append(t.Context(), exampleSignals(n*size, (n+1)*size)...); err != nil {
				t.Errorf("Append: %v", err)
				return
			}
		}
	}()
	defer func() { <-done }()
	for !closed(done) {
		all, err := store.After(t.Context(), 0, calls*size)
		if err != nil {
			t.Fatalf("After: %v", err)
		}
		runtime.Gosched()
		if len(all)%size != 0 {
			t.Fatalf("a reader saw half a call: %d signals, of calls of %d", len(all), size)
		}
	}
}

// oneOfManyIsStored lets several say different things under one ID at once, again and again.
func oneOfManyIsStored(t testing.TB, open func() signal.Store) {
	const rounds, sayers = 25, 4
	store := open()
	for n := range rounds {
		var saying sync.WaitGroup
		errs := make([]error, sayers)
		for i := range sayers {
			saying.Go(func() {
				s := exampleSignal(n)
				s.Price = float64(i)
				errs[i] = store.Append(t.Context(), s)
			})
		}
		saying.Wait()
		all := readAll(t, store)
		if len(all) != n+1 {
			t.Fatalf("%d signals under %d IDs", len(all), n+1)
		}
		stored := int(all[n].Price)
		for i, err := range errs {
			if (i == stored && err != nil) || (i != stored && !errors.Is(err, signal.ErrConflict)) {
				t.Fatalf("%d say different things under one ID, and that of %d is stored: to %d Append says %v", sayers,
					stored, i, err)
			}
		}
	}
}
