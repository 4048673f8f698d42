package engine_test

import (
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func intent(id string) journal.IntentMade {
	return journal.IntentMade{Order: trading.Order{
		ClientID: id, Symbol: btc, Side: trading.Buy, Type: trading.Market, Quantity: d("10"), SignalID: "s", CreatedAt: noon,
	}}
}

func fillOf(order, id, quantity string) journal.Filled {
	return journal.Filled{Fill: trading.Fill{
		ID: id, ClientID: order, Symbol: btc, Side: trading.Buy, Price: d("100"), Quantity: d(quantity), Time: noon,
	}}
}

func bookOf(t require.TestingT, events ...journal.Event) *book.Book {
	b := book.New(d("10000"))
	for _, e := range events {
		require.NoError(t, b.Apply(noon, e))
	}
	return b
}
