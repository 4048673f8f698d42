package book_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func TestMatesAreFoundFromEachOther(t *testing.T) {
	t.Parallel()
	for id, mate := range map[string]string{
		"v-0123456789abcdef01234560": "v-0123456789abcdef01234561",
		"v-0123456789abcdef01234569": "v-0123456789abcdef01234568",
		"v-0123456789abcdef0123456a": "v-0123456789abcdef0123456b",
		"v-0123456789abcdef0123456f": "v-0123456789abcdef0123456e",
		"v-0123456789abcdef0123456z": "",
		"v-1":                        "",
		"":                           "",
	} {
		require.Equal(t, mate, book.MateID(id), id)
		if mate != "" {
			require.Equal(t, id, book.MateID(mate))
		}
	}
}

// What one of a pair has filled the other does not: it counts for so much less, and still guards all that is left.
func TestMateCountsForWhatIsLeft(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC)
	stop := trading.Order{
		ClientID: "v-0123456789abcdef01234560", Symbol: "AAPL", Side: trading.Sell, Type: trading.Stop, StopPrice: d("95"),
		Quantity: d("10"), ReduceOnly: true, Leg: trading.StopLoss, SignalID: "s1", CreatedAt: at,
	}
	profit := trading.Order{
		ClientID: book.MateID(stop.ClientID), Symbol: "AAPL", Side: trading.Sell, Type: trading.Limit, LimitPrice: d("110"),
		Quantity: d("10"), ReduceOnly: true, Leg: trading.TakeProfit, SignalID: "s1", CreatedAt: at,
	}
	entry := trading.Order{ClientID: "v-1", Symbol: "AAPL", Side: trading.Buy, Quantity: d("20"), SignalID: "s1", CreatedAt: at}
	b := book.New(d("10000"))
	happens := func(events ...journal.Event) {
		for _, e := range events {
			require.NoError(t, b.Check(e))
			require.NoError(t, b.Apply(at, e))
		}
	}
	fills := func(id string, o trading.Order, quantity, price string) journal.Event {
		return journal.Filled{Fill: trading.Fill{
			ID: id, ClientID: o.ClientID, Symbol: o.Symbol, Side: o.Side, Quantity: d(quantity), Price: d(price), Time: at,
		}}
	}
	happens(
		journal.SignalSeen{
			Store: "shelf", Seq: 1, SignalID: "s1", Strategy: "a", Symbol: "AAPL", Direction: signal.Long, BarTime: at, Outcome: journal.OutcomeActed,
			Target: d("20"), Ticket: trading.Ticket{TakeProfit: d("110"), StopLoss: d("95")},
		},
		journal.IntentMade{Order: entry}, journal.Submitting{ClientID: entry.ClientID}, fills("f1", entry, "20", "100"),
		journal.IntentMade{Order: stop}, journal.IntentMade{Order: profit},
		journal.Submitting{ClientID: profit.ClientID}, journal.Submitting{ClientID: stop.ClientID},
	)
	require.False(t, b.ExposureBeside(stop).InDoubt, "its mate goes with it")
	require.True(t, b.Exposure("AAPL").InDoubt)
	happens(
		journal.Acknowledged{ClientID: profit.ClientID}, journal.Acknowledged{ClientID: stop.ClientID},
		fills("f2", profit, "4", "110"),
	)
	x := b.Exposure("AAPL")
	require.Equal(t, "6", x.StopLoss.String())
	require.Equal(t, "6", x.TakeProfit.String())
	for _, id := range []string{stop.ClientID, profit.ClientID} {
		o, _ := b.Order(id)
		require.Empty(t, b.Unwanted(o, at, nil), "%s is as large as what is left", o.Leg)
		sum := b.Legs("AAPL", o.Leg)
		require.Equal(t, "6", sum.Resting.String())
		require.Equal(t, "6", sum.Guarding.String())
		mate, paired := b.Mate(o)
		require.True(t, paired)
		require.Equal(t, book.MateID(id), mate.ClientID)
	}
	happens(fills("f3", profit, "6", "110"))
	left, _ := b.Order(stop.ClientID)
	require.NotEmpty(t, b.Unwanted(left, at, nil), "though so much is still held")
	require.True(t, b.Exposure("AAPL").StopLoss.IsZero())
	o, _ := b.Order(entry.ClientID)
	_, paired := b.Mate(o)
	require.False(t, paired)
}
