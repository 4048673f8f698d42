package trading

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Unfilled says what becomes of an entry that rests and is not filled: it waits, is placed again at a better price for the
// other side, a number of times, and what is left in the end is bought or sold at market, or dropped. All of it is part of
// the Ticket, which is in the journal: a restart goes on where it was. Nothing is opened once the signal has expired.
type Unfilled struct {
	After   time.Duration `json:"after,omitempty"`   // how long each order may rest; 0 means until its signal expires
	Reprice int           `json:"reprice,omitempty"` // how often it is placed again, as far from the price of then as the first
	Cross   bool          `json:"cross,omitempty"`   // what is left then is traded at market; otherwise it is dropped
	// Price is what the instrument was worth when the Ticket's prices were set; Reprice needs it.
	Price decimal.Decimal `json:"price,omitzero"`
	// Since is from when After counts for an order that stays where it is, as placing it again would not move it; zero for
	// from when it was made.
	Since time.Time `json:"since,omitzero"`
}

// validate says what of it cannot be.
func (u Unfilled) validate() error {
	switch {
	case u.After < 0:
		return fmt.Errorf("Unfilled.After %s is negative", u.After)
	case u.Reprice < 0:
		return fmt.Errorf("Unfilled.Reprice %d is negative", u.Reprice)
	case u.After == 0 && (u.Reprice > 0 || u.Cross):
		return fmt.Errorf("Unfilled.After is not set: it would never be placed again")
	case u.Reprice > 0 && !u.Price.IsPositive():
		return fmt.Errorf("Unfilled.Price %s is not above zero: nobody knows how far to stay from the price", u.Price)
	}
	return nil
}

// Again is the Ticket with its prices as far from price as they were from Unfilled.Price, and one placing less to go. What
// guards a position that is there already stays.
func (t Ticket) Again(price, tick decimal.Decimal, held bool) Ticket {
	move := func(from decimal.Decimal) decimal.Decimal {
		return from.Mul(price).Div(t.Unfilled.Price).DivRound(tick, 0).Mul(tick)
	}
	t.LimitPrice, t.StopPrice = move(t.LimitPrice), move(t.StopPrice)
	if !held {
		t.TakeProfit, t.StopLoss = move(t.TakeProfit), move(t.StopLoss)
	}
	t.Unfilled.Reprice--
	t.Unfilled.Price = price
	return t
}

// Crossed is the Ticket as a market order. Its bracket is as far from price as it was from the entry, unless it guards a
// position that is there already.
func (t Ticket) Crossed(price, tick decimal.Decimal, held bool) Ticket {
	entry := t.LimitPrice
	if !entry.IsPositive() {
		entry = t.StopPrice
	}
	t.Unfilled = Unfilled{Price: entry}
	if entry.IsPositive() {
		t = t.Again(price, tick, held)
	}
	return Ticket{TakeProfit: t.TakeProfit, StopLoss: t.StopLoss, FromFill: t.FromFill}
}
