package trading

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"
)

// Rung is a price at which a part of a position is taken as profit: what is held beyond Keep. It says what is to be left,
// and not how much is to be closed, so that it is done once for all however the position came down to that.
type Rung struct {
	Price decimal.Decimal `json:"price"`
	Keep  decimal.Decimal `json:"keep"` // without sign
	// From is the most that was held when the rung was made, less what those before it close: it closes no more than from
	// there to Keep, so that what is added to the position later is left alone. Zero says that there is no such bound. An
	// Engine sets it.
	From decimal.Decimal `json:"from,omitzero"`
}

// String says it like "5 kept at 105".
func (r Rung) String() string { return fmt.Sprintf("%s kept at %s", r.Keep, r.Price) }

// RungsOf are the rungs of a leg, the nearest first; only a TakeProfit has any.
func (t Ticket) RungsOf(l Leg) []Rung {
	if l != TakeProfit || t.Rungs == nil {
		return nil
	}
	return *t.Rungs
}

// HasLegAt reports whether the ticket wants a leg at a price.
func (t Ticket) HasLegAt(l Leg, price decimal.Decimal) bool {
	return t.LegPrice(l).Equal(price) ||
		slices.ContainsFunc(t.RungsOf(l), func(r Rung) bool { return r.Price.Equal(price) })
}

// validateRungs says what of them cannot be where a position is opened on side.
func (t Ticket) validateRungs(side Side, tick decimal.Decimal) error {
	rungs := t.RungsOf(TakeProfit)
	for n, rung := range rungs {
		if !rung.Price.IsPositive() || !rung.Price.Mod(tick).IsZero() || rung.Keep.IsNegative() {
			return fmt.Errorf("rung %d, %s, is no quantity at a price on the tick of %s", n+1, rung, tick)
		}
		if n == 0 {
			continue
		}
		before := rungs[n-1]
		if rung.Price.Sub(before.Price).Sign() != int(side) || !rung.Keep.LessThan(before.Keep) {
			return fmt.Errorf("rung %d, %s, takes no more profit than the one before, %s", n+1, rung, before)
		}
	}
	return nil
}
