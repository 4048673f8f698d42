package engine

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// What becomes of the rungs that an exit wants, one by one:
//
//	the price has not reached it, and the venue lets it rest     it stands in the ticket, and is a leg
//	the price has reached it, and it stands in the ticket        the same: its leg fills at the venue
//	the price has reached it, and it does not                    what is beyond it is closed at market
//	it would close too little, or leave too little               the next one closes that as well, or it closes all
//
// What is closed at market waits until no leg that takes profit is under way or about to go: it might fill as well.

// askRungs adds the rungs that an exit wants; the last exit that wants any has them.
func (p *proposal) askRungs(want []trading.Rung, by string) {
	if len(want) == 0 || !p.held.Price.IsPositive() || !p.held.Instrument.Tick.IsPositive() {
		return
	}
	var rests []trading.Rung
	var reached trading.Rung
	for _, rung := range p.tradable(want) {
		if beyond := rung.Price.Sub(p.held.Price).Sign() == int(p.held.Side()); p.rest && (beyond || p.stands(rung)) {
			rests = append(rests, rung)
		} else if !beyond {
			reached = rung
		}
	}
	had := len(p.rungs()) > 0
	moved := p.setRungs(rests, by)
	if reached.Price.IsPositive() && p.settled && !(had && moved) {
		by = fmt.Sprintf("%s, and %s has passed %s", by, p.held.Price, reached.Price)
		p.reduce(p.held.Quantity.Abs().Sub(reached.Keep), by)
	}
}

// tradable are rungs at prices and of quantities that can be traded, each beyond the one before.
func (p *proposal) tradable(want []trading.Rung) (all []trading.Rung) {
	i := smallest{p.held.Instrument}
	last := trading.Rung{Keep: p.held.Most}
	for _, rung := range want {
		ticks := rung.Price.Div(i.Tick)
		if rung.Price = ticks.Floor().Mul(i.Tick); p.held.Side() == trading.Buy {
			rung.Price = ticks.Ceil().Mul(i.Tick)
		}
		if rung.Keep = rung.Keep.Div(i.Step).Ceil().Mul(i.Step); rung.Keep.IsNegative() || i.holds(rung.Keep, rung.Price, true) {
			rung.Keep = decimal.Zero
		}
		beyond := len(all) == 0 || rung.Price.Sub(last.Price).Sign() == int(p.held.Side())
		part := decimal.Min(p.held.Quantity.Abs(), last.Keep).Sub(rung.Keep)
		tooLittle := part.IsPositive() && i.holds(part, rung.Price, true)
		if beyond && rung.Price.IsPositive() && rung.Keep.LessThan(last.Keep) && !tooLittle {
			rung.From = last.Keep
			all, last = append(all, rung), rung
		}
	}
	return all
}

// rungs are those of the ticket as it stands.
func (p *proposal) rungs() []trading.Rung { return p.held.Ticket.RungsOf(trading.TakeProfit) }

// stands reports whether the ticket has a rung already, or one that is less than a step away from it.
func (p *proposal) stands(rung trading.Rung) bool {
	return slices.ContainsFunc(p.rungs(), func(r trading.Rung) bool { return p.isSame(r, rung) })
}

func (p *proposal) isSame(a, b trading.Rung) bool {
	return a.Keep.Equal(b.Keep) && a.From.Equal(b.From) && !p.moved(a.Price, b.Price)
}

// setRungs puts rungs into the ticket, unless those are there already. It reports whether they are others now.
func (p *proposal) setRungs(rungs []trading.Rung, by string) bool {
	p.ticket.Rungs, p.rungsBy = p.held.Ticket.Rungs, ""
	if slices.EqualFunc(p.rungs(), rungs, p.isSame) {
		return false
	}
	if p.ticket.Rungs, p.rungsBy = &rungs, by; len(rungs) == 0 {
		p.ticket.Rungs = nil
	}
	return true
}
