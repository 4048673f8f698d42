package trading

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// Exit decides, while a position is held, whether its guard is to move and whether some of it is to be closed. An Engine
// asks each of its Exits whenever it has a new price, and journals what comes of it before it acts: an amended ticket, or a
// close. That is all their memory. A stop that trails the price is the higher of the one that stands and the one that the
// price of now gives, and so goes on through whatever crash.
//
// It is asked synchronously and often, must not block, keeps nothing between two questions, and for the same Held must give
// the same answer. One that panics changes nothing: the position keeps the guard that it has.
type Exit interface {
	// Name is what the journal and the log call it, such as "trailing".
	Name() string
	// Adjust says what is to change; the zero Adjustment says that nothing is.
	Adjust(h Held) Adjustment
}

// Held is a position as an Exit sees it.
type Held struct {
	Instrument Instrument
	// Quantity is signed, and as much of the position as the target asks for: what a person has bought besides is left out.
	Quantity decimal.Decimal
	Most     decimal.Decimal // the most that was held since it was opened, above zero
	Paid     decimal.Decimal // the average price of what is held
	Opened   time.Time       // when the first of it was filled
	Ticket   Ticket          // its guard, as it stands
	Price    decimal.Decimal // what the instrument is worth now; zero where nobody knows
	Bars     []signal.Bar    // the newest that are over, oldest first, and not to be changed; none where nobody gives any
	Now      time.Time
}

// Side is the side of the order that opened the position.
func (h Held) Side() Side {
	if h.Quantity.IsNegative() {
		return Sell
	}
	return Buy
}

// Adjustment is what an Exit wants. What is zero stays as it is.
//
// A stop-loss that is farther away than the one that stands is ignored: an Exit never loosens it. A price is rounded to the
// tick that is farther from the last price. One that the last price has passed closes the position, as it would have had it
// stood there in time; where nobody knows the last price it is ignored.
type Adjustment struct {
	StopLoss   decimal.Decimal
	TakeProfit decimal.Decimal
	// Rungs are where parts of the profit are taken. Where the venue lets orders rest beside each other they become limit
	// orders in front of the TakeProfit; elsewhere what is beyond a rung is closed at market once the price has reached it.
	// Those that stood before and are not among them are gone; none at all leaves them as they are.
	Rungs  []Rung
	Close  decimal.Decimal // how much of what is held is to be closed at market; all of it where it is no less
	Reason string          // for the journal and the log, such as "2 percent below 110"
}
