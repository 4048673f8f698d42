package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
)

// What is otherwise where a venue reserves what is held (trading.Traits.Reserves):
//
//	a bracket with both legs       the stop-loss rests, and the take-profit is watched here and closes at market
//	a position that is to turn     one order closes it, and the next one opens
//
// Both go the ways that exits, and tickets that rest, go everywhere.

// watchesProfit reports whether a take-profit cannot rest, as the stop-loss does.
func watchesProfit(traits trading.Traits, t trading.Ticket) bool {
	return traits.Reserves && t.StopLoss.IsPositive() && t.TakeProfit.IsPositive()
}

// unwanted says why an order is not wanted any more; "" means that it is. A take-profit that rests makes room for a stop.
func unwanted(traits trading.Traits, b *book.Book, o book.OrderState, now time.Time, opening error) string {
	if t, _ := b.Target(o.Symbol); o.Leg == trading.TakeProfit && watchesProfit(traits, t.Ticket) {
		return "the venue reserves what is held for the stop"
	}
	return b.Unwanted(o, now, opening)
}

// askedExits are the exits that are asked: those of the configuration, and the watch over the take-profits that cannot rest.
func askedExits(cfg Config, traits trading.Traits) []trading.Exit {
	if !traits.Reserves {
		return cfg.Exits
	}
	return append(slices.Clip(cfg.Exits), takesProfit{traits})
}

// sayWatched says once that take-profits do not rest.
func (x *exits) sayWatched(h trading.Held) {
	if watchesProfit(x.env.traits, h.Ticket) && x.env.logOnce("take-profits are watched") {
		x.env.log.Info("Take-profits do not rest at the venue, and are closed at market: it reserves what is held for the stop",
			"symbol", h.Instrument.Symbol, "take_profit", h.Ticket.TakeProfit)
	}
}

// takesProfit closes what has reached a take-profit that cannot rest.
type takesProfit struct{ traits trading.Traits }

func (takesProfit) Name() string { return "take-profit" }

func (x takesProfit) Adjust(h trading.Held) trading.Adjustment {
	profit := h.Ticket.TakeProfit
	if !watchesProfit(x.traits, h.Ticket) || !h.Price.IsPositive() || h.Price.Sub(profit).Sign() == -int(h.Side()) {
		return trading.Adjustment{}
	}
	return trading.Adjustment{
		Close:  h.Quantity.Abs(),
		Reason: fmt.Sprintf("%s has reached %s, which cannot rest beside the stop here", h.Price, profit),
	}
}
