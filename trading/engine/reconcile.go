package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// fillLimit is how many fills are asked for at a time.
const fillLimit = 500

// reconcile brings the book and the Broker together: fills that were missed, orders whose fate is not known, positions.
// Nothing is sent before it has succeeded once, and again after every failure of a call to the Broker.
func (e *Engine) reconcile(ctx context.Context, r *run) error {
	if !e.mustCompare() {
		return nil
	}
	if err := e.comparePositions(ctx, r); err != nil {
		return err
	}
	e.mu.Lock()
	e.reconciled = e.loaded && r == e.run
	e.compared = e.passed()
	done := e.reconciled
	e.mu.Unlock()
	if !done {
		return errReplaced
	}
	if !r.greeted {
		r.greeted = true
		s := e.Status()
		e.log.Info("LIVE TRADING ENGINE STARTED SUCCESSFULLY", "positions", len(s.Positions), "open_orders", len(s.Orders))
	}
	health.Ready(ctx)
	return nil
}

// mustCompare tells whether positions are to be compared: before anything is sent, and then from time to time while no
// order is under way, as the two sides of one need not show its fill in the same moment. Those that rest are not under
// way until the Broker reports more of them filled than its fills add up to.
func (e *Engine) mustCompare() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.reconciled {
		return true
	}
	if e.passed()-e.compared < e.cfg.Reconcile || e.lookBack > 0 {
		return false
	}
	for _, o := range e.book.Pending() {
		if !o.Rests() || o.Status != trading.StatusOpen || o.CancelAsked {
			return false
		}
	}
	return true
}

// doubt takes note that the Broker could not be asked: what happened meanwhile is to be looked into. That a run which was
// given up could not says nothing about the one that took over.
func (e *Engine) doubt(r *run, err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r == e.run {
		e.reconciled = false
	}
	return err
}

// fetchFills journals the fills that the book does not know. What cannot be is left out and told.
func (e *Engine) fetchFills(ctx context.Context, r *run) error {
	e.mu.Lock()
	further := e.lookBack
	e.mu.Unlock()
	return e.fetchFillsOf(ctx, r, further)
}

// fetchFillsOf asks for fills from so much further back than news can be expected from, had all clocks gone right. Of
// those only the ones of our own orders count: what else happened then was there before.
func (e *Engine) fetchFillsOf(ctx context.Context, r *run, further time.Duration) error {
	e.mu.Lock()
	since := e.book.FillsSince()
	if e.book.IsNew() {
		since = e.opened.Add(-book.FillOverlap) // what an account did before its first day here is not ours
	}
	e.mu.Unlock()
	var nonsense error
	for from := (trading.Cursor{Since: since.Add(-further)}); ; {
		fills, next, err := e.fillPage(ctx, r, from)
		if err != nil {
			return errors.Join(nonsense, err)
		}
		events, err := e.write(context.WithoutCancel(ctx), r, func(b *book.Book) ([]journal.Event, error) {
			news, wrong := newFills(b, since, fills)
			nonsense = errors.Join(nonsense, wrong)
			return news, nil
		})
		if err != nil {
			return err
		}
		e.tellFills(events)
		if len(fills) == 0 || next.Equal(from) {
			return nonsense
		}
		from = next
	}
}

// fillPage asks for fillLimit fills.
func (e *Engine) fillPage(ctx context.Context, r *run, from trading.Cursor) ([]trading.Fill, trading.Cursor, error) {
	health.Beat(ctx)
	limited, cancel := e.limited(ctx)
	defer cancel()
	fills, next, err := e.cfg.Broker.Fills(limited, from, fillLimit)
	if err != nil {
		return nil, next, e.doubt(r, fmt.Errorf("engine: ask the broker for fills: %w", err))
	}
	return fills, next, nil
}

func newFills(b *book.Book, since time.Time, fills []trading.Fill) (news []journal.Event, nonsense error) {
	known := make(map[string]bool)
	for _, f := range fills {
		if b.HasFill(f.ID) || known[f.ID] || b.Forgotten(f) { // None that is so old was asked for.
			continue
		}
		if _, ours := b.Order(f.ClientID); !ours && f.Time.Before(since) {
			continue
		}
		known[f.ID] = true
		if err := b.Check(journal.Filled{Fill: f}); err != nil {
			nonsense = errors.Join(nonsense, fmt.Errorf("the broker tells of what cannot be: %w", err))
			continue
		}
		news = append(news, journal.Filled{Fill: f})
	}
	return news, nonsense
}

// tellFills logs what is durable by now: no fill is ever told that a crash could take back.
func (e *Engine) tellFills(events []journal.Event) {
	for _, event := range events {
		f := event.(journal.Filled).Fill
		e.mu.Lock()
		_, ours := e.book.Order(f.ClientID)
		e.mu.Unlock()
		e.log.Info("Fill", "symbol", f.Symbol, "side", f.Side, "quantity", f.Quantity, "price", f.Price, "fee", f.Fee,
			"id", f.ID, "client_id", f.ClientID)
		if !ours {
			e.log.Warn("Fill of an order that is not ours", "symbol", f.Symbol, "id", f.ID, "client_id", f.ClientID)
		}
	}
}

// haltFor halts trading for a reason that the Engine found itself.
func (e *Engine) haltFor(ctx context.Context, r *run, reason string) error {
	events, err := e.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
		if b.Halted().Active() {
			return nil, nil
		}
		return []journal.Event{journal.Halted{Reason: reason}}, nil
	})
	if err == nil && len(events) > 0 {
		e.log.Error("Trading halted", "reason", reason)
	}
	return err
}
