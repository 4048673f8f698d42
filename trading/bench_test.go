package trading_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// One event of a Book: of an order's life of four.
func BenchmarkBookApply(b *testing.B) {
	b.ReportAllocs()
	book := trading.NewBook(d("10000"))
	var events []trading.Event
	for i := range 4 * 1000 {
		id := fmt.Sprint("o", i/4)
		events = append(events, [...]trading.Event{
			intent(id), trading.Submitting{ClientID: id}, trading.Acknowledged{ClientID: id}, fillOf(id, id+"-1", "10"),
		}[i%4])
	}
	n := 0
	for b.Loop() {
		if n == len(events) {
			b.StopTimer()
			book, n = trading.NewBook(d("10000")), 0
			b.StartTimer()
		}
		if err := book.Apply(noon, events[n]); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

// A round with nothing to do, as at most bars of a replay.
func BenchmarkStepIdle(b *testing.B) {
	b.ReportAllocs()
	r := newRig(b, refuses)
	r.signals.put(says(btc, signal.Long, r.now()), says(eth, signal.Long, r.now()))
	r.mustStep()
	r.clock.Add(time.Hour)
	for b.Loop() {
		require.NoError(b, r.step())
	}
}
