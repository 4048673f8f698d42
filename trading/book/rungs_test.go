package book_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// What a rung has closed brings the target down to what it keeps, and no further, though a close was asked for meanwhile.
func TestRungClosesOnlyWhatIsBeyondIt(t *testing.T) {
	t.Parallel()
	rungs := trading.Ticket{Rungs: &[]trading.Rung{{Price: d("105"), Keep: d("5")}, {Price: d("110"), Keep: d("2")}}}
	rung := func(id, price, quantity string) journal.IntentMade {
		return journal.IntentMade{Order: trading.Order{
			ClientID: id, Symbol: btc, Side: trading.Sell, Type: trading.Limit, LimitPrice: d(price), Quantity: d(quantity),
			ReduceOnly: true, Leg: trading.TakeProfit, SignalID: "s", CreatedAt: noon,
		}}
	}
	sold := func(id, quantity string) journal.Filled {
		return journal.Filled{Fill: trading.Fill{
			ID: "f " + id, ClientID: id, Symbol: btc, Side: trading.Sell, Price: d("105"), Quantity: d(quantity), Time: noon,
		}}
	}
	held := []journal.Event{
		acted("s", 1, "10"), intent("o1"), fillOf("o1", "f1", "10"), journal.Amended{Symbol: btc, Ticket: rungs, By: "exit"},
	}
	for name, c := range map[string]struct {
		then   []journal.Event
		target string
	}{
		"one that fills": {[]journal.Event{rung("r1", "105", "5"), sold("r1", "5")}, "5"},
		"a part of one":  {[]journal.Event{rung("r1", "105", "5"), sold("r1", "2")}, "8"},
		"both":           {[]journal.Event{rung("r1", "105", "5"), rung("r2", "110", "3"), sold("r1", "5"), sold("r2", "3")}, "2"},
		"beside a close that was asked for": {[]journal.Event{
			rung("r1", "105", "5"), journal.CloseAsked{ID: "c", Symbol: btc, Quantity: d("5"), By: "exit"}, sold("r1", "5"),
		}, "5"},
		"beside a close of all": {[]journal.Event{
			rung("r1", "105", "5"), journal.CloseAsked{ID: "c", Symbol: btc, Quantity: d("0"), By: "exit"}, sold("r1", "5"),
		}, "0"},
		"a take-profit that is none": {[]journal.Event{rung("r1", "120", "5"), sold("r1", "5")}, "5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bookOf(t, append(append([]journal.Event{}, held...), c.then...)...)
			target, _ := b.Target(btc)
			require.Equal(t, c.target, target.Quantity.String())
		})
	}
	b := bookOf(t, held...)
	other := bookOf(t, held[:3]...)
	require.NotEqual(t, other.Digest(), b.Digest())
	snapshot, err := b.Snapshot()
	require.NoError(t, err)
	restored, err := book.FromSnapshot(snapshot, d("10000"))
	require.NoError(t, err)
	require.Equal(t, b.Digest(), restored.Digest())
}
