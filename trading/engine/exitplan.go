package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// defaultGuardStep is how far a leg must move to be replaced, where nothing else is said: a market that goes one percent
// without a turn then has a stop replaced ten times, and at most once in a step.
const defaultGuardStep = 0.001

// checkExits says what of the exits' own settings cannot be.
func (cfg Config) checkExits() error {
	if !(cfg.GuardStep < 1) {
		return fmt.Errorf("engine: Config.GuardStep %v is not below 1", cfg.GuardStep)
	}
	for _, exit := range cfg.Exits {
		if v, ok := exit.(interface{ Validate() error }); ok {
			if err := v.Validate(); err != nil {
				return fmt.Errorf("engine: Config.Exits: %w", err)
			}
		}
	}
	return nil
}

// proposal is what the exits of one position come to. It is pure.
type proposal struct {
	held   trading.Held
	step   decimal.Decimal // Config.GuardStep
	ticket trading.Ticket  // with the legs where the exits want them

	rest    bool // the venue lets a Rung rest beside the stop
	settled bool // the legs that take profit are where the ticket wants them

	stopBy, profitBy, rungsBy string // on whose word
	close                     decimal.Decimal
	closeBy                   string
}

// take adds what an exit wants to what those before it wanted.
func (p *proposal) take(name string, want trading.Adjustment) {
	by := byExit + name
	if want.Reason != "" {
		by += ": " + want.Reason
	}
	by = strings.ToValidUTF8(by[:min(len(by), maxActText)], "")
	if stop, ok := p.place(want.StopLoss, -p.held.Side(), by); ok && p.isNearer(stop) {
		p.ticket.StopLoss, p.stopBy = stop, by
	}
	if profit, ok := p.place(want.TakeProfit, p.held.Side(), by); ok && !profit.Equal(p.ticket.TakeProfit) {
		p.ticket.TakeProfit, p.profitBy = profit, by
	}
	p.askRungs(want.Rungs, by)
	p.reduce(want.Close, by)
}

// isNearer reports whether a stop is nearer to the last price than the one that stands, or than one that an exit before
// has asked for.
func (p *proposal) isNearer(stop decimal.Decimal) bool {
	stands := p.ticket.StopLoss
	return !stands.IsPositive() || stop.Sub(stands).Sign() == int(p.held.Side())
}

// place is where a leg is to stand, on the tick that is farther from the last price; side says on which side of that. Where
// the price has passed it the position is closed, unless it is a stop beyond the one that stands.
func (p *proposal) place(price decimal.Decimal, side trading.Side, by string) (at decimal.Decimal, ok bool) {
	last, tick := p.held.Price, p.held.Instrument.Tick
	if !price.IsPositive() || !last.IsPositive() || !tick.IsPositive() {
		return at, false
	}
	ticks := price.Div(tick)
	if at = ticks.Floor().Mul(tick); side == trading.Buy {
		at = ticks.Ceil().Mul(tick)
	}
	if at.Sub(last).Sign() == int(side) {
		return at, at.IsPositive()
	}
	if side == p.held.Side() || p.isNearer(at) {
		p.reduce(p.held.Quantity.Abs(), fmt.Sprintf("%s, and %s has passed %s", by, last, at))
	}
	return at, false
}

// reduce asks for a part of the position to be closed. What cannot be traded waits until it is more; where it would leave
// what cannot be, all is closed.
func (p *proposal) reduce(quantity decimal.Decimal, by string) {
	held, i := p.held.Quantity.Abs(), p.held.Instrument
	if quantity.LessThan(held) {
		if quantity = i.Quantity(quantity); (smallest{i}).holds(quantity, decimal.Zero, false) {
			return
		}
		if left := held.Sub(quantity); p.isDust(left) {
			quantity = held
		}
	}
	if quantity = decimal.Min(quantity, held); quantity.GreaterThan(p.close) {
		p.close, p.closeBy = quantity, by
	}
}

// isDust reports whether so little is left that nothing could guard it.
func (p *proposal) isDust(left decimal.Decimal) bool {
	return (smallest{p.held.Instrument}).holds(left, p.held.Price, true)
}

// moved reports whether a leg is to be replaced: by less than the step it is not.
func (p *proposal) moved(from, to decimal.Decimal) bool {
	switch {
	case from.Equal(to):
		return false
	case !from.IsPositive():
		return true
	}
	return to.Sub(from).Abs().GreaterThanOrEqual(p.held.Price.Mul(p.step))
}

// amends reports whether the ticket is to be amended. It leaves a leg where it stands that is to move by too little.
func (p *proposal) amends() bool {
	stands := p.held.Ticket
	if !p.moved(stands.StopLoss, p.ticket.StopLoss) {
		p.ticket.StopLoss, p.stopBy = stands.StopLoss, ""
	}
	if !p.moved(stands.TakeProfit, p.ticket.TakeProfit) {
		p.ticket.TakeProfit, p.profitBy = stands.TakeProfit, ""
	}
	return !p.closesAll() && p.stopBy+p.profitBy+p.rungsBy != ""
}

func (p *proposal) closesAll() bool { return p.close.GreaterThanOrEqual(p.held.Quantity.Abs()) }

func (p *proposal) isNothing() bool { return !p.amends() && !p.close.IsPositive() }

// by is on whose word the ticket is amended.
func (p *proposal) by() string {
	var all []string
	for _, by := range []string{p.stopBy, p.profitBy, p.rungsBy} {
		if by != "" && !slices.Contains(all, by) {
			all = append(all, by)
		}
	}
	return strings.Join(all, "; ")
}

// events are what is journaled. What is left of the position keeps its ticket.
func (p *proposal) events(b *book.Book, h book.Holding) (events []journal.Event) {
	if p.close.IsPositive() {
		keep := h.Quantity
		if asked := h.External.Add(p.held.Quantity); asked.Abs().LessThan(keep.Abs()) {
			keep = asked // What is beyond that nobody has asked for.
		}
		keep = keep.Sub(p.held.Side().Signed(p.close))
		events = append(events, closeAsked(b, h.Symbol, keep, p.closeBy))
	}
	if p.amends() {
		p.ticket.FromFill = p.ticket.FromFill && p.stopBy+p.profitBy == "" // It counts from the price of now.
		events = append(events, journal.Amended{Symbol: h.Symbol, Ticket: p.ticket, By: p.by()})
	}
	return events
}
