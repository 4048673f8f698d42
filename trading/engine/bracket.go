package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// sweep asks for the end of resting orders that are not wanted any more.
func (e *Engine) sweep(ctx context.Context, r *run) error {
	for _, o := range e.pendingWhere(func(o book.OrderState) bool {
		return o.Rests() && o.Status == trading.StatusOpen && !o.CancelAsked
	}) {
		opening := e.blocked(o.Symbol)
		_, err := e.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
			now, _ := b.Order(o.ClientID)
			why := b.Unwanted(now, e.now(), opening)
			if why == "" || now.Status != trading.StatusOpen || now.CancelAsked {
				return nil, nil
			}
			e.log.Info("Order is to be cancelled", told(o, "reason", why)...)
			return []journal.Event{journal.CancelAsked{ClientID: o.ClientID, Reason: why}}, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// cancelAll takes every cancel that was asked for to the Broker, and learns what became of the order. One that fails
// keeps none of the others back.
func (e *Engine) cancelAll(ctx context.Context, r *run) error {
	canceller, ok := e.cfg.Broker.(trading.Canceller)
	if !ok {
		return nil
	}
	var all error
	for _, o := range e.pendingWhere(func(o book.OrderState) bool { return o.CancelAsked && o.Status == trading.StatusOpen }) {
		if err := e.mayCancel(ctx, r); err != nil {
			return errors.Join(all, fmt.Errorf("engine: order %s not cancelled: %w", o.ClientID, err))
		}
		limited, cancel := e.limited(ctx)
		err := canceller.Cancel(limited, o.Ref())
		cancel()
		if err != nil && !errors.Is(err, trading.ErrUnknownOrder) {
			all = errors.Join(all, e.doubt(r, fmt.Errorf("engine: cancel order %s: %w", o.ClientID, err)))
			continue
		}
		_, err = e.learn(ctx, r, o)
		all = errors.Join(all, err)
	}
	return all
}

// mayCancel is the gate for cancels: the run must be the current one.
func (e *Engine) mayCancel(ctx context.Context, r *run) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.mayActLocked(ctx, r)
}

// guard makes the legs that brackets lack.
func (e *Engine) guard(ctx context.Context, r *run) error {
	e.mu.Lock()
	targets := e.book.Bracketed()
	e.mu.Unlock()
	for _, t := range targets {
		sit := situation{now: e.now(), instrument: e.instruments[t.Symbol]}
		for made := true; made; {
			var wrong error
			events, err := e.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
				now, _ := b.Target(t.Symbol)
				var o *trading.Order
				if o, wrong = e.desk(b, r).guard(now, sit); o == nil {
					return nil, nil
				}
				return []journal.Event{journal.IntentMade{Order: *o}}, nil
			})
			if err != nil {
				return err
			}
			if wrong != nil && e.sayOnce("unguarded "+t.SignalID) {
				e.log.Error("Position is not guarded", "symbol", t.Symbol, "reason", wrong)
			}
			made = len(events) > 0
		}
	}
	return nil
}

// pendingWhere returns the pending orders of which is holds.
func (e *Engine) pendingWhere(is func(book.OrderState) bool) []book.OrderState {
	e.mu.Lock()
	defer e.mu.Unlock()
	var found []book.OrderState
	for _, o := range e.book.Pending() {
		if is(o) {
			found = append(found, o)
		}
	}
	return found
}

// Amend changes, on a person's or a program's word, how the target of symbol is reached and guarded: the price of an
// order that rests, the take-profit, the stop-loss. What rests in another shape is cancelled, and once the Broker has
// said so the new order takes its place; it is never there twice. by says whose word it is.
//
// A stop-loss that the present price has passed already, and a take-profit, are refused. Where nobody gives a price they
// are taken at their word: the Broker then closes the position at once.
func (e *Engine) Amend(ctx context.Context, symbol string, ticket trading.Ticket, by string) error {
	if strings.TrimSpace(by) == "" {
		return errors.New("engine: amending a target needs a name")
	}
	if _, ok := e.cfg.Broker.(trading.Canceller); !ok {
		return errors.New("engine: amending a target needs a Broker that can cancel")
	}
	price, _ := e.price(symbol)
	_, err := e.write(ctx, nil, func(b *book.Book) ([]journal.Event, error) {
		t, ok := b.Target(symbol)
		if !ok || t.Quantity.IsZero() {
			return nil, fmt.Errorf("engine: amend %s: there is no target", symbol)
		}
		if err := ticket.Validate(t.Side(), e.instruments[symbol], price); err != nil {
			return nil, fmt.Errorf("engine: amend %s: %w", symbol, err)
		}
		return []journal.Event{journal.Amended{Symbol: symbol, Ticket: ticket, By: by}}, nil
	})
	if err == nil {
		e.log.Warn("Target amended", "symbol", symbol, "by", by)
	}
	return err
}
