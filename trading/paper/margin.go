package paper

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/internal/rough"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// marginCall closes the account out where its equity, with the instrument at the present price, has fallen to
// Maintenance of what it holds: every open order is canceled, and positions are closed, that of the instrument first,
// until the rest can be carried. The account never owes more than it has: a loss beyond its equity is the venue's. due is
// a fee that it is about to pay.
func (w *walk) marginCall(due decimal.Decimal) bool {
	if !w.short(due) {
		return false
	}
	for _, o := range w.orders.open {
		if !o.status.Done() {
			o.end(trading.StatusCanceled, "the account was liquidated")
		}
	}
	w.closeOut(w.m, w.now)
	for _, symbol := range w.account.symbols() {
		if symbol != w.m.Symbol && w.short(decimal.Zero) {
			other := w.markets[symbol]
			price, _ := other.last()
			w.closeOut(other, price)
		}
	}
	return true
}

// callAt is a margin call at the price of a close. That can be far from where the market is, such as the limit of an
// order that lies behind a gap, and what is lost there must not be more than there is.
func (w *walk) callAt(price, fee decimal.Decimal) bool {
	now := w.now
	w.now = price
	defer func() { w.now = now }()
	return w.marginCall(fee)
}

// short tells whether the account does not carry what is held any more, less a fee that is due.
func (w *walk) short(due decimal.Decimal) bool {
	return !w.account.keepsMargin(w.m, rough.Float(w.now), rough.Float(due)) && w.account.short(w.m, w.now, due)
}

func (w *walk) closeOut(m *market, price decimal.Decimal) {
	held := w.account.position(m.Symbol).Quantity
	if held.IsZero() {
		return
	}
	side := trading.Sell
	if held.IsNegative() {
		side = trading.Buy
	}
	paid := takerPrice(m.Instrument, side, price, w.impact(m, held.Abs()))
	fee := paid.Mul(held.Abs()).Mul(w.cfg.FeeRate)
	rest, _ := w.account.value(m, decimal.Zero) // without the position
	if rest.Add(held.Mul(paid)).Sub(fee).IsNegative() {
		// The price at which nothing is left; rounded in the account's favour, as it cannot pay a tick more.
		paid, fee = roundAway(m.Instrument, -side, rest.Neg().DivRound(held, 18)), decimal.Zero
	}
	id := fmt.Sprintf("liquidation-%s-%d", m.Symbol, w.at.UnixNano())
	for n := 2; w.account.fills.has(id); n++ { // the second of one bar: each fill has an ID of its own
		id = fmt.Sprintf("liquidation-%s-%d-%d", m.Symbol, w.at.UnixNano(), n)
	}
	w.account.book(trading.Fill{
		ID: id, ClientID: "liquidation", Symbol: m.Symbol,
		Side: side, Price: paid, Quantity: held.Abs(), Fee: fee, Time: w.at.UTC(),
	}, false)
	w.updates.Push() // of no order
}
