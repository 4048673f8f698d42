package binancetest

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// liquidationFee is the part of a liquidated notional that goes to the insurance fund, where there is enough.
var liquidationFee = dec("0.0125")

// Margin is cross margin over one asset for each quote: a wallet, what positions have made, and what positions and
// orders need of it.

// unrealized is what a position would realize at the mark price.
func (e *engine) unrealized(symbol string) decimal.Decimal {
	p := e.positions[symbol]
	return p.qty.Mul(e.markets[symbol].mark).Sub(p.cost)
}

// maintenance is notional * ratio - cum of the bracket.
func (e *engine) maintenance(symbol string) decimal.Decimal {
	m := e.markets[symbol]
	notional := e.positions[symbol].qty.Mul(m.mark).Abs()
	b := m.spec.bracket(notional)
	return decimal.Max(notional.Mul(b.Ratio).Sub(b.Cum), decimal.Zero)
}

// positionMargin is the initial margin of what is held.
func (e *engine) positionMargin(symbol string) decimal.Decimal {
	m := e.markets[symbol]
	return e.positions[symbol].qty.Mul(m.mark).Abs().DivRound(decimal.NewFromInt(int64(m.leverage)), 8)
}

// orderMargin is what orders need beyond that: the worse of all buys and all sells being filled.
func (e *engine) orderMargin(symbol string, with *order) decimal.Decimal {
	m := e.markets[symbol]
	held := e.positions[symbol].qty.Mul(m.mark)
	buys, sells := held, held
	orders := e.open(symbol)
	if with != nil {
		orders = append(orders, with)
	}
	for _, o := range orders {
		if o.reduceOnly || o.closePosition {
			continue
		}
		worth := o.left().Mul(m.priceOf(o))
		if o.buys() {
			buys = buys.Add(worth)
		} else {
			sells = sells.Sub(worth)
		}
	}
	worst := decimal.Max(buys.Abs(), sells.Abs(), held.Abs())
	return worst.Sub(held.Abs()).DivRound(decimal.NewFromInt(int64(m.leverage)), 8)
}

// margins are the sums over all symbols of one quote.
func (e *engine) margins(quote string) (unrealized, initial, orders, maintenance decimal.Decimal) {
	for _, name := range e.names {
		if e.markets[name].spec.Quote != quote {
			continue
		}
		unrealized = unrealized.Add(e.unrealized(name))
		initial = initial.Add(e.positionMargin(name))
		orders = orders.Add(e.orderMargin(name, nil))
		maintenance = maintenance.Add(e.maintenance(name))
	}
	return unrealized, initial, orders, maintenance
}

// available is what new orders may need.
func (e *engine) available(quote string) decimal.Decimal {
	unrealized, initial, orders, _ := e.margins(quote)
	return decimal.Max(e.wallets[quote].Add(unrealized).Sub(initial).Sub(orders), decimal.Zero)
}

// checkMargin refuses what the account cannot carry. What only reduces is exempt.
func (e *engine) checkMargin(m *market, o *order) *problem {
	if o.reduceOnly || o.closePosition {
		return nil
	}
	more := e.orderMargin(m.spec.Name, o).Sub(e.orderMargin(m.spec.Name, nil))
	if more.GreaterThan(e.available(m.spec.Quote)) {
		return errMargin
	}
	notional := e.positions[m.spec.Name].qty.Add(o.signed(o.qty)).Mul(m.mark).Abs()
	if more.IsPositive() && notional.GreaterThan(m.maxNotional()) {
		return errLeverageCap
	}
	return nil
}

// liquidateIfDue takes over all positions of a quote whose margin does not hold them any more.
func (e *engine) liquidateIfDue() {
	for _, name := range e.names {
		quote := e.markets[name].spec.Quote
		unrealized, _, _, maintenance := e.margins(quote)
		if maintenance.IsPositive() && e.wallets[quote].Add(unrealized).LessThan(maintenance) {
			e.liquidate(e.markets[name])
		}
	}
}

// liquidate closes a position at the mark price by an order of the venue's own. The insurance fund takes its fee from
// what is there, and bears what is owed.
func (e *engine) liquidate(m *market) {
	for _, o := range e.open(m.spec.Name) {
		e.end(o, "EXPIRED", "LIQUIDATION")
	}
	f := e.closeByVenue(m, fmt.Sprintf("autoclose-%d", e.now.UnixMilli()), m.mark)
	if f == nil {
		return
	}
	quote := m.spec.Quote
	fee := decimal.Max(decimal.Min(f.price.Mul(f.qty).Mul(liquidationFee).Round(8), e.wallets[quote]), decimal.Zero)
	e.credit("INSURANCE_CLEAR", m.spec.Name, quote, fee.Neg(), fmt.Sprint(f.id), f.id)
	if owed := e.wallets[quote]; owed.IsNegative() {
		e.credit("INSURANCE_CLEAR", m.spec.Name, quote, owed.Neg(), fmt.Sprint(f.id), f.id)
	}
	e.tellAccount("INSURANCE_CLEAR", m)
}

// closeByVenue closes a whole position by an order that the account did not send. It answers nil where nothing is held.
func (e *engine) closeByVenue(m *market, clientID string, price decimal.Decimal) *fill {
	return e.tradeByVenue(m, clientID, price, e.positions[m.spec.Name].qty.Neg())
}

// tradeByVenue books a trade of a signed quantity that the account did not ask for.
func (e *engine) tradeByVenue(m *market, clientID string, price, qty decimal.Decimal) *fill {
	if qty.IsZero() {
		return nil
	}
	side := "BUY"
	if qty.IsNegative() {
		side = "SELL"
	}
	e.lastOrder++
	o := &order{
		id: e.lastOrder, clientID: clientID, symbol: m.spec.Name, side: side, typ: "LIMIT", origType: "LIMIT", tif: "IOC",
		stp: "NONE", working: "CONTRACT_PRICE", price: price, qty: qty.Abs(), reduceOnly: true, venues: true,
		status: "NEW", created: e.now, updated: e.now,
	}
	e.orders = append(e.orders, o)
	return e.fill(m, o, price, qty.Abs(), false)
}

// fundIfDue pays funding at the mark price: a long pays where the rate is above zero.
func (e *engine) fundIfDue(m *market) {
	if m.funding.After(e.now) {
		return
	}
	m.funding = m.nextFunding(e.now)
	e.fund(m)
}

func (e *engine) fund(m *market) {
	paid := e.positions[m.spec.Name].qty.Mul(m.mark).Mul(m.rate).Round(8).Neg()
	if paid.IsZero() {
		return
	}
	e.credit("FUNDING_FEE", m.spec.Name, m.spec.Quote, paid, "FUNDING_FEE", 0)
	e.tellFunding(m, paid)
	e.liquidateIfDue()
}
