package paper

import (
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// takerPrice is a price as a taker gets it: slipped, and rounded to the tick, against him. It is never below one tick.
func takerPrice(i trading.Instrument, side trading.Side, price, slippage decimal.Decimal) decimal.Decimal {
	return roundAway(i, side, price.Add(side.Signed(price.Mul(slippage))))
}

// roundAway rounds a price to the tick so that it is no better for the side that it is for.
func roundAway(i trading.Instrument, side trading.Side, price decimal.Decimal) decimal.Decimal {
	ticks, rest := price.QuoRem(i.Tick, 0)
	if side == trading.Buy && rest.IsPositive() {
		ticks = ticks.Add(decimal.NewFromInt(1))
	}
	return decimal.Max(ticks.Mul(i.Tick), i.Tick)
}

// best is the one of two prices that its side would rather have.
func best(side trading.Side, x, y decimal.Decimal) decimal.Decimal {
	if side == trading.Buy {
		return decimal.Min(x, y)
	}
	return decimal.Max(x, y)
}

// allowed is how much of a quantity may be executed at price, and why nothing is: where the account cannot carry it, where
// spot would be sold that is not there, and where a reduce-only order has nothing to reduce; it never does more than that.
func (w *walk) allowed(o *order, quantity, price decimal.Decimal) (allowed decimal.Decimal, reason string) {
	closing := w.account.closing(o.Order, quantity)
	if o.ReduceOnly {
		quantity = closing
	}
	reason = w.account.margin(o.Order, quantity, price, price, w.claimsBeside(o))
	switch {
	case quantity.IsZero():
		reason = nothingToReduce
	case w.cfg.Spot && o.Side == trading.Sell && quantity.GreaterThan(closing):
		reason = w.account.notHeld(o.Symbol)
	}
	return quantity, reason
}

// execute fills so much of an order, or cancels it where nothing of that is allowed.
func (w *walk) execute(o *order, quantity, price, feeRate decimal.Decimal) {
	if w.cfg.Quote != nil {
		w.m.set(price) // Bars bring their own.
	}
	quantity, reason := w.allowed(o, quantity, price)
	if reason != "" {
		o.end(trading.StatusCanceled, reason)
		return
	}
	var opened decimal.Decimal
	if !o.Guard.IsZero() {
		opened = quantity.Sub(w.account.closing(o.Order, quantity))
	}
	id := o.ClientID + firstFill
	if o.filled.IsPositive() {
		id = o.ClientID + "-after-" + o.filled.String() // the same as it would be after a restart, and no other's
	}
	o.filled = o.filled.Add(quantity)
	w.account.book(trading.Fill{
		ID: id, ClientID: o.ClientID, Symbol: o.Symbol, Side: o.Side, Price: price, Quantity: quantity,
		Fee: price.Mul(quantity).Mul(feeRate), Time: w.at.UTC(),
	}, quantity.Equal(o.Quantity) && !o.triggered)
	switch {
	case o.filled.Equal(o.Quantity):
		o.end(trading.StatusFilled, "")
	case !o.rest().IsPositive():
		o.end(trading.StatusCanceled, "the other order of the pair has filled")
	case o.ReduceOnly && w.account.closing(o.Order, o.rest()).IsZero():
		o.end(trading.StatusCanceled, nothingToReduce)
	}
	w.afterFill(o, quantity)
	w.guard(o, opened)
}

const (
	nothingToReduce = "it would not reduce the position"
	postOnly        = "post only: it would execute at once"
)
