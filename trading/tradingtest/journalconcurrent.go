package tradingtest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// How much the concurrent cases do: enough to collide, little enough for a disk that syncs each time.
const (
	journalWriters = 6
	callsPerWriter = 20
	eventsPerCall  = 4
)

// journalFromMany lets several goroutines append, some events in each call.
func journalFromMany(t testing.TB, j journal.Journal) {
	var running sync.WaitGroup
	for w := range journalWriters {
		running.Go(func() {
			for call := range callsPerWriter {
				events := submittings(fmt.Sprintf("w%d", w), call*eventsPerCall, (call+1)*eventsPerCall)
				if err := j.Append(t.Context(), journalTime, events...); err != nil {
					t.Errorf("Append: %v", err)
					return
				}
			}
		})
	}
	running.Wait()
}

func concurrentJournal(t testing.TB, j journal.Journal) {
	journalFromMany(t, j)
	wantWholeCalls(t, readJournal(t, j))
}

func journalReader(t testing.TB, j journal.Journal) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		journalFromMany(t, j)
	}()
	var got []journal.Entry
	for cursor, last := int64(0), false; ; {
		select {
		case <-done:
			last = true // What is there now is all there will be.
		default:
		}
		page, err := j.Read(t.Context(), cursor, 10_000)
		if err != nil {
			<-done
			t.Fatalf("Read after %d: %v", cursor, err)
		}
		if len(page)%eventsPerCall != 0 {
			t.Errorf("a reader sees %d entries of calls with %d each", len(page), eventsPerCall)
		}
		if len(page) == 0 && last {
			break
		}
		if len(page) > 0 {
			got, cursor = append(got, page...), page[len(page)-1].Seq
		}
	}
	wantWholeCalls(t, got)
}

// wantWholeCalls checks what journalFromMany leaves behind: every call's events side by side, every writer's calls in
// its order.
func wantWholeCalls(t testing.TB, got []journal.Entry) {
	t.Helper()
	if want := journalWriters * callsPerWriter * eventsPerCall; len(got) != want {
		t.Fatalf("%d entries, want %d", len(got), want)
	}
	next := make(map[string]int)
	for i := 0; i < len(got); i += eventsPerCall {
		first, ok := got[i].Event.(journal.Submitting)
		if !ok {
			t.Fatalf("entry %d is a %T, want a Submitting", i, got[i].Event)
		}
		writer, _, _ := strings.Cut(first.ClientID, "-")
		wantEvents(t, got[i:i+eventsPerCall], submittings(writer, next[writer], next[writer]+eventsPerCall))
		next[writer] += eventsPerCall
	}
}
