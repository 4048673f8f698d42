package paper

import (
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// guard puts orders of ours beside what an order has just opened, as its Guard says: they rest from the fill on, within the
// bar as well. They give way to the legs that an Engine sends once it has heard of the fill: see yieldGuards.
func (w *walk) guard(entry *order, opened decimal.Decimal) {
	if entry.Guard.IsZero() || !opened.IsPositive() {
		return
	}
	at := entry.GuardAt(w.account.position(entry.Symbol).AveragePrice(), w.m.Tick)
	loss := w.guardLeg(entry, trading.StopLoss, at.StopLoss, opened)
	profit := w.guardLeg(entry, trading.TakeProfit, at.TakeProfit, opened)
	if loss != nil && profit != nil {
		loss.pair, profit.pair = profit, loss
	}
}

// guardLeg is the order that guards so much more as one leg; nil where there is none.
func (w *walk) guardLeg(entry *order, leg trading.Leg, price, opened decimal.Decimal) *order {
	if !price.IsPositive() {
		return nil
	}
	if o, there := w.orders.byID[entry.GuardID(leg)]; there {
		o.Quantity = o.Quantity.Add(opened)
		return o
	}
	o := &order{
		Order: trading.Order{
			ClientID: entry.GuardID(leg), Symbol: entry.Symbol, Side: -entry.Side, Quantity: opened, ReduceOnly: true, Leg: leg,
			DecisionPrice: price, SignalID: entry.SignalID, CreatedAt: entry.CreatedAt, Config: entry.Config,
		},
		status: trading.StatusOpen, resting: true, guards: entry, since: w.at,
	}
	if leg == trading.TakeProfit {
		o.Type, o.LimitPrice = trading.Limit, price
	} else {
		o.Type, o.StopPrice = trading.Stop, price
	}
	w.orders.take(o)
	return o
}

// ours reports whether an order is one by a Guard that nobody has heard of yet: it has filled nothing.
func (o *order) ours() bool { return o.guards != nil && o.filled.IsZero() }

// afterFill does what a fill of an order does to others: what one of a pair has filled the other does not, and what a leg has
// closed no entry opens again, whichever signal it is of. An Engine takes that back as well, but only once the bar is over.
func (w *walk) afterFill(o *order, quantity decimal.Decimal) {
	if pair := o.pair; pair != nil && !pair.status.Done() {
		pair.taken = pair.taken.Add(quantity)
		if !pair.rest().IsPositive() {
			pair.end(trading.StatusCanceled, "the other order of the pair has filled")
		}
	}
	if o.Leg == "" || o.SignalID == "" && o.guards == nil {
		return
	}
	for _, entry := range w.orders.open {
		if entry.Symbol == o.Symbol && entry.Leg == "" && entry.Side != o.Side && !entry.status.Done() {
			entry.end(trading.StatusCanceled, "what it opened has come to its "+string(o.Leg))
		}
	}
}

// yieldGuards takes our guards of an instrument back as far as legs that were sent guard the position, or nothing is held.
func (b *Broker) yieldGuards(symbol string) {
	for _, leg := range [...]trading.Leg{trading.StopLoss, trading.TakeProfit} {
		held := b.account.position(symbol).Quantity
		room := held.Abs()
		for _, o := range b.orders.open {
			if o.Symbol == symbol && o.Leg == leg && !o.ours() && !o.status.Done() {
				room = room.Sub(o.rest())
			}
		}
		for _, o := range b.orders.open {
			if o.Symbol != symbol || o.Leg != leg || !o.ours() || o.status.Done() {
				continue
			}
			if !room.IsPositive() || held.Sign() == int(o.Side) {
				o.end(trading.StatusCanceled, "others guard the position")
				continue
			}
			o.Quantity = o.Quantity.Sub(decimal.Max(o.rest().Sub(room), decimal.Zero))
			room = room.Sub(o.rest())
		}
	}
}
