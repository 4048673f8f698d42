package trading

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/internal/rough"
)

// Approved is an order that has passed a Risk. Approve makes one, nothing else does, and a Broker takes nothing else.
type Approved struct {
	order Order
	cut   *LimitError
	gate  func(context.Context) error
}

// Order returns the order that was approved.
func (a Approved) Order() Order { return a.order }

// Cut is the limit that left less of the order than was asked for; nil where none did.
func (a Approved) Cut() *LimitError { return a.cut }

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
		if a.cut != nil {
			return Approved{}, fmt.Errorf("%s of it is allowed now: %w", a.order.Quantity, a.cut)
		}
		return Approved{}, fmt.Errorf("%s of it is allowed now", a.order.Quantity)
	}
	a.order.ReduceOnly = o.ReduceOnly
	return a, nil
}

// Room says how much of an order may open a position: at most opening, which is above zero, and which limit makes it less.
type Room func(o Order, v View, opening decimal.Decimal) (allowed decimal.Decimal, cut *LimitError)

// Approve makes of o what is allowed. The part of an order that closes always passes. The part that opens is cut to what
// room allows, in whole steps, and dropped where what is left of it is below the instrument's smallest, or where nobody
// knows a price. The View's Price becomes the order's decision price. An error wraps ErrLimit where nothing is left, and a
// *LimitError where a limit is why.
func Approve(o Order, v View, room Room) (Approved, error) {
	if err := checkOrder(o, v); err != nil {
		return Approved{}, err
	}
	i, closing := v.Instrument, ClosingPart(o.Side, o.Quantity, v.Held)
	var cut *LimitError
	opening := less(o.Quantity, closing)
	switch {
	case !v.Price.IsPositive():
		opening = decimal.Zero
	case opening.IsPositive():
		if cut = v.Locked(o.Symbol); cut != nil {
			opening = decimal.Zero
		} else {
			opening, cut = room(o, v, opening)
		}
	}
	quantity := i.Quantity(plus(closing, opening))
	tooLittle := opening.IsPositive() && !i.opens(less(quantity, closing), v.Price)
	if tooLittle {
		quantity = i.Quantity(closing)
	}
	if !quantity.IsPositive() || quantity.LessThan(i.MinQuantity) {
		return Approved{}, fmt.Errorf("%s %s %s: %w", o.Side, o.Quantity, o.Symbol, nothingLeft(o, v, cut, tooLittle))
	}
	o.Quantity = quantity
	o.ReduceOnly = quantity.LessThanOrEqual(closing)
	o.DecisionPrice = v.Price
	return Approved{order: o, cut: cut}, nil
}

// Locked says until when nothing may be opened of an instrument; nil where it is not locked.
func (v View) Locked(symbol string) *LimitError {
	if v.Account == nil {
		return nil
	}
	until, why := v.Account.Lock(symbol)
	if !v.Now.Before(until) {
		return nil
	}
	return &LimitError{Limit: "Lock", Bound: "until " + until.UTC().Format(time.RFC3339Nano), Found: why, Until: until}
}

// less subtracts, and spares the work where nothing is taken away: most orders only open.
func less(x, y decimal.Decimal) decimal.Decimal {
	if y.IsZero() {
		return x
	}
	return x.Sub(y)
}

// opens reports whether so much is enough for an order that opens.
func (i Instrument) opens(quantity, price decimal.Decimal) bool {
	if i.MinNotional.IsZero() {
		return true
	}
	value, smallest := rough.Float(quantity)*rough.Float(price), rough.Float(i.MinNotional)
	if value > smallest*(1+rough.Error) {
		return true
	}
	return !quantity.Mul(price).LessThan(i.MinNotional)
}

// nothingLeft says why nothing is left of an order.
func nothingLeft(o Order, v View, cut *LimitError, tooLittle bool) error {
	i := v.Instrument
	switch {
	case !v.Price.IsPositive():
		return fmt.Errorf("%w: there is no price", ErrLimit)
	case tooLittle && cut != nil:
		return fmt.Errorf("%w: %w; what is allowed to open is below the smallest notional of %s", ErrLimit, cut, i.MinNotional)
	case tooLittle:
		return fmt.Errorf("%w: what is allowed to open is below the smallest notional of %s", ErrLimit, i.MinNotional)
	case cut != nil:
		return fmt.Errorf("%w: %w", ErrLimit, cut)
	}
	return fmt.Errorf("%w: %s is below the smallest quantity (step %s, minimum %s)", ErrLimit, o.Quantity, i.Step, i.MinQuantity)
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
