package engine

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// adoptGuards makes legs of the orders that the Broker has tied to our entries by their Guards, once one of them has filled:
// from there on the book knows it as a leg of the bracket like any other.
func (c *reconciler) adoptGuards(ctx context.Context, r *run, fills []trading.Fill) error {
	if !anyGuard(fills) { // as on nearly every page
		return nil
	}
	_, err := c.ledger.write(context.WithoutCancel(ctx), r, func(b *book.Book) (events []journal.Event, err error) {
		made := make(map[string]bool)
		for _, f := range fills {
			id, kind := f.Guards()
			entry, known := b.Order(id)
			_, had := b.Order(f.ClientID)
			if !known || had || made[f.ClientID] || f.Side != -entry.Side || f.Symbol != entry.Symbol {
				continue
			}
			made[f.ClientID] = true
			g := executedGuard{b: b, entry: entry, kind: kind, page: fills}
			events = append(events, g.adopt(f, c.env.instrument(f.Symbol, decimal.Zero).Tick)...)
		}
		return events, nil
	})
	return err
}

func anyGuard(fills []trading.Fill) bool {
	for _, f := range fills {
		if entry, _ := f.Guards(); entry != "" {
			return true
		}
	}
	return false
}

// executedGuard is an order by the Guard of an entry, of which a page of fills tells.
type executedGuard struct {
	b     *book.Book
	entry book.OrderState
	kind  trading.Leg
	page  []trading.Fill
}

// adopt makes a leg of it. The target's bracket moves to what was paid first, where it counts from there: see anchor.
func (g executedGuard) adopt(f trading.Fill, tick decimal.Decimal) (events []journal.Event) {
	position, opened := g.b.Position(f.Symbol), g.entry.Filled
	closed := decimal.Zero
	for _, other := range g.page {
		switch {
		case g.b.Known(other):
		case other.ClientID == g.entry.ClientID:
			opened, position = opened.Add(other.Quantity), position.After(other)
		case other.ClientID == f.ClientID:
			closed = closed.Add(other.Quantity)
		}
	}
	at := g.entry.Guard
	if tick.IsPositive() {
		at = g.entry.GuardAt(position.AveragePrice(), tick)
	}
	t, _ := g.b.Target(f.Symbol)
	if at != g.entry.Guard && t.SignalID == g.entry.SignalID && t.Legs == 0 && opened.Equal(g.entry.Quantity) {
		t.Ticket.TakeProfit, t.Ticket.StopLoss, t.Ticket.FromFill = at.TakeProfit, at.StopLoss, at.FromFill
		events = append(events, journal.Amended{Symbol: f.Symbol, Ticket: t.Ticket, By: "the price of the entry"})
	}
	// What the other legs leave of the position, whose older part they may guard.
	guarded := decimal.Min(opened, position.Quantity.Abs().Sub(g.b.Legs(f.Symbol, g.kind).Guarding))
	return append(events, journal.IntentMade{Order: g.leg(f, at.LegPrice(g.kind), decimal.Max(closed, guarded))})
}

// leg is the order.
func (g executedGuard) leg(f trading.Fill, price, quantity decimal.Decimal) trading.Order {
	if !price.IsPositive() {
		price = f.Price // The entry was done long ago, and its Guard is not remembered.
	}
	leg := trading.Order{
		ClientID: f.ClientID, Symbol: f.Symbol, Side: f.Side, Leg: g.kind, ReduceOnly: true, Quantity: quantity,
		DecisionPrice: price, SignalID: g.entry.SignalID, CreatedAt: g.entry.CreatedAt, Config: g.entry.Config,
	}
	if g.kind == trading.TakeProfit {
		leg.Type, leg.LimitPrice = trading.Limit, price
	} else {
		leg.Type, leg.StopPrice = trading.Stop, price
	}
	return leg
}
