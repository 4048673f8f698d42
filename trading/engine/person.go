package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/shopspring/decimal"
)

// GiveUp ends an order whose fate the Broker cannot tell, on a person's word that it was not executed and is not going
// to be; by says whose. It is for orders that the Engine says "needs a person" of: those that the Broker has forgotten,
// and those without an answer where no bound is known for how long a request takes. If the order is executed after all
// its fills count, as every fill does.
//
// An error says that there is no such order, that its fate is known, or that sending it has not even returned.
func (e *Engine) GiveUp(ctx context.Context, clientID, by string) error {
	if strings.TrimSpace(by) == "" {
		return errors.New("engine: giving up an order needs a name")
	}
	_, err := e.write(ctx, nil, func(b *book.Book) ([]journal.Event, error) {
		o, ok := b.Order(clientID)
		switch {
		case !ok:
			return nil, fmt.Errorf("engine: give up %q: %w", clientID, trading.ErrUnknownOrder)
		case o.Status != trading.StatusUnknown:
			return nil, fmt.Errorf("engine: give up %s: its fate is known, it is %s", clientID, o.Status)
		case e.isFlying(clientID):
			return nil, fmt.Errorf("engine: give up %s: its submission has not returned", clientID)
		}
		return []journal.Event{journal.Cancelled{ClientID: clientID, Reason: "given up by " + by}}, nil
	})
	if err == nil {
		e.log.Warn("Order given up by a person", "client_id", clientID, "by", by)
	}
	return err
}

// Approve lets a signal set its target that was recorded as would_have, on a person's word; by says whose. It is the
// latest of its strategy and symbol, and as valid as it was: the order is made in the next step, at the price and under
// the limits of then. An error says that there is no such signal to approve, or that it came too late to open anything.
func (e *Engine) Approve(ctx context.Context, signalID, by string) error {
	if strings.TrimSpace(by) == "" {
		return errors.New("engine: approving a signal needs a name")
	}
	_, err := e.write(ctx, nil, func(b *book.Book) ([]journal.Event, error) {
		for _, offer := range b.Offers() {
			held := b.Position(offer.Symbol).Quantity
			if offer.SignalID == signalID && e.now().After(offer.ValidUntil) && between(offer.Target, held).Equal(held) {
				return nil, fmt.Errorf("engine: approve %s: it expired at %s", signalID, offer.ValidUntil.Format(time.RFC3339))
			}
		}
		return []journal.Event{journal.SignalApproved{SignalID: signalID, By: by}}, nil
	})
	if err == nil {
		e.log.Warn("Signal approved", "signal_id", signalID, "by", by)
	}
	return err
}

// Flatten closes what is held of symbol and cancels what rests, on a person's word; by says whose. It is done by the
// next steps, also where orders are not placed automatically. The next signal may open something again: Halt first if
// it is not to.
func (e *Engine) Flatten(ctx context.Context, symbol, by string) error {
	if strings.TrimSpace(by) == "" {
		return errors.New("engine: flattening needs a name")
	}
	if _, ok := e.instruments[symbol]; !ok {
		return fmt.Errorf("engine: flatten %q: no such instrument is set up", symbol)
	}
	err := e.flatten(ctx, nil, symbol, by)
	if err == nil {
		e.log.Warn("Position is to be closed", "symbol", symbol, "by", by)
	}
	return err
}

func (e *Engine) flatten(ctx context.Context, r *run, symbol, by string) error {
	_, err := e.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
		return []journal.Event{closeAsked(b, symbol, decimal.Zero, by)}, nil
	})
	return err
}

// closeAsked names itself by how many orders there have been: the next one with the same name cannot come before this
// one has led to an order.
func closeAsked(b *book.Book, symbol string, keep decimal.Decimal, by string) journal.CloseAsked {
	return journal.CloseAsked{ID: fmt.Sprintf("close %s %d", symbol, b.Counts().Orders), Symbol: symbol, Quantity: keep, By: by}
}

func (e *Engine) isFlying(clientID string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.flying[clientID] > 0
}
