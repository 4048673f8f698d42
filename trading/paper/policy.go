package paper

import (
	"github.com/seed-5dee1c0a/vigil/signal"
)

// FillPolicy says when orders fill, and at which prices, where only bars are known. An order meets the bars whose Time
// is not before it was created; what happened inside a bar is only used for orders that were there before it began.
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
//	OpenGap           at once, at the last price    the same                     the same, or at an open that is better
//	BarTicks          at once, at the last price    open, high, low, close       if the price reaches it, at its limit
//	BarTicksNearest   the same                      the nearer extreme first     the same
//
// The harmful extreme is the low where a long position is held, and the high where a short one is. With the two last,
// each of the four prices carries a quarter of the bar's volume: a limit order gets no more than that of it, and what a
// market order wants beyond that costs one tick more.
//
// With all of them a stop order fills at its stop price, or at the open of a bar that begins beyond it, and slippage
// comes on top of what a taker pays. LimitCross is what freqtrade does, OpenGap what Lean does, BarTicks what nautilus
// does.
type FillPolicy string

// The policies.
const (
	NextOpen        FillPolicy = "next_open"
	NextWorst       FillPolicy = "next_worst"
	NextClose       FillPolicy = "next_close"
	LimitCross      FillPolicy = "limit_cross"
	OpenGap         FillPolicy = "open_gap"
	BarTicks        FillPolicy = "bar_ticks"
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
