package book

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Exposure is what is held of an instrument, and what its pending orders may add to that. Quantities are signed, below
// zero for what is sold, and of each order only what has not been filled counts.
//
// An order that is no leg of a bracket counts in exactly one of Intended to Lost:
//
//	                wanted                        cancel asked
//	intended        Intended
//	unknown         Unknown                       Lost
//	open            Working, or Resting           Ending
//
// The legs of a bracket have sums of their own: at most one of the two is going to fill, and perhaps neither.
type Exposure struct {
	Held     decimal.Decimal // the position
	Intended decimal.Decimal // not sent, or to be sent again
	Unknown  decimal.Decimal // sent, and of unknown fate
	Working  decimal.Decimal // open, and to be executed at once
	Resting  decimal.Decimal // open, and waiting for a price
	Ending   decimal.Decimal // open, and may fill until the Broker has canceled it
	Lost     decimal.Decimal // of unknown fate, and not wanted any more

	StopLoss   decimal.Decimal // of legs in any state, unsigned, less what their mates have filled
	TakeProfit decimal.Decimal // the same

	Rests     bool // an order that is no leg and is wanted rests, or will
	InDoubt   bool // an order, or a leg, is of unknown fate or may still reach the Broker
	Unsettled bool // an order is being canceled, it or a leg is of unknown fate, or an order that is no leg is not open yet
	LegEnding bool // a leg is being canceled
}

// exposure adds up the pending orders of a symbol, but for some.
func (s *orders) exposure(held decimal.Decimal, symbol string, without ...string) Exposure {
	x := Exposure{Held: held}
	for _, o := range s.pending[symbol] {
		if slices.Contains(without, o.ClientID) {
			continue
		}
		x.InDoubt = x.InDoubt || o.Status == trading.StatusUnknown || o.InFlight
		x.Unsettled = x.Unsettled || o.CancelAsked && o.Leg == "" || o.Status == trading.StatusUnknown
		x.LegEnding = x.LegEnding || o.CancelAsked && o.Leg != ""
		switch o.Leg {
		case trading.StopLoss:
			x.StopLoss = x.StopLoss.Add(s.rest(o))
		case trading.TakeProfit:
			x.TakeProfit = x.TakeProfit.Add(s.rest(o))
		default:
			x.add(o)
		}
	}
	return x
}

// add counts an order that is no leg.
func (x *Exposure) add(o *OrderState) {
	sum := x.sumOf(o)
	*sum = sum.Add(o.Side.Signed(o.Remaining()))
	x.Rests = x.Rests || o.Rests() && !o.CancelAsked
	x.Unsettled = x.Unsettled || o.Status != trading.StatusOpen
}

func (x *Exposure) sumOf(o *OrderState) *decimal.Decimal {
	switch {
	case o.Status == trading.StatusIntended:
		return &x.Intended
	case o.Status == trading.StatusUnknown && o.CancelAsked:
		return &x.Lost
	case o.Status == trading.StatusUnknown:
		return &x.Unknown
	case o.CancelAsked:
		return &x.Ending
	case o.Rests():
		return &x.Resting
	}
	return &x.Working
}

// Leg is how much the pending orders of one leg add up to; one whose cancel was asked for counts, as it may fill yet.
func (x Exposure) Leg(l trading.Leg) decimal.Decimal {
	if l == trading.TakeProfit {
		return x.TakeProfit
	}
	return x.StopLoss
}
