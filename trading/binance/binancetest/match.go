package binancetest

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"
)

// accept gives an order its id, tells of it and matches it.
func (e *engine) accept(m *market, o *order) {
	e.lastOrder++
	o.id = e.lastOrder
	if o.clientID == "" {
		o.clientID = fmt.Sprintf("web_%d", o.id)
	}
	e.orders = append(e.orders, o)
	e.resting = append(e.resting, o)
	e.tell(o, "NEW", nil)
	switch {
	case o.matchPart:
		e.expireInMatch(m, o)
	default:
		e.take(m, o)
	}
	e.settle(m)
}

// expireInMatch is self-trade prevention that meets an order when half of it is filled.
func (e *engine) expireInMatch(m *market, o *order) {
	price := o.price
	if o.typ == "MARKET" || o.crosses(m.best(o)) {
		price = m.best(o)
	}
	if part := m.floor(o.left().Div(decimal.NewFromInt(2))); part.IsPositive() {
		e.fill(m, o, price, part, false)
	}
	e.end(o, "EXPIRED_IN_MATCH", "")
}

// take lets a new order trade with the market, and ends or rests what is left of it.
func (e *engine) take(m *market, o *order) {
	if !e.preventSelfTrade(o) {
		return
	}
	if o.crosses(m.best(o)) {
		if qty := decimal.Min(o.left(), m.depth(o)); qty.IsPositive() {
			e.fill(m, o, m.best(o), qty, false)
			m.eat(o, qty)
		}
	}
	if o.live() && (o.typ == "MARKET" || o.tif == "IOC" || o.tif == "FOK") {
		e.end(o, "EXPIRED", "")
	}
}

// preventSelfTrade ends orders of the account that would meet each other, and reports whether o may go on.
func (e *engine) preventSelfTrade(o *order) bool {
	own := e.ownAgainst(o)
	if len(own) == 0 {
		return true
	}
	if o.stp != "EXPIRE_TAKER" {
		for _, maker := range own {
			e.end(maker, "EXPIRED_IN_MATCH", "")
		}
	}
	if o.stp != "EXPIRE_MAKER" {
		e.end(o, "EXPIRED_IN_MATCH", "")
		return false
	}
	return true
}

// ownAgainst are the account's resting orders that o would trade with: those at the market's best price or better, and
// those behind it where the best is not enough.
func (e *engine) ownAgainst(o *order) []*order {
	m := e.markets[o.symbol]
	var own []*order
	for _, other := range e.open(o.symbol) {
		first := other.crosses(m.best(o)) // an order of the other side, at or before the market's best
		if other != o && other.side != o.side && o.crosses(other.price) && (first || !m.has(o, o.left())) {
			own = append(own, other)
		}
	}
	return own
}

// print is a trade of others at a price: it fills what rests there, the best price first and then the oldest. A nil qty
// is as much as is wanted.
func (e *engine) print(m *market, price decimal.Decimal, qty *decimal.Decimal) {
	m.traded(price, qty)
	for _, o := range e.queue(m.spec.Name) {
		if !o.live() || !o.crosses(price) {
			continue
		}
		part := o.left()
		if qty != nil {
			part = decimal.Min(part, *qty)
			rest := qty.Sub(part)
			qty = &rest
		}
		if part.IsPositive() {
			e.fill(m, o, o.price, part, true)
		}
	}
	e.settle(m)
}

// queue is what rests, in the order in which it trades.
func (e *engine) queue(symbol string) []*order {
	queue := e.open(symbol)
	slices.SortStableFunc(queue, func(a, b *order) int {
		switch {
		case a.side != b.side:
			return 0
		case a.buys():
			return b.price.Cmp(a.price)
		default:
			return a.price.Cmp(b.price)
		}
	})
	return queue
}

// settle does what a new price or position brings along: triggers, ends of reduce-only orders, liquidation.
func (e *engine) settle(m *market) {
	for e.trigger(m) {
	}
	e.liquidateIfDue()
	e.tellMarket(m)
}

// fill books a trade of an order. A reduce-only order trades no more than the position has.
func (e *engine) fill(m *market, o *order, price, qty decimal.Decimal, maker bool) *fill {
	if o.reduceOnly || o.closePosition {
		qty = decimal.Min(qty, e.reducible(o))
		if !qty.IsPositive() {
			e.end(o, "EXPIRED", "")
			return nil
		}
	}
	e.lastFill++
	f := &fill{id: e.lastFill, order: o, price: price, qty: qty, maker: maker, at: e.now}
	p := e.positions[o.symbol]
	f.realized = p.trade(o.signed(qty), price)
	p.realized, p.updated = p.realized.Add(f.realized), e.now
	e.fills = append(e.fills, f)
	o.filled, o.quote, o.updated = o.filled.Add(qty), o.quote.Add(price.Mul(qty)), e.now
	o.status = "PARTIALLY_FILLED"
	if o.left().IsZero() {
		e.retire(o, "FILLED")
	}
	e.charge(m, f)
	e.tellAccount("ORDER", m)
	e.tell(o, "TRADE", f)
	e.afterFill(m, o)
	return f
}

