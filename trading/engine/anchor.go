package engine

import (
	"context"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// anchor moves brackets to what was paid: those whose ticket asks for that, and, before their first legs are made, those of
// which a leg would stand on the wrong side of the entry and execute at once.
func (f *follower) anchor(ctx context.Context, r *run) error {
	for _, t := range view(f.ledger, (*book.Book).WithBracket) {
		if t.Legs > 0 && !t.Ticket.FromFill {
			continue
		}
		_, err := f.ledger.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
			h := b.Holding(t.Symbol)
			ticket, ok := ticketAtPaid(b, h, f.env.instrument(t.Symbol, h.Quantity))
			if !ok || h.Target != t {
				return nil, nil
			}
			return []journal.Event{journal.Amended{Symbol: t.Symbol, Ticket: ticket, By: "the price of the entry"}}, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ticketAtPaid is a position's ticket with the bracket as far from what was paid as it was to be from the price of the
// decision; false where it stays.
func ticketAtPaid(b *book.Book, h book.Holding, i trading.Instrument) (trading.Ticket, bool) {
	t, side, paid := h.Target.Ticket, h.Target.Side(), h.AveragePrice()
	if !h.Target.Guarded(h.Quantity).IsPositive() || !paid.IsPositive() {
		return t, false
	}
	entry := entryOf(b, h)
	if guards(b, h.Symbol) && !(t.FromFill && entry.Status.Done()) {
		return t, false // What adds to a position counts once all of it is there.
	}
	if !entry.Filled.IsPositive() || entry.Side != side {
		return t, false
	}
	order := t.Shape(trading.Order{Side: side, DecisionPrice: entry.DecisionPrice})
	if !t.FromFill && !order.Guard.Equal(entry.Guard) {
		return t, false // It was amended since, and stands where it is wanted.
	}
	at := order.GuardAt(paid, i.Tick)
	if at == order.Guard {
		return t, false
	}
	t.TakeProfit, t.StopLoss, t.FromFill = at.TakeProfit, at.StopLoss, at.FromFill
	return t, true
}

// entryOf is the order that opened a position. Where a signal has confirmed the target since, none was made for it, and
// the entry is the latest that filled, unless a leg was made for that: the bracket then stands where it is wanted.
func entryOf(b *book.Book, h book.Holding) (entry book.OrderState) {
	if h.Last.SignalID == h.Target.SignalID && h.Target.Last != "" {
		return h.Last
	}
	for _, o := range b.Orders() {
		switch {
		case o.Symbol != h.Symbol:
		case o.Leg != "":
			entry = book.OrderState{}
		case o.Side == h.Target.Side() && o.Filled.IsPositive():
			entry = o
		}
	}
	return entry
}

// guards reports whether any leg is not done: then the bracket stands where it is wanted.
func guards(b *book.Book, symbol string) bool {
	for _, o := range b.PendingOf(symbol) {
		if o.Leg != "" {
			return true
		}
	}
	return false
}
