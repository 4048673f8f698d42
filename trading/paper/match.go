package paper

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// walk is a stretch of an instrument's prices, and the orders that it meets.
type walk struct {
	*Broker
	i   trading.Instrument
	due func(*order) bool
	at  time.Time
	now decimal.Decimal // where the price is
	// depth is how much can be had at this price; only where the policy bounds it.
	depth decimal.Decimal
}

// walkBarLocked lets an instrument's price go the way of a bar.
func (b *Broker) walkBarLocked(i trading.Instrument, bar signal.Bar) {
	begins := bar.Time // A function that holds the bar would have it copied to the heap, on each of them.
	for _, o := range b.open {
		if o.Symbol == i.Symbol && o.overdue(bar.Time) {
			o.end(trading.StatusExpired, "its day is over")
		}
	}
	var share decimal.Decimal
	if b.cfg.Fill.ticks() {
		share = i.Quantity(decimal.NewFromFloat(bar.Volume / 4))
	}
	held := b.holding[i.Symbol].Quantity.Sign()
	b.depth[i.Symbol] = share
	if len(b.open) == 0 && (held == 0 || held > 0 && b.unlevered || b.carriesLocked(i, bar, held)) {
		return // Nothing can happen, as on most bars.
	}
	w := walk{Broker: b, i: i, due: func(o *order) bool { return !begins.Before(o.CreatedAt) }, at: begins}
	path := b.cfg.Fill.path(bar, held)
	w.depth = share
	buy, sell, atEnd := b.cfg.Fill.market(bar)
	if !atEnd {
		w.markets(buy, sell)
	}
	w.reach(decimal.NewFromFloat(path[0]), true)
	w.at = bar.End() // Nobody says when it was, and this is when it was known.
	for _, price := range path[1:] {
		w.depth = share
		w.reach(decimal.NewFromFloat(price), false)
	}
	if atEnd {
		w.markets(buy, sell)
		w.marginCall(decimal.Zero)
	}
	b.depth[i.Symbol] = w.depth
}

// carriesLocked reports whether the account carries what is held of an instrument all through a bar. It does if it does at
// the worst price: what is left above Maintenance falls as a long position's price falls and as a short one's rises.
func (b *Broker) carriesLocked(i trading.Instrument, bar signal.Bar, held int) bool {
	worst := bar.Low
	if held < 0 {
		worst = bar.High
	}
	w := walk{Broker: b, i: i, now: decimal.NewFromFloat(worst)}
	return !w.shortLocked(decimal.Zero)
}

// walkQuoteLocked takes one order to the present price.
func (b *Broker) walkQuoteLocked(o *order, price float64, at time.Time) {
	if o.overdue(at) {
		o.end(trading.StatusExpired, "its day is over")
		return
	}
	w := walk{Broker: b, i: b.instruments[o.Symbol], due: func(open *order) bool { return open == o }, at: at}
	w.markets(price, price)
	w.reach(decimal.NewFromFloat(price), true)
}

// takeAtOnceLocked fills a market order at the last price.
func (b *Broker) takeAtOnceLocked(o *order, last decimal.Decimal, at time.Time) {
	if o.Rests() {
		return
	}
	w := walk{Broker: b, i: b.instruments[o.Symbol], at: at, depth: b.depth[o.Symbol]}
	w.take(o, last)
	b.depth[o.Symbol] = w.depth
}

// dayEnds is when the trading day of an order ends; zero if it is not for the day. It takes no lock, because Hours is not
// ours.
func (b *Broker) dayEnds(o trading.Order) time.Time {
	if o.TimeInForce != trading.Day {
		return time.Time{}
	}
	made := o.CreatedAt.UTC()
	if b.cfg.Hours != nil {
		session := made
		open, until := b.cfg.Hours.Open(o.Symbol, session)
		if !open && !until.IsZero() {
			session = until
			_, until = b.cfg.Hours.Open(o.Symbol, session)
		}
		if !until.IsZero() && until.Sub(session) <= 24*time.Hour {
			return until
		}
	}
	return time.Date(made.Year(), made.Month(), made.Day()+1, 0, 0, 0, 0, time.UTC)
}

// overdue tells whether an order's trading day has ended.
func (o *order) overdue(at time.Time) bool { return !o.until.IsZero() && !at.Before(o.until) }

// markets fills the market orders that are due.
func (w *walk) markets(buy, sell float64) {
	for _, o := range w.open {
		switch {
		case !w.meets(o) || o.Rests():
		case o.Side == trading.Buy:
			w.take(o, decimal.NewFromFloat(buy))
		default:
			w.take(o, decimal.NewFromFloat(sell))
		}
	}
}

// meets tells whether the walk concerns an order.
func (w *walk) meets(o *order) bool { return o.Symbol == w.i.Symbol && !o.status.Done() && w.due(o) }

