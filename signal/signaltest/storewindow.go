package signaltest

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// wokenFind appends beside one who waits. Whoever is woken finds what it was woken for.
func wokenFind(t testing.TB, open func() signal.Store) {
	const total = 50
	store := open()
	notifier, ok := store.(signal.Notifier)
	if !ok {
		t.Skip("the store does not notify")
	}
	for n := range total {
		wake, done := notifier.Appended(), make(chan error, 1)
		go func() { done <- store.Append(t.Context(), exampleSignal(n)) }()
		for !closed(wake) && len(done) == 0 {
			runtime.Gosched()
		}
		woken := closed(wake)
		found := readPage(t, store, int64(n), 10)
		if err := <-done; err != nil {
			t.Fatalf("Append: %v", err)
		}
		if woken && len(found) == 0 {
			t.Fatalf("who was woken found nothing after Seq %d", n)
		}
	}
}

// conflictWakes appends something new beside a conflict.
func conflictWakes(t testing.TB, open func() signal.Store) {
	store := open()
	notifier, ok := store.(signal.Notifier)
	if !ok {
		t.Skip("the store does not notify")
	}
	first, wake := exampleSignal(0), notifier.Appended()
	appendAll(t, store, first)
	if !closed(wake) {
		t.Error("Appended is still open after an Append of a new signal")
	}
	wake = notifier.Appended()
	first.Price++
	if err := store.Append(t.Context(), first); !errors.Is(err, signal.ErrConflict) || closed(wake) {
		t.Errorf("Append of nothing but a conflict: error %v, and who waits is woken: %t", err, closed(wake))
	}
	if err := store.Append(t.Context(), first, exampleSignal(1)); !errors.Is(err, signal.ErrConflict) || !closed(wake) {
		t.Errorf("Append of a new signal beside a conflict: error %v, and who waits is woken: %t", err, closed(wake))
	}
}

// windowIsWhole holds what a store calls whole against what it was told to forget.
func windowIsWhole(t testing.TB, open func() signal.Store) {
	store := open()
	window, ok := store.(signal.Window)
	if !ok {
		t.Skip("the store is no signal.Window")
	}
	wantWhole(t, window, "a new store", 0)
	all := ofOnePair(20)
	appendAll(t, store, all...)
	wantWhole(t, window, "a store that forgot nothing", 0)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := window.Whole(ended); err == nil {
		t.Error("Whole with a context that has ended: no error")
	}
	pruner, ok := store.(signal.Pruner)
	if !ok {
		return
	}
	for _, passed := range []int64{7, 12, 20} {
		prune(t, pruner, signal.Retention{Count: 1, Passed: passed}, int(passed-wholeOf(t, window))-int(passed/20))
		wantWhole(t, window, "a store that forgot", passed-passed/20) // the newest of all stays
	}
}

func wholeOf(t testing.TB, window signal.Window) int64 {
	t.Helper()
	seq, err := window.Whole(t.Context())
	if err != nil {
		t.Fatalf("Whole: %v", err)
	}
	return seq
}

func wantWhole(t testing.TB, window signal.Window, what string, want int64) {
	t.Helper()
	if got := wholeOf(t, window); got != want {
		t.Errorf("Whole says %d of %s, want %d: beyond it nothing is missing, and no more was forgotten", got, what, want)
	}
}
