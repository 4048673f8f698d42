package sqlite_test

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
)

// BenchmarkJournalLife journals the lives of orders, an event per call, into a journal that holds those of ten thousand
// others: their client IDs lie all over an index, as those of real orders do.
func BenchmarkJournalLife(b *testing.B) {
	j := openNew(b).Journal()
	at := time.Unix(1_800_000_000, 0)
	life := func(n int) []journal.Event {
		return storetest.Life(fmt.Sprintf("v-%.12x", sha256.Sum256(fmt.Append(nil, n))), at)
	}
	for n := range 500 {
		var events []journal.Event
		for i := range 20 {
			events = append(events, life(-1-n*20-i)...)
		}
		if err := j.Append(b.Context(), at, events...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		for _, e := range life(n) {
			if err := j.Append(b.Context(), at, e); err != nil {
				b.Fatal(err)
			}
		}
	}
}
