// Package risk holds the limits that stand between a decision and an order.
//
// Limits never keep a position from being closed: they cut, or refuse, only what an order opens. They are a value without
// state, safe for concurrent use.
package risk

import (
	"fmt"

	"github.com/shopspring/decimal"

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
func (l Limits) room(o trading.Order, v trading.View, opening decimal.Decimal) (allowed decimal.Decimal, cut string) {
	shrink := func(room decimal.Decimal, why string, limit decimal.Decimal) {
		if opening.Mul(v.Price).GreaterThan(room) {
			// Rounded towards zero: the last digit of a division must not carry it over the limit.
			opening, _ = room.QuoRem(v.Price, quotientPlaces)
			cut = fmt.Sprintf("%s is %s", why, limit)
		}
	}
	shrink(l.MaxOrder, "MaxOrder", l.MaxOrder)
	room := l.MaxPosition
	if o.Side.Signed(v.Held).IsPositive() {
		room = decimal.Max(room.Sub(v.Held.Abs().Mul(v.Price)), decimal.Zero)
	}
	shrink(room, "MaxPosition", l.MaxPosition)
	return opening, cut
}
