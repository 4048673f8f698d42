package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Where a venue reserves what is held and takes pairs (trading.Pairer), the two legs of a bracket rest as one order of the venue.
// Each has its own intent and client ID, and they are mates: see book.MateID.
//
//	made       both in one write; beside what guards already, for what it does not guard
//	sent       both or neither, and again so: what may be on its way as a pair never goes alone
//	wanted     both or neither, see unwanted: to move or to shrink one takes both away, and then the next pair comes
//	refused    the stop goes alone at once, and the take-profit of this target is watched; so it is where the venue ends them
//	one ends   so does the other; where it does not, a stop stays, and a take-profit makes room for one
//
// A stop that rests alone keeps its place: to put a pair there would leave a gap, only for the sake of the profit.

// takesPairs reports whether both legs of a bracket can rest as one order of the venue.
func (e *env) takesPairs() bool {
	_, ok := e.cfg.Broker.(trading.Pairer)
	return ok && e.traits.Reserves && e.replaces() == trading.ByGap
}

// withMate is a leg, with the take-profit that rests as one with it, if there is to be one.
func (d decider) withMate(o trading.Order, t book.Target, in inputs) []trading.Order {
	made := []trading.Order{o}
	last, had := lastLeg(d.book, t, trading.TakeProfit)
	rungs := len(t.Ticket.RungsOf(trading.TakeProfit)) > 0
	if !d.pairs || o.Leg != trading.StopLoss || !t.Ticket.TakeProfit.IsPositive() || rungs || had && failed(last) {
		return made
	}
	profit, err := d.leg(t, trading.TakeProfit, book.MateID(o.ClientID), t.Ticket.TakeProfit, o.Quantity, in)
	if err != nil || !profit.Quantity.Equal(o.Quantity) {
		return made // It is watched.
	}
	return append(made, profit)
}

// mate returns the mate of an order as the book has it now.
func (l *ledger) mate(o book.OrderState) (book.OrderState, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.book.Mate(o)
}

// endedAsExpected reports whether an order that has ended was to: we asked for that, or its mate has filled.
func endedAsExpected(b *book.Book, o book.OrderState) bool {
	mate, hasMate := b.Mate(o)
	return o.CancelAsked || hasMate && mate.Status == trading.StatusFilled
}

// canPair reports whether an order has no mate, or one that may be sent again with it: it is not at the Broker, and not done.
func (c *reconciler) canPair(o book.OrderState) bool {
	mate, hasMate := c.ledger.mate(o)
	return !hasMate || !mate.Acknowledged && !mate.Status.Done()
}

// guardAlone sends the stops of pairs that the Broker has refused in this step.
func (e *Engine) guardAlone(ctx context.Context, r *run) error {
	if !r.refusedPair.Swap(false) {
		return nil
	}
	return inTurn(ctx, r, e.follower.guard, e.sender.submitAll)
}

var errApart = errors.New("the other order of its pair is not sent with it")

// submitLeg takes a leg to the Broker that was made as one of two, and the other one with it.
func (s *sender) submitLeg(ctx context.Context, r *run, clientID string) error {
	o, _ := s.ledger.order(clientID)
	mate, _ := s.ledger.mate(o)
	switch {
	case o.Status != trading.StatusIntended: // Something has ended it meanwhile.
		return nil
	case mate.Status == trading.StatusIntended && o.Leg == trading.TakeProfit:
		return s.submitPair(ctx, r, o, mate)
	case mate.Status == trading.StatusIntended:
		return s.submitPair(ctx, r, mate, o)
	case mate.Status == trading.StatusUnknown: // What becomes of it says what becomes of this one.
		return nil
	case o.Leg == trading.StopLoss && mate.Status.Done() && !o.InFlight:
		return s.submit(ctx, r, o)
	}
	return s.withdraw(ctx, r, o, errApart)
}

// submitPair takes two intents to the Broker as one, in the way of submit.
func (s *sender) submitPair(ctx context.Context, r *run, profit, loss book.OrderState) error {
	opening := s.gate.blocked(loss.Symbol)
	pair := []book.OrderState{profit, loss}
	var approved []trading.Approved
	for i, o := range pair {
		a, err := s.gate.recheck(o, opening)
		if err == nil && !s.env.takesPairs() {
			err = errApart
		}
		if err != nil {
			return errors.Join(s.withdraw(ctx, r, o, err), s.submitLeg(ctx, r, pair[1-i].ClientID))
		}
		approved = append(approved, a)
	}
	for _, o := range pair {
		if err := s.gate.mayBegin(ctx, r, o.Order, opening); err != nil {
			return errors.Join(s.refused(ctx, r, profit, err), s.refused(ctx, r, loss, err))
		}
	}
	err := s.ledger.record(ctx, r, each(pair, func(o book.OrderState) journal.Event {
		return journal.Submitting{ClientID: o.ClientID}
	})...)
	if err != nil {
		return err
	}
	tries := []*attempt{s.gate.try(r, profit.Order), s.gate.try(r, loss.Order)}
	err = s.callPair(ctx, approved, tries)
	if errors.Is(err, errors.ErrUnsupported) { // by a wrapper
		err = fmt.Errorf("%w: %w", trading.ErrRejected, err)
	}
	switch {
	case tries[0].began && tries[1].began:
	case err == nil:
		err = errNoBegin
	case s.gate.callsBegin() && !errors.Is(err, trading.ErrRejected):
		return errors.Join(s.notSent(ctx, r, profit, tries[0], err), s.notSent(ctx, r, loss, tries[1], err))
	}
	if errors.Is(err, trading.ErrRejected) {
		s.env.log.Warn("The venue does not take the take-profit beside the stop: it is watched, and closed at market, while "+
			"this program runs", "symbol", loss.Symbol, "take_profit", profit.LimitPrice, "reason", err)
		r.refusedPair.Store(true)
	}
	return s.recordResult(ctx, r, err, pair...)
}

// callPair submits both, and tells the gate that it is over even where SubmitPair panics.
func (s *sender) callPair(ctx context.Context, pair []trading.Approved, tries []*attempt) error {
	defer s.gate.end(tries[0])
	defer s.gate.end(tries[1])
	for i, t := range tries {
		pair[i] = pair[i].Gated(func(context.Context) error { return s.gate.begin(ctx, t) })
	}
	limited, cancel := s.env.limited(ctx)
	defer cancel()
	return s.env.cfg.Broker.(trading.Pairer).SubmitPair(limited, pair[0], pair[1])
}
