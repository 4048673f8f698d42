package engine

import (
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
)

// lastWord reports whether an order that opens is not tried again, although it ended without being filled: it was to be
// executed at once or not at all, or somebody canceled it while it rested.
func lastWord(o book.OrderState, reenter bool) bool {
	if o.TimeInForce == trading.IOC || o.TimeInForce == trading.FOK {
		return o.Sends > 0
	}
	return !reenter && o.Acknowledged && !o.CancelAsked && o.Rests()
}
