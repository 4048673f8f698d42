package book

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Legs are what the legs of one kind add up to that are not done.
type Legs struct {
	Wanted   decimal.Decimal // those that are wanted as they are, sent or not
	Resting  decimal.Decimal // those of them that the Broker has
	Guarding decimal.Decimal // all that the Broker has, wanted or not, and was not asked to cancel
}

// Legs returns what the legs of one kind of an instrument add up to.
func (b *Book) Legs(symbol string, leg trading.Leg) Legs {
	var sum Legs
	t, _ := b.Target(symbol)
	guarded := t.Guarded(b.Position(symbol).Quantity)
	for _, o := range slices.Backward(b.pending[symbol]) {
		if o.Leg != leg || o.CancelAsked || o.Side == t.Side() {
			continue
		}
		rests := o.Status == trading.StatusOpen
		if rests {
			sum.Guarding = sum.Guarding.Add(o.Remaining())
		}
		if with := sum.Wanted.Add(o.Remaining()); o.atLegPrice(t) && !with.GreaterThan(guarded) {
			sum.Wanted = with
			if rests {
				sum.Resting = sum.Resting.Add(o.Remaining())
			}
		}
	}
	return sum
}

// atLegPrice reports whether a leg stands where the target's bracket wants it.
func (o *OrderState) atLegPrice(t Target) bool {
	return o.WorstPrice(decimal.Zero).Equal(t.Ticket.LegPrice(o.Leg)) // it has one
}

// tooMuch reports whether a leg guards more than there is, beside those that are newer. The newest stays: where both may
// rest it is the one that takes the place of the others.
func (s *orders) tooMuch(o OrderState, t Target, guarded decimal.Decimal) bool {
	sum := decimal.Zero
	for _, other := range slices.Backward(s.pending[o.Symbol]) {
		if other.Leg != o.Leg || other.number <= o.number || other.CancelAsked || !other.atLegPrice(t) {
			continue
		}
		if with := sum.Add(other.Remaining()); !with.GreaterThan(guarded) {
			sum = with
		}
	}
	return sum.Add(o.Remaining()).GreaterThan(guarded)
}
