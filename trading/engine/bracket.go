package engine

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
)

// legs are what a bracket consists of, the one that limits the loss first.
var legs = []trading.Leg{trading.StopLoss, trading.TakeProfit}

// guard returns the next leg that a target's bracket lacks, with its mate where both are to be taken as one, or nil. One that
// is being canceled, or of unknown fate, is not lacking yet.
func (d decider) guard(t book.Target, in inputs) ([]trading.Order, error) {
	x := d.book.Exposure(t.Symbol)
	held := x.Held
	want := t.Guarded(held)
	if !d.auto && !t.Approved || want.IsZero() || in.instrument.Symbol == "" {
		return nil, nil
	}
	for _, leg := range legs {
		if leg == trading.TakeProfit && watchesProfit(d.traits, t.Ticket) {
			continue
		}
		taken := x.Leg(leg)
		if d.traits.Reserves { // by whichever leg
			taken = decimal.Max(x.StopLoss, x.TakeProfit)
		}
		price, missing := d.missing(t, leg, want.Sub(taken), in.instrument)
		if !missing.IsPositive() || d.tooEarly(t, leg, in.now) {
			continue
		}
		o, err := d.leg(t, leg, d.legID(t, leg, t.Legs+1), price, missing, in)
		if err != nil {
			return nil, err
		}
		return d.withMate(o, t, in), nil
	}
	return nil, nil
}

// leg makes an order for a leg.
func (d decider) leg(
	t book.Target, leg trading.Leg, clientID string, price, quantity decimal.Decimal, in inputs,
) (trading.Order, error) {
	o := trading.Order{
		ClientID: clientID, Symbol: t.Symbol, Side: -t.Side(), Quantity: quantity, Leg: leg,
		SignalID: t.SignalID, CreatedAt: in.now.UTC(), Config: d.config,
	}
	if leg == trading.TakeProfit {
		o.Type, o.LimitPrice = trading.Limit, price
	} else {
		o.Type, o.StopPrice = trading.Stop, price
	}
	held := d.book.Position(t.Symbol).Quantity
	approved, err := d.risk.Approve(o, trading.View{Instrument: in.instrument, Held: held, Price: price})
	if err != nil {
		return o, fmt.Errorf("%s of %s: %w", leg, t.Symbol, err)
	}
	return approved.Order(), nil
}

// missing is the next order that a leg lacks. Where what is to go has to go first, there is no more room than is free. Rungs
// wait for it at any venue: two orders for a part might both fill, and to take a profit later is no harm.
func (d decider) missing(
	t book.Target, leg trading.Leg, free decimal.Decimal, i trading.Instrument,
) (price, quantity decimal.Decimal) {
	if len(t.Ticket.RungsOf(leg)) > 0 && !d.book.Exposure(t.Symbol).Leg(leg).Equal(d.book.Legs(t.Symbol, leg).Wanted) {
		return decimal.Zero, decimal.Zero
	}
	for price, q := range d.book.Missing(t.Symbol, leg) {
		if d.gap {
			q = decimal.Min(q, free)
		}
		if q.IsPositive() && !legIsDust(d.book, t, leg, price, q, i) {
			return price, q
		}
	}
	return decimal.Zero, decimal.Zero
}

// legID derives the client ID of a target's n-th leg.
func (d decider) legID(t book.Target, leg trading.Leg, n int) string {
	return clientID(d.journal, t.SignalID, fmt.Sprintf("%s %d", leg, n))
}

// tooEarly reports whether the last order of a leg ended against our will so short a time ago that the next one has to
// wait: what the Broker refused a moment ago it will refuse again. It is never given up, as the position is there.
func (d decider) tooEarly(t book.Target, leg trading.Leg, now time.Time) bool {
	last, ok := lastLeg(d.book, t, leg)
	if mate, hasMate := d.book.Mate(last); hasMate && mate.Sends > 0 {
		return false // What the Broker made of both says nothing of the one that comes now.
	}
	return ok && failed(last) && paused(last.UpdatedAt, retryAfter<<min(t.Legs, 4), now)
}

// failed reports whether a leg ended against our will.
func failed(o book.OrderState) bool {
	canceled := o.Status == trading.StatusCanceled && !o.CancelAsked && o.Sends > 0
	return o.Status == trading.StatusRejected || canceled
}

// legIsDust reports whether so much is too little for a leg at a price.
func legIsDust(b *book.Book, t book.Target, leg trading.Leg, price, quantity decimal.Decimal, i trading.Instrument) bool {
	last, ok := lastLeg(b, t, leg)
	refused := ok && last.Status == trading.StatusRejected && !last.Quantity.LessThan(quantity)
	return (smallest{i}).holds(quantity, price, refused)
}

// lastLeg is the latest order that was made for a leg of a target's bracket.
func lastLeg(b *book.Book, t book.Target, leg trading.Leg) (book.OrderState, bool) {
	return b.Order(t.LastLeg(leg))
}
