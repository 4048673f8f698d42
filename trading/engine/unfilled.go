package engine

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// unfilled deals with entries that rest for longer than their tickets say. An amended ticket has another order in the place
// of the one that rests; where that is not to be, what is held is the target.
func (f *follower) unfilled(ctx context.Context, r *run) error {
	for _, o := range f.ledger.pendingWhere(func(o book.OrderState) bool {
		return o.Rests() && o.Leg == "" && o.Status == trading.StatusOpen && !o.CancelAsked
	}) {
		price, _ := f.env.price(o.Symbol)
		events, err := f.ledger.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
			return f.afterWaiting(b, o.ClientID, price), nil
		})
		if err != nil {
			return err
		}
		if len(events) > 0 {
			f.env.log.Info("Entry was not filled in time", orderAttrs(o, "by", byOf(events[0]))...)
		}
	}
	return nil
}

func byOf(e journal.Event) string {
	switch e := e.(type) {
	case journal.Amended:
		return e.By
	case journal.CloseAsked:
		return e.By
	default: // Nothing else is made of it.
		return ""
	}
}

// afterWaiting is what becomes of an entry, if its time is over.
func (f *follower) afterWaiting(b *book.Book, clientID string, price decimal.Decimal) []journal.Event {
	o, _ := b.Order(clientID)
	h := b.Holding(o.Symbol)
	t, u := h.Target, h.Target.Ticket.Unfilled
	rests := o.Status == trading.StatusOpen && !o.CancelAsked && t.SignalID == o.SignalID && t.Ticket.Shapes(o.Order)
	if !rests || u.After <= 0 || f.env.now().Sub(o.CreatedAt) < u.After {
		return nil
	}
	by := fmt.Sprintf("the entry was not filled within %s", u.After)
	i, held := f.env.instrument(o.Symbol, h.Quantity), t.Guarded(h.Quantity).IsPositive()
	if next, ok := nextTicket(t, i, price, held); ok {
		if next.Rests() {
			by = fmt.Sprintf("%s, %d more", by, next.Unfilled.Reprice)
		} else {
			by += ", at market"
		}
		return []journal.Event{journal.Amended{Symbol: o.Symbol, Ticket: next, By: by}}
	}
	return []journal.Event{closeAsked(b, o.Symbol, h.Quantity, by+", dropped")}
}

// nextTicket is how an entry is tried next, and false where it is dropped: it is not to be tried again, nobody knows the
// price, or the prices cannot be.
func nextTicket(t book.Target, i trading.Instrument, price decimal.Decimal, held bool) (trading.Ticket, bool) {
	if !price.IsPositive() || !i.Tick.IsPositive() {
		return trading.Ticket{}, false
	}
	next, u := t.Ticket, t.Ticket.Unfilled
	switch {
	case u.Reprice > 0:
		next = next.Again(price, i.Tick, held)
	case u.Cross:
		next = next.Crossed(price, i.Tick, held)
	default:
		return next, false
	}
	return next, next.Validate(t.Side(), i, price) == nil
}
