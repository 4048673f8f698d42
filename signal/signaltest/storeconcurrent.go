package signaltest

import (
	"runtime"
	"sync"
	"testing"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// How much the concurrent cases do: enough to collide, little enough for a disk that syncs each time.
const (
	writers   = 8
	perWriter = 25
)

// appendFromMany lets several goroutines append: each its own signals, two at a time, and some that all of them have.
func appendFromMany(t testing.TB, store signal.Store) {
	var running sync.WaitGroup
	for w := range writers {
		running.Go(func() {
			for i := range perWriter {
				own, shared := exampleSignal(1000*(w+1)+i), exampleSignal(i)
				if err := store.Append(t.Context(), own, shared); err != nil {
					t.Errorf("Append: %v", err)
					return
				}
			}
		})
	}
	running.Wait()
}

func concurrentAppends(t testing.TB, open func() signal.Store) {
	store := open()
	appendFromMany(t, store)
	eachOnce(t, readAll(t, store))
}

func followerMissesNothing(t testing.TB, open func() signal.Store) {
	store := open()
	done := make(chan struct{})
	go func() {
		defer close(done)
		appendFromMany(t, store)
	}()
	defer func() { <-done }()
	var got []signal.Signal
	for cursor, last := int64(0), false; ; {
		select {
		case <-done:
			last = true // What is there now is all there will be.
		default:
		}
		page := readPage(t, store, cursor, 7)
		if len(page) == 0 && last {
			break
		}
		if len(page) == 0 {
			runtime.Gosched() // a store that takes several steps has no processor meanwhile, where there is but one
		}
		if len(page) > 0 {
			got, cursor = append(got, page...), page[len(page)-1].Seq
		}
	}
	eachOnce(t, got)
}

// eachOnce checks what appendFromMany leaves behind.
func eachOnce(t testing.TB, got []signal.Signal) {
	t.Helper()
	count := make(map[string]int)
	for i, s := range got {
		count[s.ID]++
		if i > 0 && s.Seq <= got[i-1].Seq {
			t.Errorf("Seq %d comes after Seq %d", s.Seq, got[i-1].Seq)
		}
	}
	for w := range writers + 1 {
		for i := range perWriter {
			if s := exampleSignal(1000*w + i); count[s.ID] != 1 {
				t.Errorf("signal %d is read %d times, want once", 1000*w+i, count[s.ID])
			}
		}
	}
	if want := (writers + 1) * perWriter; len(got) != want {
		t.Errorf("%d signals are read, want %d", len(got), want)
	}
}

func identity(t testing.TB, open func() signal.Store) {
	names := make(map[string]bool)
	for range 3 {
		store, ok := open().(signal.Identified)
		if !ok {
			t.Skip("the store has no identity")
		}
		first, err := store.Identity(t.Context())
		if err != nil || first == "" {
			t.Fatalf("Identity: %q, %v", first, err)
		}
		second, err := store.Identity(t.Context())
		if err != nil || second != first {
			t.Errorf("Identity is %q and then %q, %v", first, second, err)
		}
		names[first] = true
	}
	if len(names) != 3 {
		t.Errorf("three stores have %d identities", len(names))
	}
}

func appendedWakes(t testing.TB, open func() signal.Store) {
	store := open()
	notifier, ok := store.(signal.Notifier)
	if !ok {
		t.Skip("the store does not notify")
	}
	for n := range 3 {
		wake, other := notifier.Appended(), notifier.Appended()
		if closed(wake) {
			t.Fatal("Appended is closed before anything was appended")
		}
		appendAll(t, store)
		if n > 0 {
			appendAll(t, store, exampleSignal(n-1))
		}
		if closed(wake) {
			t.Error("Appended is closed by an Append that stored nothing")
		}
		appendAll(t, store, exampleSignal(n))
		if !closed(wake) || !closed(other) {
			t.Fatal("Appended is still open after an Append of a new signal")
		}
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
