package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
)

// What is otherwise where a venue reserves what is held (trading.Traits.Reserves):
//
//	a bracket with both legs       they rest as a pair where the venue takes one (pairs.go); else the stop-loss rests, and the
//	                               take-profit is watched here and closes at market
//	a position that is to turn     one order closes it, and the next one opens
//
// What is watched, and what turns, goes the ways that exits, and tickets that rest, go everywhere.

// watchesProfit reports whether a take-profit cannot rest by itself, as the stop-loss does.
func watchesProfit(traits trading.Traits, t trading.Ticket) bool {
	return traits.Reserves && t.StopLoss.IsPositive() && t.TakeProfit.IsPositive()
}

// unwanted says why an order is not wanted any more; "" means that it is. A take-profit that rests alone makes room for a stop,
// and of a pair both are wanted or neither.
func unwanted(traits trading.Traits, b *book.Book, o book.OrderState, now time.Time, opening error) string {
	mate, hasMate := b.Mate(o)
	t, _ := b.Target(o.Symbol)
	switch {
	case hasMate && !mate.Status.Done() && mate.CancelAsked:
		return "the other order of its pair is to go"
	case hasMate && !mate.Status.Done():
		return cmp.Or(b.Unwanted(o, now, opening), b.Unwanted(mate, now, opening))
	case o.Leg == trading.TakeProfit && watchesProfit(traits, t.Ticket):
		return "the venue reserves what is held for the stop"
	}
	return b.Unwanted(o, now, opening)
}

// askedExits are the exits that are asked: those of the configuration, and the watch over the take-profits that do not rest.
func askedExits(env *env, l *ledger) []trading.Exit {
	if !env.traits.Reserves {
		return env.cfg.Exits
	}
	rests := func(symbol string) decimal.Decimal {
		return view(l, func(b *book.Book) decimal.Decimal { return b.Legs(symbol, trading.TakeProfit).Guarding })
	}
	return append(slices.Clip(env.cfg.Exits), takesProfit{env.traits, rests})
}

// sayWatched says once that the take-profit of a position does not rest, where its stop does.
func (x *exits) sayWatched(h trading.Held) {
	symbol := h.Instrument.Symbol
	if !watchesProfit(x.env.traits, h.Ticket) {
		return
	}
	pending := view(x.ledger, func(b *book.Book) book.Exposure { return b.Exposure(symbol) })
	alone := pending.StopLoss.IsPositive() && pending.TakeProfit.IsZero() && !pending.Unsettled
	if alone && x.env.logOnce("take-profit is watched "+symbol) {
		x.env.log.Info("Take-profit does not rest at the venue, and is closed at market: what is held is reserved for the stop",
			"symbol", symbol, "take_profit", h.Ticket.TakeProfit)
	}
}

// takesProfit closes what has reached a take-profit that does not rest.
type takesProfit struct {
	traits trading.Traits
	rests  func(symbol string) decimal.Decimal // for how much one does
}

func (takesProfit) Name() string { return "take-profit" }

func (x takesProfit) Adjust(h trading.Held) trading.Adjustment {
	profit := h.Ticket.TakeProfit
	if !watchesProfit(x.traits, h.Ticket) || !h.Price.IsPositive() || h.Price.Sub(profit).Sign() == -int(h.Side()) {
		return trading.Adjustment{}
	}
	left := h.Quantity.Abs().Sub(x.rests(h.Instrument.Symbol))
	return trading.Adjustment{
		Close:  decimal.Max(left, decimal.Zero),
		Reason: fmt.Sprintf("%s has reached %s, which does not rest beside the stop", h.Price, profit),
	}
}
