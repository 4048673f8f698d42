package paper

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// walk is a stretch of an instrument's prices, and the orders that it meets.
type walk struct {
	*Broker
	m   *market
	due func(*order) bool
	at  time.Time
	now decimal.Decimal // where the price is
}

// walk begins one at a time; nothing is due on it yet.
func (b *Broker) walk(m *market, at time.Time) walk { return walk{Broker: b, m: m, at: at} }

// takeMarket fills the market orders that are due.
func (w *walk) takeMarket(buy, sell float64) {
	for _, o := range w.orders.open {
		switch {
		case !w.relevant(o) || o.Rests():
		case o.Side == trading.Buy:
			w.take(o, decimal.NewFromFloat(buy))
		default:
			w.take(o, decimal.NewFromFloat(sell))
		}
	}
}

// relevant tells whether the walk concerns an order.
func (w *walk) relevant(o *order) bool { return o.Symbol == w.m.Symbol && !o.status.Done() && w.due(o) }

// moveTo moves the price: in a jump, as between two bars, or through all that lies between. What it meets is dealt with
// in the order in which it is met, and of two at one price the older order comes first.
func (w *walk) moveTo(to decimal.Decimal, jump bool) {
	if jump {
		w.now = to
	}
	var spent map[*order]bool // what has had its share of this price
	for {
		o, price := w.next(to, spent)
		if o == nil {
			break
		}
		if w.arrive(price) {
			return
		}
		if spent == nil {
			spent = make(map[*order]bool)
		}
		spent[o] = !o.waiting()
		w.match(o, jump)
	}
	if !w.arrive(to) {
		w.settle()
	}
}

// next finds what the price meets first on its way.
func (w *walk) next(to decimal.Decimal, spent map[*order]bool) (first *order, price decimal.Decimal) {
	for _, o := range w.orders.open {
		if !w.relevant(o) || !o.Rests() || spent[o] || !o.hit(to, w.cfg.Fill.through()) {
			continue
		}
		level := o.level()
		if o.Type == trading.Stop && o.triggered || level.Sub(w.now).Sign()*to.Sub(level).Sign() < 0 {
			level = w.now // It lies behind us: a gap, or more was wanted than there was.
		}
		if first == nil || level.Sub(w.now).Abs().LessThan(price.Sub(w.now).Abs()) {
			first, price = o, level
		}
	}
	return first, price
}

// match deals with an order whose price is there.
func (w *walk) match(o *order, jump bool) {
	switch {
	case o.waiting():
		o.triggered = true
		if o.Type == trading.Stop || o.hit(w.now, false) {
			w.take(o, w.now)
		}
	case !o.resting, o.Type == trading.Stop:
		w.take(o, w.now)
	case jump && w.cfg.Fill == OpenGap:
		w.fill(o, o.rest(), best(o.Side, o.LimitPrice, roundAway(w.m.Instrument, o.Side, w.now)), w.cfg.MakerFeeRate.Decimal)
	default:
		w.fill(o, w.within(o.rest()), o.LimitPrice, w.cfg.MakerFeeRate.Decimal)
	}
}

// take executes what is left of an order against the market: what there is at the price, and one tick worse what there
// is not. A limit bounds both.
func (w *walk) take(o *order, price decimal.Decimal) {
	if o.PostOnly {
		o.end(trading.StatusCanceled, postOnly)
		return
	}
	limited := o.LimitPrice.IsPositive()
	paid := takerPrice(w.m.Instrument, o.Side, price, w.slippage(w.m, o))
	next := roundAway(w.m.Instrument, o.Side, paid.Add(o.Side.Signed(w.m.Tick)))
	if limited {
		paid = best(o.Side, paid, o.LimitPrice)
	}
	rest := o.rest()
	near := w.within(rest)
	far := w.beyond(rest, near)
	if limited && next.Cmp(o.LimitPrice)*int(o.Side) > 0 {
		far = decimal.Zero
	}
	if o.TimeInForce == trading.FOK && !w.whole(o, near.Add(far), paid, next) {
		o.notAtOnce()
		return
	}
	w.fill(o, near, paid, w.cfg.FeeRate)
	if !o.status.Done() {
		w.fill(o, far, next, w.cfg.FeeRate)
	}
	if o.status.Done() || !o.immediate() && limited {
		return
	}
	if o.immediate() || !w.account.closing(o.Order, o.rest()).IsPositive() {
		o.notAtOnce() // A market order waits for what it is to close, and for nothing else.
	}
}

// whole reports whether all that is left of an order can be had, so much of it being there.
func (w *walk) whole(o *order, there, price, worse decimal.Decimal) bool {
	if there.GreaterThan(w.within(o.rest())) {
		price = worse
	}
	allowed, reason := w.allowed(o, o.rest(), price)
	return there.Equal(o.rest()) && reason == "" && allowed.Equal(o.rest())
}

func (w *walk) fill(o *order, quantity, price, feeRate decimal.Decimal) {
	if !quantity.IsPositive() {
		return
	}
	closes := w.account.closing(o.Order, quantity).IsPositive()
	if closes && w.callAt(price, price.Mul(quantity).Mul(feeRate)) {
		return
	}
	before := o.filled
	w.execute(o, quantity, price, feeRate)
	if w.bounded() {
		w.m.take(o.filled.Sub(before))
	}
}

// settle says of the orders that are there now and did not fill at once what becomes of them.
func (w *walk) settle() {
	for _, o := range w.orders.open {
		switch {
		case !w.relevant(o), !o.Rests(), o.waiting():
		case o.immediate():
			o.notAtOnce()
		default:
			o.resting = true
		}
	}
}
