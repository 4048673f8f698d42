package paper

import (
	"github.com/seed-5dee1c0a/vigil/signal"
)

// FillPolicy says when orders fill, and at which prices, where only bars are known. An order meets the bars whose Time
// is not before it arrived; what happened inside a bar is only used for orders that were there before it began, and for what
// guards what they have opened in it.
//
// Peers differ in each of these questions. The zero value, NextOpen, gives the answer that costs most wherever bars do
// not tell, and so do NextWorst and NextClose, which are stricter with market orders. The other policies are those of
// well-known engines, so that a strategy can be held against what it earned there:
//
//	                  market orders                 path inside a bar            a limit order fills
//	NextOpen          at the open                   the harmful extreme first    if the price passes it, at its limit
//	NextWorst         at the worst of the bar       the same                     the same
//	NextClose         at the close                  the same                     the same
//	LimitCross        at the open                   the same                     if the price reaches it, at its limit
//	OpenGap           at once, at the last price    the same                     if it is passed, or at an open that is better
//	BarTicks          at once, at the last price    open, high, low, close       if the price reaches it, at its limit
//	BarTicksNearest   the same                      the nearer extreme first     the same
//
// The harmful extreme is the low where a long position is held, and the high where a short one is; where nothing is held,
// the one that what rests comes to last once it has opened. With all policies a stop order fills at its stop price, or at
// the open of a bar that begins beyond it, and slippage comes on top of what a taker pays. What a bar opens is guarded by
// the order's Guard for the rest of its path: with NextWorst the other extreme may come behind the entry, and with
// NextClose nothing does. Each policy says which system it follows and where it differs; docs/conformance.md has the cases.
type FillPolicy string

// The policies.
const (
	// NextOpen is ours: it follows no other system.
	NextOpen FillPolicy = "next_open"
	// NextWorst is ours as well.
	NextWorst FillPolicy = "next_worst"
	// NextClose is ours as well.
	NextClose FillPolicy = "next_close"
	// LimitCross is what freqtrade's backtesting does (develop of 2026, 08fba78). Differences: a limit beyond the market takes
	// at the open, not at the candle's far extreme; a bracket counts from what was paid only with Ticket.FromFill; a position
	// flips in one order; a trailing stop is an exit of an Engine, moves between two candles, and fills at an open that has
	// passed it; no profit falls with time.
	LimitCross FillPolicy = "limit_cross"
	// OpenGap is what Lean's EquityFillModel does on bars of trades (tests at 9146fc7 and 287efb6). Differences: a stop-limit
	// order takes at once where the path of the bar passes its stop, and Lean waits for a close within its limit, or the next
	// bar; the stop is reached by a touch; there are no auctions, and an order in the bar of a gap is filled as one that
	// rested.
	OpenGap FillPolicy = "open_gap"
	// BarTicks is what nautilus_trader does with bars (1.221, a fill model without chance). Each of the four prices carries
	// a quarter of the bar's volume in whole steps, the first ones one step more where it does not divide: a limit order gets
	// no more than that, and what a market order wants beyond it costs one tick more. Differences: nobody gets more than the
	// bar traded, where nautilus gives each price at least one step and a market order all of the rest; so the rest of a market
	// order is canceled where it opens, and waits for more where it closes; limit orders that are sent between bars wait for
	// the next one.
	BarTicks FillPolicy = "bar_ticks"
	// BarTicksNearest is BarTicks with nautilus's bar_adaptive_high_low_ordering.
	BarTicksNearest FillPolicy = "bar_ticks_nearest"
)

func (p FillPolicy) valid() bool {
	switch p {
	case "", NextOpen, NextWorst, NextClose, LimitCross, OpenGap, BarTicks, BarTicksNearest:
		return true
	}
	return false
}

// atOnce tells whether market orders fill at the last price, as soon as they are there.
func (p FillPolicy) atOnce() bool { return p == OpenGap || p.ticks() }

// ticks tells whether a bar is four prices with a quarter of its volume each.
func (p FillPolicy) ticks() bool { return p == BarTicks || p == BarTicksNearest }

// through tells whether the price has to pass a limit, since others may stand before us at the limit itself.
func (p FillPolicy) through() bool {
	return p == NextOpen || p == NextWorst || p == NextClose || p == OpenGap
}

// market returns what a market order pays and receives at a bar: when it begins, or at its end.
func (p FillPolicy) market(bar signal.Bar) (buy, sell float64, atEnd bool) {
	switch p {
	case NextWorst:
		return bar.High, bar.Low, true
	case NextClose:
		return bar.Close, bar.Close, true
	}
	return bar.Open, bar.Open, false
}

// path returns the prices that a bar went through behind its open, in their order; lowFirst where the policy asks which of
// its extremes harms.
func (p FillPolicy) path(bar signal.Bar, lowFirst bool) [3]float64 {
	switch p {
	case BarTicks:
		lowFirst = false
	case BarTicksNearest:
		lowFirst = bar.Open-bar.Low < bar.High-bar.Open
	}
	if lowFirst {
		return [3]float64{bar.Low, bar.High, bar.Close}
	}
	return [3]float64{bar.High, bar.Low, bar.Close}
}
