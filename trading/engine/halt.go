package engine

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// halt shuts the gate at once; journalHalt makes that durable.
func (g *gate) halt(reason string) {
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	if g.pendingHalt == "" {
		g.pendingFrom = g.env.now()
	}
	g.pendingHalt = reason
}

// haltLocked is the halt that stands: one that is not durable yet, or else that of the book.
func (g *gate) haltLocked() book.Halt {
	if g.pendingHalt != "" {
		return book.Halt{Reason: g.pendingHalt, At: g.pendingFrom}
	}
	return g.ledger.book.Halted()
}

// journalHalt makes a halt durable that could not be journaled when it was asked for.
func (g *gate) journalHalt(ctx context.Context, r *run) error {
	g.ledger.mu.Lock()
	reason := g.pendingHalt
	g.ledger.mu.Unlock()
	if reason == "" {
		return nil
	}
	if err := g.ledger.record(ctx, r, journal.Halted{Reason: reason}); err != nil {
		return err
	}
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	if g.pendingHalt == reason { // Another one may have come meanwhile.
		g.pendingHalt = ""
	}
	return nil
}

// haltFor halts trading for a reason that the Engine found itself.
func (g *gate) haltFor(ctx context.Context, r *run, reason string) error {
	events, err := g.ledger.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
		if b.Halted().Active() {
			return nil, nil
		}
		return []journal.Event{journal.Halted{Reason: reason}}, nil
	})
	if err == nil && len(events) > 0 {
		g.env.log.Error("Trading halted", "reason", reason)
	}
	return err
}

func (g *gate) setReduceOnly(on bool, since time.Time) {
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	if !g.reduceOnly {
		g.reduceSince = since
	}
	g.reduceOnly = on
}

// prices asks for the price of everything that is held. It returns what was said, so that the Pricer, who is not ours,
// is not called under the lock.
func (g *gate) prices() book.PriceFunc {
	known := make(map[string]decimal.Decimal)
	for _, p := range view(g.ledger, (*book.Book).Positions) {
		if p.Quantity.IsZero() {
			continue
		}
		if price, ok := g.env.price(p.Symbol); ok {
			known[p.Symbol] = price
		}
	}
	return func(symbol string) (decimal.Decimal, bool) {
		price, ok := known[symbol]
		return price, ok
	}
}

// logHalt says of halts and of locks what is durable by now.
func (g *gate) logHalt(events []journal.Event) {
	for _, event := range events {
		switch e := event.(type) {
		case journal.Halted:
			g.env.log.Error("Trading halted", "reason", e.Reason)
		case journal.Locked:
			g.env.log.Error("Instrument locked", "symbol", e.Symbol, "until", e.Until, "reason", e.Reason)
		default: // The others say nothing of what is durable that stops anything.
		}
	}
}
