package engine

import (
	"context"
	"fmt"
	"time"

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
	// A signal that only confirms its target keeps the order of the one before, and gives it no more time.
	rests := o.Status == trading.StatusOpen && !o.CancelAsked && b.Unwanted(o, time.Time{}, nil) == ""
	now := f.env.now().UTC()
	if !rests || u.After <= 0 || now.Sub(waitsSince(o, u)) < u.After {
		return nil
	}
	by := fmt.Sprintf("the entry was not filled within %s", u.After)
	i, held := f.env.instrument(o.Symbol, h.Quantity), t.Guarded(h.Quantity).IsPositive()
	if next, ok := nextTicket(t, i, price, held); ok {
		if next.Unfilled.Since = (time.Time{}); next.Rests() && next.Shapes(o.Order) {
			next.Unfilled.Since = now // The order is where it is to be, and has its time anew.
		}
		if next.Rests() {
			by = fmt.Sprintf("%s, %d more", by, next.Unfilled.Reprice)
		} else {
			by += ", at market"
		}
		return []journal.Event{journal.Amended{Symbol: o.Symbol, Ticket: next, By: by}}
	}
	return []journal.Event{closeAsked(b, o.Symbol, h.Quantity, by+", dropped")}
}

// waitsSince is from when the time of an order counts.
func waitsSince(o book.OrderState, u trading.Unfilled) time.Time {
	if u.Since.After(o.CreatedAt) {
		return u.Since
	}
	return o.CreatedAt
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
