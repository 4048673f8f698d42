package paper

import (
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// FillPolicy says at which price market orders fill where only bars are known: in full, at the first bar of their symbol
// whose Time is not before the order was created. Slippage comes on top. None of them knows the future: what happened
// inside a bar is only used for orders that were there before it began.
type FillPolicy string

// The policies.
const (
	// NextOpen fills at the open: the first price that could have been had.
	NextOpen FillPolicy = "next_open"
	// NextWorst buys at the high and sells at the low: no order inside the bar could have done worse. What is earned
	// under it does not hang on the path that prices took between two bars.
	NextWorst FillPolicy = "next_worst"
	// NextClose fills at the close, as where a decision takes a whole bar to carry out.
	NextClose FillPolicy = "next_close"
)

func (p FillPolicy) valid() bool {
	return p == "" || p == NextOpen || p == NextWorst || p == NextClose
}

// prices returns what is paid and what is received at a bar, and when.
func (p FillPolicy) prices(bar signal.Bar) (buy, sell float64, at time.Time) {
	end := bar.Time.Add(bar.Interval)
	switch p {
	case NextWorst:
		return bar.High, bar.Low, end
	case NextClose:
		return bar.Close, bar.Close, end
	}
	return bar.Open, bar.Open, bar.Time
}

// either is one price for buyers and sellers.
func either(price float64) func(trading.Side) float64 {
	return func(trading.Side) float64 { return price }
}
