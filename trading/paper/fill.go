package paper

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// worsened is a price as a taker gets it: slipped, and rounded to the tick, against him. It is never below one tick.
func (b *Broker) worsened(i trading.Instrument, side trading.Side, price decimal.Decimal) decimal.Decimal {
	return against(i, side, price.Add(side.Signed(price.Mul(b.cfg.Slippage))))
}

// against rounds a price to the tick so that it is no better for the side that it is for.
func against(i trading.Instrument, side trading.Side, price decimal.Decimal) decimal.Decimal {
	ticks, rest := price.QuoRem(i.Tick, 0)
	if side == trading.Buy && rest.IsPositive() {
		ticks = ticks.Add(decimal.NewFromInt(1))
	}
	return decimal.Max(ticks.Mul(i.Tick), i.Tick)
}

// better is the one of two prices that its side would rather have.
func better(side trading.Side, x, y decimal.Decimal) decimal.Decimal {
	if side == trading.Buy {
		return decimal.Min(x, y)
	}
	return decimal.Max(x, y)
}

// end says what became of an order that will not fill any further.
func (o *order) end(status trading.OrderStatus, reason string) { o.status, o.reason = status, reason }

// rest is what has not been filled of an order.
func (o *order) rest() decimal.Decimal { return o.Quantity.Sub(o.filled) }

// fillLocked executes so much of an order, or cancels it: where the account cannot carry that, where spot would be sold
// that is not there, and where a reduce-only order has nothing to reduce; it never does more than that.
func (b *Broker) fillLocked(o *order, quantity, price, feeRate decimal.Decimal, at time.Time) {
	if b.cfg.Quote != nil {
		b.price[o.Symbol] = price // Bars bring their own.
	}
	closing := b.closingLocked(o.Order, quantity)
	if o.ReduceOnly {
		quantity = closing
	}
	reason := b.marginLocked(o.Order, quantity, price, price)
	switch {
	case quantity.IsZero():
		reason = nothingToReduce
	case b.cfg.Spot && o.Side == trading.Sell && quantity.GreaterThan(closing):
		reason = b.notHeldLocked(o.Symbol)
	}
	if reason != "" {
		o.end(trading.StatusCancelled, reason)
		return
	}
	id := o.ClientID + "-1"
	if o.filled.IsPositive() {
		id = o.ClientID + "-after-" + o.filled.String() // the same as it would be after a restart, and no other's
	}
	o.filled = o.filled.Add(quantity)
	b.bookLocked(trading.Fill{
		ID: id, ClientID: o.ClientID, Symbol: o.Symbol, Side: o.Side, Price: price, Quantity: quantity,
		Fee: price.Mul(quantity).Mul(feeRate), Time: at.UTC(),
	})
	switch {
	case o.rest().IsZero():
		o.end(trading.StatusFilled, "")
	case o.ReduceOnly && b.closingLocked(o.Order, o.rest()).IsZero():
		o.end(trading.StatusCancelled, nothingToReduce)
	}
}

// bookLocked puts a fill into the account.
func (b *Broker) bookLocked(f trading.Fill) {
	if n := len(b.fills); n > 0 && f.Time.Before(b.fills[n-1].Time) {
		f.Time = b.fills[n-1].Time // Fills are in the order of their times; another symbol's bar may have come early.
	}
	b.fills = append(b.fills, f)
	b.holding[f.Symbol] = b.holding[f.Symbol].After(f)
	b.cash = f.CashAfter(b.cash)
}

const (
	nothingToReduce = "it would not reduce the position"
	postOnly        = "post only: it would execute at once"
)

func (b *Broker) notHeldLocked(symbol string) string {
	return fmt.Sprintf("spot: only %s of %s is held", b.holding[symbol].Quantity, symbol)
}

// closingLocked is how much of a quantity of an order brings the position nearer to zero.
func (b *Broker) closingLocked(o trading.Order, quantity decimal.Decimal) decimal.Decimal {
	held := o.Side.Signed(b.holding[o.Symbol].Quantity)
	if !held.IsNegative() {
		return decimal.Zero
	}
	return decimal.Min(quantity, held.Abs())
}

// marginLocked says why the account cannot carry so much of an order at price, while the instrument is worth mark: what
// it would hold, everything at its last price, would be more than its equity after the fee times the leverage. What
// reduces always passes.
func (b *Broker) marginLocked(o trading.Order, quantity, price, mark decimal.Decimal) string {
	if b.closingLocked(o, quantity).Equal(quantity) {
		return ""
	}
	held := b.holding[o.Symbol].Quantity.Mul(mark)
	equity, exposure := b.worthLocked(o.Symbol, mark)
	equity = equity.Sub(quantity.Mul(price).Mul(b.cfg.FeeRate))
	exposure = exposure.Sub(held.Abs()).Add(held.Add(o.Side.Signed(quantity.Mul(price))).Abs())
	if carried := equity.Mul(b.cfg.Leverage); exposure.GreaterThan(carried) {
		return fmt.Sprintf("margin: it would hold %s and can carry %s", exposure, carried)
	}
	return ""
}

// worthLocked is what the account is worth and what it holds, with symbol at price and the rest at their last prices.
func (b *Broker) worthLocked(symbol string, price decimal.Decimal) (equity, exposure decimal.Decimal) {
	equity = b.cash
	for held, p := range b.holding {
		at := b.price[held]
		if held == symbol {
			at = price
		}
		worth := p.Quantity.Mul(at)
		equity, exposure = equity.Add(worth), exposure.Add(worth.Abs())
	}
	return equity, exposure
}
