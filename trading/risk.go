package trading

import (
	"errors"
	"fmt"

	"github.com/shopspring/decimal"
)

// ErrLimit says that Risk left nothing of an order. Wrapped with the reason.
var ErrLimit = errors.New("nothing of the order is allowed")

// Unlimited is a limit that nothing reaches. It must be written out: a limit that was forgotten would otherwise look
// like one that was not wanted.
var Unlimited = decimal.New(1, 30)

// Limits are in the quote currency. They hold at an order's decision price: a market that moves later can carry a
// position beyond them, and then only what reduces it passes. Each must be set, to Unlimited if need be.
type Limits struct {
	MaxPosition  decimal.Decimal // the largest notional of a position in one instrument
	MaxOrder     decimal.Decimal // the largest notional of the part of an order that opens
	MaxDailyLoss decimal.Decimal // a day's loss, with fees and unrealised, from which trading is halted
}

// Risk is what stands between a decision and an order. It is immutable, and safe for concurrent use. Use NewRisk.
type Risk struct {
	limits Limits
}

// NewRisk refuses limits that are zero or negative.
func NewRisk(l Limits) (*Risk, error) {
	for _, f := range []struct {
		name  string
		value decimal.Decimal
	}{{"MaxPosition", l.MaxPosition}, {"MaxOrder", l.MaxOrder}, {"MaxDailyLoss", l.MaxDailyLoss}} {
		if f.value.IsNegative() {
			return nil, fmt.Errorf("trading: Limits.%s %s is negative", f.name, f.value)
		}
		if f.value.IsZero() {
			return nil, fmt.Errorf("trading: Limits.%s is not set; write trading.Unlimited for no limit", f.name)
		}
	}
	return &Risk{limits: l}, nil
}

// Limits returns what NewRisk was given.
func (r *Risk) Limits() Limits { return r.limits }

// Approved is an order that has passed Risk. There is no other way to make one, and a Broker takes nothing else.
type Approved struct {
	order Order
}

// Order returns the order that was approved.
func (a Approved) Order() Order { return a.order }

// Approve makes of o what is allowed at price, where held is the signed quantity that the account has of the
// instrument or is about to have. The part of an order that closes always passes the limits; the part that opens is
// cut to them, in whole steps, and dropped where what is left of it is below the instrument's smallest, or where the
// price is zero because nobody knows it. Price becomes the order's decision price. An error wraps ErrLimit where nothing
// is left.
func (r *Risk) Approve(o Order, i Instrument, held, price decimal.Decimal) (Approved, error) {
	closing := closingPart(o.Side, o.Quantity, held)
	switch {
	case o.Symbol != i.Symbol:
		return Approved{}, fmt.Errorf("trading: order %s is for %s, not %s", o.ClientID, o.Symbol, i.Symbol)
	case o.Side != Buy && o.Side != Sell:
		return Approved{}, fmt.Errorf("trading: order %s: %s is no side", o.ClientID, o.Side)
	case !o.Quantity.IsPositive():
		return Approved{}, fmt.Errorf("trading: order %s: quantity %s is not above zero", o.ClientID, o.Quantity)
	case !price.IsPositive() && closing.IsZero():
		return Approved{}, fmt.Errorf("trading: order %s: price %s is not above zero", o.ClientID, price)
	case !isWhole(o.LimitPrice, i.Tick), !isWhole(o.StopPrice, i.Tick):
		return Approved{}, fmt.Errorf("trading: order %s: limit %s or stop %s is no whole number of ticks of %s",
			o.ClientID, o.LimitPrice, o.StopPrice, i.Tick)
	}
	if err := o.CheckShape(); err != nil {
		return Approved{}, err
	}
	opening, limit := r.allowedToOpen(o.Quantity.Sub(closing), o.Side, held, price)
	quantity := i.Quantity(closing.Add(opening))
	if opening.IsPositive() && !i.MinNotional.IsZero() && quantity.Sub(closing).Mul(price).LessThan(i.MinNotional) {
		quantity = i.Quantity(closing)
		limit = fmt.Sprintf("what is allowed to open is below the smallest notional of %s", i.MinNotional)
	}
	if !quantity.IsPositive() || quantity.LessThan(i.MinQuantity) {
		if limit == "" {
			limit = fmt.Sprintf("%s is below the smallest quantity (step %s, minimum %s)", o.Quantity, i.Step, i.MinQuantity)
		}
		return Approved{}, fmt.Errorf("trading: %s %s %s: %w: %s", o.Side, o.Quantity, o.Symbol, ErrLimit, limit)
	}
	o.Quantity = quantity
	o.ReduceOnly = quantity.LessThanOrEqual(closing)
	o.DecisionPrice = price
	return Approved{o}, nil
}

// allowedToOpen cuts the part of an order that opens to the limits, and says which of them cut it.
func (r *Risk) allowedToOpen(opening decimal.Decimal, side Side, held, price decimal.Decimal) (
	allowed decimal.Decimal, cut string,
) {
	if !price.IsPositive() {
		return decimal.Zero, "there is no price"
	}
	shrink := func(room decimal.Decimal, why string, limit decimal.Decimal) {
		if opening.Mul(price).GreaterThan(room) {
			// Rounded towards zero: the last digit of a division must not carry it over the limit.
			opening, _ = room.QuoRem(price, costPlaces)
			cut = fmt.Sprintf("%s is %s", why, limit)
		}
	}
	shrink(r.limits.MaxOrder, "MaxOrder", r.limits.MaxOrder)
	room := r.limits.MaxPosition
	if side.Signed(held).IsPositive() {
		room = decimal.Max(room.Sub(held.Abs().Mul(price)), decimal.Zero)
	}
	shrink(room, "MaxPosition", r.limits.MaxPosition)
	return opening, cut
}

// closingPart is how much of an order brings what is held nearer to zero.
func closingPart(side Side, quantity, held decimal.Decimal) decimal.Decimal {
	if !side.Signed(held).IsNegative() {
		return decimal.Zero
	}
	return decimal.Min(quantity, held.Abs())
}
