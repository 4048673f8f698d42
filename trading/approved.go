package trading

import (
	"context"
	"errors"
	"fmt"

	"github.com/shopspring/decimal"
)

// ErrLimit says that nothing is left of an order that may be placed. Wrapped with the reason.
var ErrLimit = errors.New("trading: nothing of the order is allowed")

// View is what an order is judged by.
type View struct {
	Instrument Instrument
	// Held is the signed quantity that the account has of the instrument or is about to have.
	Held decimal.Decimal
	// Price is the highest known price at which the order may execute. Zero says that nobody knows one: then only what
	// closes passes.
	Price decimal.Decimal
}

// Approved is an order that has passed a Risk. Approve makes one, nothing else does, and a Broker takes nothing else.
type Approved struct {
	order Order
	gate  func(context.Context) error
}

// Order returns the order that was approved.
func (a Approved) Order() Order { return a.order }

// Begin asks for the last time whether the order may be sent. An adapter calls it once for each Submit, when everything
// else is done, such as signing, and sends right after it: the next thing that happens is the request. An error says that
// the order must not be sent, for whoever sent it has lost the right meanwhile; Submit then returns it.
//
// It does not wait, but it is not the adapter's code: call it without a lock that other methods of the adapter need.
func (a Approved) Begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if a.gate == nil {
		return nil
	}
	return a.gate(ctx)
}

// Gated returns the approval with another gate, which is what Begin asks; nil is one that is always open. An Engine gives
// it its own. A wrapper around a Broker that has called Begin itself passes the order on with an open one.
func (a Approved) Gated(gate func(context.Context) error) Approved {
	a.gate = gate
	return a
}

// Confirm approves o, an order that was approved before, exactly as it stands. An error says that no more than a part of
// it is allowed now.
func (a Approved) Confirm(o Order) (Approved, error) {
	if a.order.ClientID != o.ClientID || a.order.Symbol != o.Symbol || a.order.Side != o.Side {
		return Approved{}, fmt.Errorf("trading: the approval of order %s is none of order %s", a.order.ClientID, o.ClientID)
	}
	if !a.order.Quantity.Equal(o.Quantity) {
		return Approved{}, fmt.Errorf("%s of it is allowed now", a.order.Quantity)
	}
	a.order.ReduceOnly = o.ReduceOnly
	return a, nil
}

// Room says how much of an order may open a position: at most opening, and why it is less.
type Room func(o Order, v View, opening decimal.Decimal) (allowed decimal.Decimal, reason string)

// Approve makes of o what is allowed. The part of an order that closes always passes. The part that opens is cut to what
// room allows, in whole steps, and dropped where what is left of it is below the instrument's smallest, or where nobody
// knows a price. The View's Price becomes the order's decision price. An error wraps ErrLimit where nothing is left.
func Approve(o Order, v View, room Room) (Approved, error) {
	if err := checkOrder(o, v); err != nil {
		return Approved{}, err
	}
	i, closing := v.Instrument, ClosingPart(o.Side, o.Quantity, v.Held)
	opening, limit := decimal.Zero, "there is no price"
	if v.Price.IsPositive() {
		opening, limit = room(o, v, o.Quantity.Sub(closing))
	}
	quantity := i.Quantity(closing.Add(opening))
	if opening.IsPositive() && !i.MinNotional.IsZero() && quantity.Sub(closing).Mul(v.Price).LessThan(i.MinNotional) {
		quantity = i.Quantity(closing)
		limit = fmt.Sprintf("what is allowed to open is below the smallest notional of %s", i.MinNotional)
	}
	if !quantity.IsPositive() || quantity.LessThan(i.MinQuantity) {
		if limit == "" {
			limit = fmt.Sprintf("%s is below the smallest quantity (step %s, minimum %s)", o.Quantity, i.Step, i.MinQuantity)
		}
		return Approved{}, fmt.Errorf("%s %s %s: %w: %s", o.Side, o.Quantity, o.Symbol, ErrLimit, limit)
	}
	o.Quantity = quantity
	o.ReduceOnly = quantity.LessThanOrEqual(closing)
	o.DecisionPrice = v.Price
	return Approved{order: o}, nil
}

// checkOrder says what is wrong with an order, whatever the limits.
func checkOrder(o Order, v View) error {
	i := v.Instrument
	switch {
	case o.Symbol != i.Symbol:
		return fmt.Errorf("trading: order %s is for %s, not %s", o.ClientID, o.Symbol, i.Symbol)
	case o.Side != Buy && o.Side != Sell:
		return fmt.Errorf("trading: order %s: %s is no side", o.ClientID, o.Side)
	case !o.Quantity.IsPositive():
		return fmt.Errorf("trading: order %s: quantity %s is not above zero", o.ClientID, o.Quantity)
	case !v.Price.IsPositive() && ClosingPart(o.Side, o.Quantity, v.Held).IsZero():
		return fmt.Errorf("trading: order %s: price %s is not above zero", o.ClientID, v.Price)
	case !i.OnTick(o.LimitPrice), !i.OnTick(o.StopPrice):
		return fmt.Errorf("trading: order %s: limit %s or stop %s is no whole number of ticks of %s",
			o.ClientID, o.LimitPrice, o.StopPrice, i.Tick)
	}
	return o.Validate()
}

// ClosingPart is how much of an order of quantity brings what is held nearer to zero.
func ClosingPart(side Side, quantity, held decimal.Decimal) decimal.Decimal {
	if !side.Signed(held).IsNegative() {
		return decimal.Zero
	}
	return decimal.Min(quantity, held.Abs())
}
