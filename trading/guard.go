package trading

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// legs are what a bracket consists of, the one that limits the loss first.
var legs = []Leg{StopLoss, TakeProfit}

// guarded is how much of the position a bracket of the target guards: what is held on the target's side, and no more
// than the target.
func guarded(t Target, held decimal.Decimal) decimal.Decimal {
	if t.Quantity.Sign()*held.Sign() <= 0 {
		return decimal.Zero
	}
	return decimal.Min(t.Quantity.Abs(), held.Abs())
}

// sideOf is the side of orders that lead to a target from nothing.
func sideOf(t Target) Side {
	if t.Quantity.IsNegative() {
		return Sell
	}
	return Buy
}

// unwanted says why an order that rests, or is about to, is not to: its target does not ask for it any more, in this
// shape or in this size, or nothing may be opened. "" says that it is wanted.
func (b *Book) unwanted(o OrderState, now time.Time, opening error) string {
	t, held := b.standing(o.Symbol)
	if o.Leg != "" {
		price := dearest(o.Order, decimal.Zero) // it has one
		switch {
		case !price.Equal(t.Ticket.leg(o.Leg)):
			return "the bracket is another one now"
		case o.Side == sideOf(t), b.legged(t, o.Leg, o.number).Add(o.Remaining()).GreaterThan(guarded(t, held)):
			return "what it guards is less now"
		}
		return ""
	}
	left := sideOf(t).Signed(t.Quantity.Sub(held))
	switch {
	case o.Side != sideOf(t), o.Remaining().GreaterThan(left):
		return "its target is another one now"
	case !t.Ticket.shapes(o.Order):
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

// legged is how much the pending orders of one leg add up to, of those that were made before the given number; orders
// whose cancel was asked for count, as they may fill yet.
func (b *Book) legged(t Target, leg Leg, before int) decimal.Decimal {
	sum := decimal.Zero
	for _, o := range b.PendingOf(t.Symbol) {
		if o.Leg == leg && (before == 0 || o.number < before) {
			sum = sum.Add(o.Remaining())
		}
	}
	return sum
}

// guard returns the next leg that a target's bracket lacks, or nil. One that is being cancelled, or of unknown fate, is
// not lacking yet.
func (d desk) guard(t Target, sit situation) (*Order, error) {
	held := d.book.Position(t.Symbol).Quantity
	want := guarded(t, held)
	if !d.auto && !t.Approved || want.IsZero() || sit.instrument.Symbol == "" {
		return nil, nil
	}
	for _, leg := range legs {
		price := t.Ticket.leg(leg)
		lacking := want.Sub(d.book.legged(t, leg, 0))
		if !price.IsPositive() || !lacking.IsPositive() || d.tooSoon(t, leg, sit.now) {
			continue
		}
		o := Order{
			ClientID: legID(t, leg, t.Legs+1), Symbol: t.Symbol, Side: -sideOf(t), Quantity: lacking, Leg: leg,
			SignalID: t.SignalID, CreatedAt: sit.now.UTC(), Config: d.config,
		}
		if leg == TakeProfit {
			o.Type, o.LimitPrice = Limit, price
		} else {
			o.Type, o.StopPrice = Stop, price
		}
		approved, err := d.risk.Approve(o, sit.instrument, held, price)
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", leg, t.Symbol, err)
		}
		o = approved.Order()
		return &o, nil
	}
	return nil, nil
}

// legID derives the client ID of a target's n-th leg.
func legID(t Target, leg Leg, n int) string {
	return clientID(t.SignalID, fmt.Sprintf("%s %d", leg, n))
}

// tooSoon tells whether the last order of a leg ended against our will so short a time ago that the next one has to
// wait: what the Broker refused a moment ago it will refuse again. It is never given up, as the position is there.
func (d desk) tooSoon(t Target, leg Leg, now time.Time) bool {
	for n := t.Legs; n > 0; n-- {
		last, ok := d.book.Order(legID(t, leg, n))
		if !ok {
			continue
		}
		failed := last.Status == StatusRejected || last.Status == StatusCancelled && !last.CancelAsked && last.Sends > 0
		return failed && pausing(last.UpdatedAt, retryAfter<<min(t.Legs, 4), now)
	}
	return false
}
