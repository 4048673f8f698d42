package book_test

import (
	"fmt"
	"testing"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// One event of a Book: of an order's life of four.
func BenchmarkBookApply(b *testing.B) {
	b.ReportAllocs()
	bk := book.New(d("10000"))
	var events []journal.Event
	for i := range 4 * 1000 {
		id := fmt.Sprint("o", i/4)
		events = append(events, [...]journal.Event{
			intent(id), journal.Submitting{ClientID: id}, journal.Acknowledged{ClientID: id}, fillOf(id, id+"-1", "10"),
		}[i%4])
	}
	n := 0
	for b.Loop() {
		if n == len(events) {
			b.StopTimer()
			bk, n = book.New(d("10000")), 0
			b.StartTimer()
		}
		if err := bk.Apply(noon, events[n]); err != nil {
			b.Fatal(err)
		}
		n++
	}
}
