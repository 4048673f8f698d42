package paper

import (
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// walkBar lets an instrument's price go the way of a bar.
func (b *Broker) walkBar(m *market, bar signal.Bar) {
	start := bar.Time // A function that holds the bar would have it copied to the heap, on each of them.
	for _, o := range b.orders.open {
		if o.Symbol == m.Symbol && o.expired(bar.Time) {
			o.end(trading.StatusExpired, "its day is over")
		}
	}
	m.bar(bar.Volume)
	held := b.account.position(m.Symbol).Quantity.Sign()
	if len(b.orders.open) == 0 && (held == 0 || held > 0 && b.account.fullyPaid || b.safe(m, bar, held)) {
		return // Nothing can happen, as on most bars.
	}
	w := b.walk(m, start)
	w.due = func(o *order) bool { return b.arrivesBy(o.CreatedAt, start) }
	if w.bounded() {
		m.count()
		m.at(0)
	}
	buy, sell, atEnd := b.cfg.Fill.market(bar)
	if !atEnd {
		w.takeMarket(buy, sell)
	}
	w.moveTo(decimal.NewFromFloat(bar.Open), true)
	w.at = bar.End() // Nobody says when it was, and this is when it was known.
	for i, price := range b.cfg.Fill.path(bar, w.lowFirst()) {
		m.at(i + 1)
		w.moveTo(decimal.NewFromFloat(price), false)
	}
	if atEnd {
		w.takeMarket(buy, sell)
		w.marginCall(decimal.Zero)
		w.after(bar)
	}
	b.yieldGuards(m.Symbol)
}

// lowFirst reports whether the low is the extreme that harms: that of a position, or of one that a resting order may open,
// which then meets the extreme that harms it behind its entry.
func (w *walk) lowFirst() bool {
	if held := w.account.position(w.m.Symbol).Quantity.Sign(); held != 0 {
		return held > 0
	}
	sells := false
	for _, o := range w.orders.open {
		if !w.relevant(o) || o.ReduceOnly {
			continue
		}
		if o.Side == trading.Buy {
			return false
		}
		sells = true
	}
	return sells
}

// after guards what market orders have opened at the worst price of a bar, where the policy is NextWorst: the price may
// have come to the other end of the bar behind them.
func (w *walk) after(bar signal.Bar) {
	held := w.account.position(w.m.Symbol).Quantity.Sign()
	if w.cfg.Fill != NextWorst || held == 0 {
		return
	}
	w.due = func(o *order) bool { return o.ours() }
	worst, end := bar.High, bar.Low
	if held < 0 {
		worst, end = bar.Low, bar.High
	}
	w.now = decimal.NewFromFloat(worst)
	w.moveTo(decimal.NewFromFloat(end), false)
	w.moveTo(decimal.NewFromFloat(bar.Close), false)
}

// safe reports whether the account carries what is held of an instrument all through a bar. It does if it does at
// the worst price: what is left above Maintenance falls as a long position's price falls and as a short one's rises.
func (b *Broker) safe(m *market, bar signal.Bar, held int) bool {
	worst := bar.Low
	if held < 0 {
		worst = bar.High
	}
	return b.account.keepsMargin(m, worst, 0) || !b.account.short(m, decimal.NewFromFloat(worst), decimal.Zero)
}
