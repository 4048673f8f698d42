package book

import (
	"iter"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Legs are what the legs of one kind add up to that are not done.
type Legs struct {
	Wanted   decimal.Decimal // those that are wanted as they are, sent or not
	Resting  decimal.Decimal // those of them that the Broker has
	Asked    decimal.Decimal // what the target's bracket asks for
	Guarding decimal.Decimal // all that the Broker has, wanted or not, and was not asked to cancel
}

// Legs returns what the legs of one kind of an instrument add up to.
func (b *Book) Legs(symbol string, leg trading.Leg) Legs {
	sum, _ := b.legs(symbol, leg)
	return sum
}

// Missing yields, as prices and quantities, the parts of a leg for which there is no order that is wanted as it is, sent or
// not.
func (b *Book) Missing(symbol string, leg trading.Leg) iter.Seq2[decimal.Decimal, decimal.Decimal] {
	return func(yield func(price, quantity decimal.Decimal) bool) {
		_, missing := b.legs(symbol, leg)
		for _, p := range missing {
			if p.quantity.IsPositive() && !yield(p.price, p.quantity) {
				return
			}
		}
	}
}

func (b *Book) legs(symbol string, leg trading.Leg) (sum Legs, missing parts) {
	t, _ := b.Target(symbol)
	missing = t.parts(leg, b.Position(symbol).Quantity)
	for _, p := range missing {
		sum.Asked = sum.Asked.Add(p.quantity)
	}
	for _, o := range slices.Backward(b.pending[symbol]) {
		if o.Leg != leg || o.CancelAsked || o.Side == t.Side() {
			continue
		}
		rests := o.Status == trading.StatusOpen
		if rests {
			sum.Guarding = sum.Guarding.Add(b.orders.rest(o))
		}
		if missing.take(o, b.orders.rest(o)) {
			sum.Wanted = sum.Wanted.Add(b.orders.rest(o))
			if rests {
				sum.Resting = sum.Resting.Add(b.orders.rest(o))
			}
		}
	}
	return sum, missing
}

// legPart is what a leg closes at one price.
type legPart struct{ price, quantity decimal.Decimal }

// parts are what a leg of a target's bracket consists of, less the orders that have been found for them: one for each of its
// rungs, and one for what is left. Together they close no more than what is guarded.
type parts []legPart

func (t Target) parts(leg trading.Leg, held decimal.Decimal) (all parts) {
	left, last := t.Guarded(held), t.Ticket.LegPrice(leg)
	from := left
	for _, rung := range t.Ticket.RungsOf(leg) {
		if last.IsPositive() && last.Sub(rung.Price).Sign() != int(t.Side()) {
			break // All is closed there.
		}
		if rung.From.IsPositive() {
			from = decimal.Min(from, rung.From)
		}
		if beyond := from.Sub(rung.Keep); beyond.IsPositive() {
			all, left, from = append(all, legPart{rung.Price, beyond}), left.Sub(beyond), rung.Keep
		}
	}
	if last.IsPositive() && left.IsPositive() {
		all = append(all, legPart{last, left})
	}
	return all
}

func (t Target) rungs() []trading.Rung { return t.Ticket.RungsOf(trading.TakeProfit) }

// keptAt is what the rung at a price keeps; zero where there is none.
func (t Target) keptAt(price decimal.Decimal) decimal.Decimal {
	for _, rung := range t.rungs() {
		if rung.Price.Equal(price) {
			return rung.Keep
		}
	}
	return decimal.Zero
}

// take takes an order, which may fill so much, out of the part that it stands for; false where it stands for none, or for more
// than that.
func (p parts) take(o *OrderState, rest decimal.Decimal) bool {
	for i := range p {
		if !p[i].price.Equal(o.legPrice()) {
			continue
		}
		left := p[i].quantity.Sub(rest)
		if left.IsNegative() {
			return false
		}
		p[i].quantity = left
		return true
	}
	return false
}

// legPrice is where a leg stands.
func (o *OrderState) legPrice() decimal.Decimal { return o.WorstPrice(decimal.Zero) } // it has one

// tooMuch reports whether a leg guards more than there is, beside those that are newer. The newest stays: where both may
// rest it is the one that takes the place of the others.
func (s *orders) tooMuch(o OrderState, t Target, held decimal.Decimal) bool {
	left := t.parts(o.Leg, held)
	for _, other := range slices.Backward(s.pending[o.Symbol]) {
		if other.Leg == o.Leg && other.number > o.number && !other.CancelAsked {
			left.take(other, s.rest(other))
		}
	}
	return !left.take(&o, s.rest(&o))
}