// reach moves the price: in a jump, as between two bars, or through all that lies between. What it meets is dealt with
// in the order in which it is met, and of two at one price the older order comes first.
func (w *walk) reach(to decimal.Decimal, jump bool) {
	if jump {
		w.now = to
	}
	spent := make(map[*order]bool) // what has had its share of this price
	for {
		o, price := w.next(to, spent)
		if o == nil {
			break
		}
		w.now = price
		if w.marginCall(decimal.Zero) {
			return
		}
		spent[o] = !o.waiting()
		w.meet(o, jump)
	}
	w.now = to
	if !w.marginCall(decimal.Zero) {
		w.settle()
	}
}

// next finds what the price meets first on its way.
func (w *walk) next(to decimal.Decimal, spent map[*order]bool) (first *order, price decimal.Decimal) {
	for _, o := range w.open {
		if !w.meets(o) || !o.Rests() || spent[o] || !o.reached(to, w.cfg.Fill.through()) {
			continue
		}
		level := o.level()
		if level.Sub(w.now).Sign()*to.Sub(level).Sign() < 0 {
			level = w.now // It lies behind us: a gap, or more was wanted than there was.
		}
		if first == nil || level.Sub(w.now).Abs().LessThan(price.Sub(w.now).Abs()) {
			first, price = o, level
		}
	}
	return first, price
}

// waiting tells whether the price has yet to reach the order's stop.
func (o *order) waiting() bool {
	return !o.triggered && (o.Type == trading.Stop || o.Type == trading.StopLimit)
}

// level is the price that the order waits for.
func (o *order) level() decimal.Decimal {
	if o.waiting() {
		return o.StopPrice
	}
	return o.LimitPrice
}

// reached tells whether the order is met where the price comes to p.
func (o *order) reached(p decimal.Decimal, through bool) bool {
	beyond := p.Cmp(o.level()) * int(o.Side) // above zero: dearer for this side
	if o.waiting() {
		return beyond >= 0
	}
	return beyond < 0 || beyond == 0 && !through
}

// meet deals with an order whose price is there.
func (w *walk) meet(o *order, jump bool) {
	switch {
	case o.waiting():
		o.triggered = true
		if o.Type == trading.Stop || o.reached(w.now, false) {
			w.take(o, w.now)
		}
	case !o.resting:
		w.take(o, w.now)
	case jump && w.cfg.Fill == OpenGap:
		w.fill(o, o.rest(), better(o.Side, o.LimitPrice, against(w.i, o.Side, w.now)), w.cfg.MakerFeeRate.Decimal)
	default:
		w.fill(o, w.within(o.rest()), o.LimitPrice, w.cfg.MakerFeeRate.Decimal)
	}
}

// within is how much of a quantity can be had at this price.
func (w *walk) within(quantity decimal.Decimal) decimal.Decimal {
	if !w.cfg.Fill.ticks() || w.cfg.Quote != nil {
		return quantity
	}
	return decimal.Min(quantity, w.depth)
}

// take executes what is left of an order against the market: what there is at the price, and one tick worse what there
// is not. A limit bounds both.
func (w *walk) take(o *order, price decimal.Decimal) {
	if o.PostOnly {
		o.end(trading.StatusCancelled, postOnly)
		return
	}
	limited := o.LimitPrice.IsPositive()
	paid := w.worsened(w.i, o.Side, price)
	worse := against(w.i, o.Side, paid.Add(o.Side.Signed(w.i.Tick)))
	if limited {
		paid = better(o.Side, paid, o.LimitPrice)
	}
	here := w.within(o.rest())
	beyond := o.rest().Sub(here)
	if limited && worse.Cmp(o.LimitPrice)*int(o.Side) > 0 {
		if beyond.IsPositive() && o.TimeInForce == trading.FOK {
			return
		}
		beyond = decimal.Zero
	}
	w.fill(o, here, paid, w.cfg.FeeRate)
	if !o.status.Done() {
		w.fill(o, beyond, worse, w.cfg.FeeRate)
	}
}

func (w *walk) fill(o *order, quantity, price, feeRate decimal.Decimal) {
	if !quantity.IsPositive() {
		return
	}
	closes := w.closingLocked(o.Order, quantity).IsPositive()
	if closes && w.callAt(price, price.Mul(quantity).Mul(feeRate)) {
		return
	}
	before := o.filled
	w.fillLocked(o, quantity, price, feeRate, w.at)
	w.depth = decimal.Max(w.depth.Sub(o.filled.Sub(before)), decimal.Zero)
}

// settle says of the orders that are there now and did not fill at once what becomes of them.
func (w *walk) settle() {
	for _, o := range w.open {
		switch {
		case !w.meets(o), !o.Rests(), o.waiting():
		case o.TimeInForce == trading.IOC, o.TimeInForce == trading.FOK:
			o.end(trading.StatusCancelled, "it could not be had at once")
		default:
			o.resting = true
		}
	}
}

// tidyLocked forgets the orders that are done, and tells of those and of the others that have changed.
func (b *Broker) tidyLocked() {
	b.open = slices.DeleteFunc(b.open, func(o *order) bool {
		now := told{filled: o.filled, triggered: o.triggered}
		if o.status.Done() || now.triggered != o.told.triggered || !now.filled.Equal(o.told.filled) {
			o.told = now
			b.updates.Push(o.report())
		}
		return o.status.Done()
	})
}
