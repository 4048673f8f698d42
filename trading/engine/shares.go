package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Where strategies share the account, each signal sets what its own strategy asks to hold, its stake, and the target of the
// instrument is what all stakes add up to. Of another strategy's stake counts what is still under way, and else what it has
// of the position: what was not reached in time is not opened by somebody else's signal.

// checkShares says what of the shares cannot be.
func checkShares(shares map[string]decimal.Decimal) error {
	sum := decimal.Zero
	for _, name := range slices.Sorted(maps.Keys(shares)) {
		if !shares[name].IsPositive() {
			return fmt.Errorf("engine: Config.Shares: %s of %q is not above zero", shares[name], name)
		}
		sum = sum.Add(shares[name])
	}
	if sum.GreaterThan(decimal.NewFromInt(1)) {
		return fmt.Errorf("engine: Config.Shares add up to %s, which is more than 1", sum)
	}
	return nil
}

// stakes are what strategies ask for of an instrument for which one of them has a signal. The zero value is an instrument
// that one strategy owns.
type stakes struct {
	shared bool
	own    book.Stake
	asked  decimal.Decimal // what the signal's own strategy asks for
	others []journal.Stake // those that are not zero
}

// stakesOf are the stakes that stand when s is decided on.
func (d decider) stakesOf(s signal.Signal, in inputs) stakes {
	if d.shares == nil {
		return stakes{}
	}
	all := stakes{shared: true, own: book.Stake{Strategy: s.Strategy}}
	h := d.book.Holding(s.Symbol)
	underWay := h.Target.Deferred || incomplete(h, in.instrument, d.reenter) || d.opens(s.Symbol)
	for _, one := range d.book.StakesOf(s.Symbol) {
		if one.Strategy == s.Strategy {
			all.own = one
			continue
		}
		one.Target = one.Reachable(one.Target, in.now)
		if !underWay {
			one.Target = clampToHeld(one.Target, one.Quantity)
		}
		if one.Strategy != "" && !one.Target.IsZero() { // A signal takes what nobody asked for.
			all.others = append(all.others, journal.Stake{Strategy: one.Strategy, Target: one.Target})
		}
	}
	if h.Taken.IsPositive() && !d.refill {
		all.scale(clampToHeld(h.Target.Quantity, h.Quantity), h.Target.Quantity)
	}
	return all
}

// largest is the largest share that a strategy has of the account.
func largest(shares map[string]decimal.Decimal) decimal.Decimal {
	most := decimal.NewFromInt(1)
	if shares != nil {
		most = decimal.Zero
	}
	for _, share := range shares {
		most = decimal.Max(most, share)
	}
	return most
}

// stakesAt are what strategies have, with what came of it at the prices of now.
func stakesAt(b *book.Book, prices book.PriceFunc) []book.Stake {
	all := b.Stakes()
	for i := range all {
		one := &all[i]
		one.Profit = one.Realized
		if price, ok := prices(one.Symbol); ok {
			one.Profit = one.Profit.Add(one.Unrealized(price))
		}
	}
	return all
}

// opens reports whether an order that is no leg is under way.
func (d decider) opens(symbol string) bool {
	return slices.ContainsFunc(d.book.PendingOf(symbol), func(o book.OrderState) bool { return o.Leg == "" && !o.CancelAsked })
}

// otherPlaces is how exact a part of another strategy's stake is.
const otherPlaces = 18

// scale multiplies what the others ask for by a fraction.
func (s *stakes) scale(to, from decimal.Decimal) {
	if from.IsZero() || to.Equal(from) {
		return
	}
	for i := range s.others {
		s.others[i].Target = s.others[i].Target.Mul(to).DivRound(from, otherPlaces)
	}
}

// sum is what the others ask for.
func (s *stakes) sum() (sum decimal.Decimal) {
	for _, one := range s.others {
		sum = sum.Add(one.Target)
	}
	return sum
}