// charge books what was realized and the fee, in BNB where the account burns it and has enough.
func (e *engine) charge(m *market, f *fill) {
	rate := e.cfg.Taker
	if f.maker {
		rate = e.cfg.Maker
	}
	quote := m.spec.Quote
	f.feeAsset, f.fee = quote, f.price.Mul(f.qty).Mul(rate).Round(8)
	if e.cfg.FeesInBNB {
		bnb := f.fee.Mul(dec("0.9")).DivRound(e.bnbPrice(), 8)
		if e.wallets["BNB"].GreaterThanOrEqual(bnb) {
			f.feeAsset, f.fee = "BNB", bnb
		}
	}
	e.credit("REALIZED_PNL", m.spec.Name, quote, f.realized, fmt.Sprint(f.id), f.id)
	e.credit("COMMISSION", m.spec.Name, f.feeAsset, f.fee.Neg(), fmt.Sprint(f.id), f.id)
}

func (e *engine) bnbPrice() decimal.Decimal {
	if m, ok := e.markets["BNBUSDT"]; ok {
		return m.last
	}
	return dec("600")
}

// trade adds a signed quantity to the position and tells what that realized. What leaves the position leaves its cost
// by the same amount, so that cash and cost together move by nothing but price times quantity.
func (p *position) trade(qty, price decimal.Decimal) (realized decimal.Decimal) {
	closing := decimal.Zero
	if p.qty.Sign()*qty.Sign() < 0 {
		closing = qty
		if qty.Abs().GreaterThan(p.qty.Abs()) {
			closing = p.qty.Neg()
		}
		share := p.cost.Neg()
		if !closing.Equal(p.qty.Neg()) {
			share = p.cost.Mul(closing).DivRound(p.qty, 8)
		}
		realized = closing.Mul(price).Sub(share).Neg()
		p.qty, p.cost = p.qty.Add(closing), p.cost.Add(share)
	}
	opening := qty.Sub(closing)
	p.qty, p.cost = p.qty.Add(opening), p.cost.Add(opening.Mul(price))
	return realized
}

// afterFill ends what a smaller position leaves nothing to do for.
func (e *engine) afterFill(m *market, by *order) {
	if by.live() && by.reduceOnly && e.reducible(by).IsZero() {
		e.end(by, "EXPIRED", "")
	}
	for _, o := range e.open(m.spec.Name) {
		if o != by && o.reduceOnly && e.reducible(o).IsZero() {
			e.end(o, "EXPIRED", "")
		}
	}
	if e.positions[m.spec.Name].qty.IsZero() {
		for _, a := range e.openAlgos(m.spec.Name) {
			if a.closePosition {
				e.endAlgo(a, "EXPIRED", "")
			}
		}
	}
}

// end takes a live order out of the book.
func (e *engine) end(o *order, status, reason string) {
	if !o.live() {
		return
	}
	o.expiry, o.updated = reason, e.now
	e.retire(o, status)
	what := status
	if status == "EXPIRED_IN_MATCH" {
		what = "EXPIRED"
	}
	e.tell(o, what, nil)
	if o.algo != nil {
		e.finishAlgo(o.algo)
	}
}

func (e *engine) retire(o *order, status string) {
	o.status = status
	e.resting = slices.DeleteFunc(e.resting, func(other *order) bool { return other == o })
	if status == "FILLED" && o.algo != nil {
		e.finishAlgo(o.algo)
	}
}

// cancel ends an order on request.
func (e *engine) cancel(o *order) *problem {
	if o == nil || !o.live() {
		return errUnknownOrder
	}
	e.end(o, "CANCELED", "")
	return nil
}

// find looks an order up by its id, or by the client's, which the newest of those that had it answers to.
func (e *engine) find(symbol string, id int64, clientID string) *order {
	for _, o := range slices.Backward(e.orders) {
		if o.symbol != symbol || !e.remembered(o) {
			continue
		}
		if id != 0 && o.id == id || id == 0 && clientID != "" && o.clientID == clientID {
			return o
		}
	}
	return nil
}
