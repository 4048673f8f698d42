package engine

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// retry makes the next order for each target that its last one did not reach, once its time has come.
func (f *follower) retry(ctx context.Context, r *run) error {
	for _, t := range view(f.ledger, (*book.Book).Targets) {
		if !f.due(t) {
			continue
		}
		in := f.inputs(t.Symbol, 0)
		if last, ok := f.ledger.order(t.Last); ok && !last.Rests() {
			in.reference = last.DecisionPrice
		}
		if !in.price.IsPositive() {
			in.price = f.lastDecisionPrice(t)
		}
		_, err := f.ledger.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
			if now, _ := b.Target(t.Symbol); now != t {
				return nil, nil
			}
			if o := f.env.decider(b, r.store, f.ledger.identity).again(t, in); o != nil {
				return []journal.Event{journal.IntentMade{Order: *o}}, nil
			}
			return nil, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// due reports whether a target may have something left to do; most have not, and cost no more than this.
func (f *follower) due(t book.Target) bool {
	if t.Deferred {
		return true
	}
	if last, ok := f.ledger.order(t.Last); !ok || last.Status == trading.StatusFilled && !last.ReduceOnly {
		return false // as most are
	}
	f.ledger.mu.Lock()
	h := f.ledger.book.Holding(t.Symbol)
	f.ledger.mu.Unlock()
	last := h.Last
	due := f.env.incomplete(h)
	failed := last.Status == trading.StatusRejected || last.Status == trading.StatusCanceled
	if !due && failed && h.ToClose().IsZero() && f.env.logOnce("spent "+t.SignalID) {
		f.env.log.Error("Order given up", "symbol", t.Symbol, "signal_id", t.SignalID, "attempts", t.Attempts,
			"target", t.Quantity, "reason", last.Reason)
	}
	return due
}

// lastDecisionPrice is what a retry goes by where nobody gives prices; before the first order, what was paid.
func (f *follower) lastDecisionPrice(t book.Target) decimal.Decimal {
	f.ledger.mu.Lock()
	defer f.ledger.mu.Unlock()
	if last, ok := f.ledger.book.Order(t.Last); ok {
		return last.DecisionPrice
	}
	return f.ledger.book.Position(t.Symbol).AveragePrice()
}

// guard makes the legs that brackets lack.
func (f *follower) guard(ctx context.Context, r *run) error {
	for _, t := range view(f.ledger, (*book.Book).WithBracket) {
		if f.ledger.hasOtherUnits(t.Symbol) {
			continue
		}
		in := inputs{now: f.env.now()}
		for made := true; made; {
			var wrong error
			events, err := f.ledger.write(ctx, r, func(b *book.Book) (events []journal.Event, err error) {
				now, _ := b.Target(t.Symbol)
				in.instrument = f.env.instrument(t.Symbol, b.Position(t.Symbol).Quantity)
				var made []trading.Order
				made, wrong = f.env.decider(b, r.store, f.ledger.identity).guard(now, in)
				for _, o := range made {
					events = append(events, journal.IntentMade{Order: o})
				}
				return events, nil
			})
			if err != nil {
				return err
			}
			if wrong != nil && f.env.logOnce("unguarded "+t.SignalID) {
				f.env.log.Error("Position is not guarded", "symbol", t.Symbol, "reason", wrong)
			}
			made = len(events) > 0
		}
	}
	return nil
}

// guardsYet reports whether an order, though it is not wanted as it is, guards what nothing else does yet: where the venue
// lets two rest, or puts one in the place of the other, it stays until the next one is there.
func (f *follower) guardsYet(b *book.Book, o book.OrderState) bool {
	if o.Leg == "" {
		return false
	}
	if f.ledger.hasOtherUnits(o.Symbol) {
		return !b.Position(o.Symbol).Quantity.IsZero() // Nothing can take its place, and nothing can close what it guards.
	}
	if f.env.replaces() == trading.ByGap {
		return false
	}
	h := b.Holding(o.Symbol)
	if h.Target.Guarded(h.Quantity).IsZero() || o.Side == h.Target.Side() || len(h.Target.Ticket.RungsOf(o.Leg)) > 0 {
		return false
	}
	legs := b.Legs(o.Symbol, o.Leg)
	return f.env.canTrade(h, legs.Asked.Sub(legs.Resting))
}

// unwanted says why an order that is open is not to be: see Book.Unwanted, and opposes for what was to be executed at once.
func (f *follower) unwanted(b *book.Book, o book.OrderState, opening error) string {
	if o.Rests() {
		return unwanted(f.env.traits, b, o, f.env.now(), opening)
	}
	x := b.Exposure(o.Symbol)
	t, _ := b.Target(o.Symbol)
	if o.SignalID != t.SignalID && opposes(o, t.Quantity.Sub(decimal.Sum(x.Held, x.Working, x.Resting))) {
		return "its target is another one now"
	}
	return ""
}

// sweep asks for the end of open orders that are not wanted any more.
func (f *follower) sweep(ctx context.Context, r *run) error {
	for _, o := range f.ledger.pendingWhere(func(o book.OrderState) bool {
		return o.Status == trading.StatusOpen && !o.CancelAsked
	}) {
		opening := f.gate.blocked(o.Symbol)
		_, err := f.ledger.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
			now, _ := b.Order(o.ClientID)
			if opening == nil {
				opening = f.env.paused(b, o.Symbol)
			}
			why := f.unwanted(b, now, opening)
			if why == "" || now.Status != trading.StatusOpen || now.CancelAsked || f.guardsYet(b, now) {
				return nil, nil
			}
			f.env.log.Info("Order is to be canceled", orderAttrs(o, "reason", why)...)
			return []journal.Event{journal.CancelAsked{ClientID: o.ClientID, Reason: why}}, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