// ask takes what the signal's own strategy asks for, and returns what the instrument's target is with it.
func (s *stakes) ask(target decimal.Decimal) decimal.Decimal {
	if !s.shared {
		return target
	}
	if s.own.Orphan != "" {
		target = clampToHeld(target, s.own.Quantity)
	}
	s.asked = target
	return s.sum().Add(target)
}

// asksLess reports whether the signal's own strategy asks for less than it did. That is never refused, though it may need
// something opened for the others: what is not opened for them in time stays unopened.
func (s *stakes) asksLess() bool {
	return s.shared && !s.asked.Equal(s.own.Target) && clampToHeld(s.asked, s.own.Target).Equal(s.asked)
}

// mark writes the stakes into what becomes of the signal. Where its target is less than what was asked for, its own strategy
// has the less of it; where that is not enough, the others have.
func (s *stakes) mark(seen *journal.SignalSeen, price decimal.Decimal) {
	sets := seen.Outcome == journal.OutcomeActed || seen.Outcome == journal.OutcomeWouldHave
	if !s.shared || !sets && seen.Target.IsZero() {
		return
	}
	own := seen.Target.Sub(s.sum())
	least, most := decimal.Min(s.own.Target, s.asked), decimal.Max(s.own.Target, s.asked)
	if within := decimal.Max(least, decimal.Min(own, most)); !within.Equal(own) {
		if left, sum := seen.Target.Sub(within), s.sum(); left.Sign()*sum.Sign() >= 0 && left.Abs().LessThan(sum.Abs()) {
			s.scale(left, sum)
			own = seen.Target.Sub(s.sum())
		}
	}
	seen.Price = price
	seen.Stakes = append(slices.Clone(s.others), journal.Stake{Strategy: seen.Strategy, Target: own})
}

// ownTarget is what the signal's own strategy asks for: its share of what the sizer says for the whole account.
func (d decider) ownTarget(s signal.Signal, in inputs, all stakes) (decimal.Decimal, error) {
	share, ok := d.shares[s.Strategy]
	taken := d.book.Holding(s.Symbol).Taken
	switch {
	case in.instrument.Symbol == "":
		return decimal.Zero, errNoInstrument
	case s.Direction == signal.Flat:
		return decimal.Zero, nil
	case s.Direction != signal.Long && s.Direction != signal.Short:
		return decimal.Zero, fmt.Errorf("%s says nothing that could be held", s.Direction)
	case !ok:
		return decimal.Zero, errors.New("its strategy has no share of the account")
	case !in.price.IsPositive() && all.own.Target.Sign()*int(s.Direction) < 0:
		return decimal.Zero, nil // How much to hold cannot be said; that nothing is to be held of the other side can.
	case !in.price.IsPositive():
		return decimal.Zero, errNoPrice
	case taken.IsPositive() && !d.refill && all.own.Target.Sign() == int(s.Direction):
		return decimal.Zero, errTaken(taken)
	}
	standing, _ := all.own.Target.QuoRem(share, otherPlaces)
	whole, err := d.sizer.Target(d.sizing(s, in, standing))
	switch {
	case err != nil:
		return decimal.Zero, fmt.Errorf("size: %w", err)
	case whole.Equal(standing):
		return all.own.Target, nil
	}
	target := in.instrument.Quantity(whole.Mul(share))
	if target.IsZero() && !whole.IsZero() {
		return decimal.Zero, fmt.Errorf("size: %s of %s is less than one step of %s", share, whole, in.instrument.Step)
	}
	return target, nil
}

// keepStop is a ticket that loses no more than the one that guards the instrument already: what several strategies hold
// has one bracket, and no exit has moved a stop in vain. A stop that stays counts from no fill.
func keepStop(ticket trading.Ticket, side trading.Side, standing book.Target, held decimal.Decimal) trading.Ticket {
	was := standing.Ticket.StopLoss
	if !was.IsPositive() || side != standing.Side() || !standing.Guarded(held).IsPositive() {
		return ticket
	}
	if !ticket.StopLoss.IsPositive() || was.Cmp(ticket.StopLoss)*int(side) > 0 {
		ticket.StopLoss, ticket.FromFill = was, false
	}
	return ticket
}
