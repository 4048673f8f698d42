package paper

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// marginCall closes the account out where its equity, with the instrument at the present price, has fallen to
// Maintenance of what it holds: every open order is cancelled, and positions are closed, that of the instrument first,
// until the rest can be carried. The account never owes more than it has: a loss beyond its equity is the venue's. due is
// a fee that it is about to pay.
func (w *walk) marginCall(due decimal.Decimal) bool {
	if !w.shortLocked(due) {
		return false
	}
	for _, o := range w.open {
		if !o.status.Done() {
			o.end(trading.StatusCancelled, "the account was liquidated")
		}
	}
	w.closeOut(w.i, w.now)
	for _, symbol := range slices.Sorted(maps.Keys(w.holding)) {
		if symbol != w.i.Symbol && w.shortLocked(decimal.Zero) {
			w.closeOut(w.instruments[symbol], w.price[symbol])
		}
	}
	return true
}

// callMargins looks at every position at its present quote.
func (b *Broker) callMargins(now time.Time) {
	b.mu.Lock()
	held := maps.Clone(b.holding)
	b.mu.Unlock()
	for _, symbol := range slices.Sorted(maps.Keys(held)) {
		i := b.instruments[symbol]
		quote, ok := b.cfg.Quote(symbol)
		if _, err := i.Price(quote); !ok || err != nil || held[symbol].Quantity.IsZero() {
			continue
		}
		b.mu.Lock()
		w := walk{Broker: b, i: i, at: now, now: decimal.NewFromFloat(quote)}
		w.marginCall(decimal.Zero)
		b.tidyLocked()
		b.mu.Unlock()
	}
}

// callAt is a margin call at the price of a close. That can be far from where the market is, such as the limit of an
// order that lies behind a gap, and what is lost there must not be more than there is.
func (w *walk) callAt(price, fee decimal.Decimal) bool {
	now := w.now
	w.now = price
	defer func() { w.now = now }()
	return w.marginCall(fee)
}

// shortLocked tells whether the equity, less a fee that is due, does not carry what is held any more.
func (w *walk) shortLocked(due decimal.Decimal) bool {
	equity, exposure := w.worthLocked(w.i.Symbol, w.now)
	return exposure.IsPositive() && equity.Sub(due).LessThanOrEqual(exposure.Mul(w.cfg.Maintenance))
}

func (w *walk) closeOut(i trading.Instrument, price decimal.Decimal) {
	held := w.holding[i.Symbol].Quantity
	if held.IsZero() {
		return
	}
	side := trading.Sell
	if held.IsNegative() {
		side = trading.Buy
	}
	paid := w.worsened(i, side, price)
	fee := paid.Mul(held.Abs()).Mul(w.cfg.FeeRate)
	rest, _ := w.worthLocked(i.Symbol, decimal.Zero) // without the position
	if rest.Add(held.Mul(paid)).Sub(fee).IsNegative() {
		// The price at which nothing is left; rounded in the account's favour, as it cannot pay a tick more.
		paid, fee = against(i, -side, rest.Neg().DivRound(held, 18)), decimal.Zero
	}
	w.bookLocked(trading.Fill{
		ID: fmt.Sprintf("liquidation-%s-%d", i.Symbol, w.at.UnixNano()), ClientID: "liquidation", Symbol: i.Symbol,
		Side: side, Price: paid, Quantity: held.Abs(), Fee: fee, Time: w.at.UTC(),
	})
	w.updates.Push() // of no order
}
