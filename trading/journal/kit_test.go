package journal_test

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

const btc = "BTC/USDT"

var noon = time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC)

func d(text string) decimal.Decimal { return decimal.RequireFromString(text) }

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
