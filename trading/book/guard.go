package book

import (
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/shopspring/decimal"
)

// Guarded is how much of the position a bracket of the target guards: what is held on the target's side, and no more
// than the target.
func (t Target) Guarded(held decimal.Decimal) decimal.Decimal {
	if t.Quantity.Sign()*held.Sign() <= 0 {
		return decimal.Zero
	}
	return decimal.Min(t.Quantity.Abs(), held.Abs())
}

// Side is the side of orders that lead to a target from nothing.
func (t Target) Side() trading.Side {
	if t.Quantity.IsNegative() {
		return trading.Sell
	}
	return trading.Buy
}

// Unwanted says why an order that rests, or is about to, is not to: its target does not ask for it any more, in this
// shape or in this size, or nothing may be opened. "" says that it is wanted.
func (b *Book) Unwanted(o OrderState, now time.Time, opening error) string {
	t, held := b.standing(o.Symbol)
	if o.Leg != "" {
		switch {
		case !o.priced(t):
			return "the bracket is another one now"
		case o.Side == t.Side(), b.tooMuch(o, t, t.Guarded(held)):
			return "what it guards is less now"
		}
		return ""
	}
	left := t.Side().Signed(t.Quantity.Sub(held))
	switch {
	case o.Side != t.Side(), o.Remaining().GreaterThan(left):
		return "its target is another one now"
	case !t.Ticket.Shapes(o.Order):
		return "its price is another one now"
	case now.After(t.ValidUntil):
		return "its signal has expired"
	case opening != nil:
		return opening.Error()
	}
	return ""
}

// standing is the target of an instrument, and what is held of it.
func (b *Book) standing(symbol string) (t Target, held decimal.Decimal) {
	t, _ = b.Target(symbol)
	return t, b.Position(symbol).Quantity
}

// Bracketed returns the targets that have a bracket, by symbol.
func (b *Book) Bracketed() []Target {
	for _, t := range b.targets {
		if t.Ticket.Bracketed() { // Most books have none, and copy nothing.
			return slices.DeleteFunc(b.Targets(), func(t Target) bool { return !t.Ticket.Bracketed() })
		}
	}
	return nil
}
