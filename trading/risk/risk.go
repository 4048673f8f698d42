// Package risk holds the limits that stand between a decision and an order.
//
// Limits are the simple set: a position, an order, a day's loss. Rules are Limits and all others: of the account, of an
// order, and of how many orders there are. Each has a name, and what it refuses or cuts says it, with its figures: see
// trading.LimitError. An Engine asks for each order twice, when it is decided on and before it is sent, and then at the
// dearer of both prices.
//
// Limits never keep a position from being closed: they cut, or refuse, only what an order opens. They have no state and are
// safe for concurrent use; what they have to know of the account is in the trading.View.
package risk

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/internal/rough"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// Unlimited is a limit that nothing reaches. It must be written out: a limit that was forgotten would otherwise look
// like one that was not wanted.
var Unlimited = decimal.New(1, 30)

// quotientPlaces is how exact a quantity that a limit leaves is, before it is rounded to whole steps.
const quotientPlaces = 18

// Limits are in the quote currency. They hold at an order's decision price: a market that moves later can carry a
// position beyond them, and then only what reduces it passes. Each must be set, to Unlimited if need be.
type Limits struct {
	MaxPosition  decimal.Decimal // the largest notional of a position in one instrument
	MaxOrder     decimal.Decimal // the largest notional of the part of an order that opens
	MaxDailyLoss decimal.Decimal // a day's loss, with fees and unrealized, from which trading is halted
}

// NoLimits are Limits that nothing reaches.
func NoLimits() Limits {
	return Limits{MaxPosition: Unlimited, MaxOrder: Unlimited, MaxDailyLoss: Unlimited}
}

// Validate refuses limits that are zero or negative.
func (l Limits) Validate() error {
	for _, f := range []struct {
		name  string
		value decimal.Decimal
	}{{"MaxPosition", l.MaxPosition}, {"MaxOrder", l.MaxOrder}, {"MaxDailyLoss", l.MaxDailyLoss}} {
		if f.value.IsNegative() {
			return fmt.Errorf("risk: Limits.%s %s is negative", f.name, f.value)
		}
		if f.value.IsZero() {
			return fmt.Errorf("risk: Limits.%s is not set; write risk.Unlimited for no limit", f.name)
		}
	}
	return nil
}

// MayOpen says which limit a position of a size that is the same for all could never be opened under.
func (l Limits) MayOpen(notional decimal.Decimal) error {
	for _, f := range []struct {
		name  string
		value decimal.Decimal
	}{{"MaxOrder", l.MaxOrder}, {"MaxPosition", l.MaxPosition}} {
		if notional.GreaterThan(f.value) {
			return fmt.Errorf("risk: an order of %s is above Limits.%s %s", notional, f.name, f.value)
		}
	}
	return nil
}

// Approve makes of o what the limits allow; see trading.Approve. An error wraps trading.ErrLimit where nothing is left.
func (l Limits) Approve(o trading.Order, v trading.View) (trading.Approved, error) {
	return trading.Approve(o, v, l.room)
}

// DailyLoss is the loss of a day from which trading is halted; false says that there is no limit.
func (l Limits) DailyLoss() (limit decimal.Decimal, limited bool) {
	return l.MaxDailyLoss, l.MaxDailyLoss.LessThan(Unlimited)
}

// room cuts the part of an order that opens to the limits, and says which of them cut it.
func (l Limits) room(
	o trading.Order, v trading.View, opening decimal.Decimal,
) (allowed decimal.Decimal, cut *trading.LimitError) {
	value := rough.Float(opening) * rough.Float(v.Price)
	allowed = opening
	if !within(value, rough.Float(l.MaxOrder), 0) {
		allowed, cut = cutTo("MaxOrder", v, allowed, l.MaxOrder, decimal.Zero)
	}
	own := held(o, v)
	if !within(value+rough.Float(own)*rough.Float(v.Price), rough.Float(l.MaxPosition), 0) {
		less, why := cutTo("MaxPosition", v, allowed, l.MaxPosition, own.Mul(v.Price))
		if why != nil {
			allowed, cut = less, why
		}
	}
	return allowed, cut
}

// held is what is held on the order's side, unsigned: what the part that opens adds to.
func held(o trading.Order, v trading.View) decimal.Decimal {
	if o.Side.Signed(v.Held).IsPositive() {
		return v.Held.Abs()
	}
	return decimal.Zero
}

// within reports whether an estimate is so far within a bound that no exact sum is needed. Beside what is estimated, scale is
// the largest number that has a part in it.
func within(estimate, bound, scale float64) bool {
	return estimate < bound-rough.Error*(max(estimate, -estimate)+max(bound, -bound)+scale)
}

// cutTo cuts what opens so that it comes to no more than bound together with base, in the quote currency.
func cutTo(
	name string, v trading.View, opening, bound, base decimal.Decimal,
) (allowed decimal.Decimal, cut *trading.LimitError) {
	with := base.Add(opening.Mul(v.Price))
	if !with.GreaterThan(bound) {
		return opening, nil
	}
	// Rounded towards zero: the last digit of a division must not carry it over the limit.
	allowed, _ = decimal.Max(bound.Sub(base), decimal.Zero).QuoRem(v.Price, quotientPlaces)
	return allowed, &trading.LimitError{Limit: name, Bound: bound.String(), Found: with.String() + " with the order"}
}
