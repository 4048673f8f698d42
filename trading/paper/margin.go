package paper

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/internal/rough"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// liquidation is the client ID of the fills by which the account is liquidated: no order of anybody's.
const liquidation = "liquidation"

// marginCall closes the account out where its equity, with the instrument at the present price, has fallen to
// Maintenance of what it holds: every open order is canceled, and positions are closed at market, that of the instrument
// first, until the rest can be carried. What it owes once nothing is held is the venue's loss, and is booked as
// CashInsurance. due is a fee that it is about to pay.
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
	w.insure()
	return true
}

// insure books what the account owes as borne by the venue, once it holds nothing.
func (w *walk) insure() {
	owed := w.account.cash.Neg()
	if !owed.IsPositive() || len(w.account.symbols()) > 0 {
		return
	}
	w.account.setCash(decimal.Zero)
	w.account.moves = append(w.account.moves, trading.CashEvent{
		ID:   fmt.Sprintf("insurance-%s-%d-%d", w.m.Symbol, w.at.UnixNano(), len(w.account.moves)),
		Kind: trading.CashInsurance, Amount: owed, Symbol: w.m.Symbol, Time: w.at.UTC(),
	})
	w.updates.Push() // of no order
}

// arrive takes the price to the next one that matters, and reports whether the account was liquidated on the way: where the
// price goes through all that lies between, at the first tick that the account does not carry.
func (w *walk) arrive(price decimal.Decimal) bool {
	from := w.now
	w.now = price
	if from.Equal(price) || !w.short(decimal.Zero) {
		return w.marginCall(decimal.Zero)
	}
	if at, ok := w.account.liquidationPrice(w.m); ok {
		w.now = decimal.Max(decimal.Min(at, decimal.Max(from, price)), decimal.Min(from, price))
	}
	return w.marginCall(decimal.Zero)
}

// callAt is a margin call at the price of a close. That can be far from where the market is, such as the limit of an
// order that lies behind a gap: what is lost there beyond what there is, is the venue's loss as well.
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
	fee := paid.Mul(held.Abs()).Mul(w.cfg.FeeRate.Add(w.cfg.LiquidationFee))
	rest, _ := w.account.value(m, decimal.Zero) // without the position
	fee = decimal.Min(fee, decimal.Max(rest.Add(held.Mul(paid)), decimal.Zero))
	id := fmt.Sprintf("liquidation-%s-%d", m.Symbol, w.at.UnixNano())
	for n := 2; w.account.fills.has(id); n++ { // the second of one bar: each fill has an ID of its own
		id = fmt.Sprintf("liquidation-%s-%d-%d", m.Symbol, w.at.UnixNano(), n)
	}
	w.account.book(trading.Fill{
		ID: id, ClientID: liquidation, Symbol: m.Symbol,
		Side: side, Price: paid, Quantity: held.Abs(), Fee: fee, Time: w.at.UTC(),
	}, false)
	w.updates.Push() // of no order
}

// liquidationPrice is the first tick of an instrument at which the account does not carry what it holds, while all others
// stay where they are; false where there is none.
func (a *account) liquidationPrice(m *market) (decimal.Decimal, bool) {
	held := a.position(m.Symbol).Quantity
	if held.IsZero() || held.IsPositive() && a.fullyPaid {
		return decimal.Zero, false
	}
	rest, others := a.value(m, decimal.Zero)
	perUnit := held.Sub(held.Abs().Mul(a.cfg.Maintenance)) // by how much what is left moves with the price
	at := others.Mul(a.cfg.Maintenance).Sub(rest).DivRound(perUnit, 18)
	if !at.IsPositive() {
		return decimal.Zero, false
	}
	ticks, over := at.QuoRem(m.Tick, 0)
	if held.IsNegative() && over.IsPositive() {
		ticks = ticks.Add(decimal.NewFromInt(1))
	}
	return ticks.Mul(m.Tick), true
}

// Margin implements trading.MarginReporter.
//
// All positions share one margin, as in Binance's cross margin in one-way mode: the account is liquidated once
//
//	cash + sum(quantity * price) <= Maintenance * sum(|quantity| * price)
//
// with every instrument at its mark, which is its last price here. The price of one instrument at which that comes, with the
// others where they are, is what Margin tells:
//
//	(Maintenance * value of the others held - cash - worth of the others) / (quantity - |quantity| * Maintenance)
//
// Binance's "How to calculate liquidation price of USD-M futures contracts" has the same with a rate and an amount for each
// tier of the notional; here one rate holds for all. There, a mark of its own keeps a single trade from liquidating anybody, a
// large position is reduced step by step, and what nobody takes is deleveraged: here all of a position is closed at market.
func (b *Broker) Margin(symbol string) (trading.Margin, bool) {
	if b.cfg.Spot {
		return trading.Margin{}, false
	}
	told, worth := b.marginOf(symbol)
	if !worth.IsZero() && b.cfg.Funding != nil {
		told.FundingAt = b.cfg.Clock.Now().UTC().Truncate(b.cfg.FundingEvery).Add(b.cfg.FundingEvery)
		told.Funding = worth.Mul(b.cfg.Funding(symbol, told.FundingAt)).Neg()
	}
	return told, !worth.IsZero()
}

// marginOf is what Margin tells besides funding, and what is held of an instrument at its mark.
func (b *Broker) marginOf(symbol string) (told trading.Margin, worth decimal.Decimal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m, known := b.markets[symbol]
	if !known {
		return told, worth
	}
	mark, _ := m.last()
	worth = b.account.position(symbol).Quantity.Mul(mark)
	told.Maintenance = worth.Abs().Mul(b.cfg.Maintenance)
	if at, ok := b.account.liquidationPrice(m); ok && mark.IsPositive() {
		told.Liquidation = decimal.NewNullDecimal(at)
		told.Distance = mark.Sub(at).Abs().DivRound(mark, 6)
	}
	return told, worth
}
