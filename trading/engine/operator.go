package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Halt stops everything that opens a position, at once and until a person calls Rearm, restarts or not. What reduces a
// position still passes. The halt holds from the moment of the call; an error says that it is not in the Journal yet,
// which the next Step tries again.
func (e *Engine) Halt(ctx context.Context, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return errors.New("engine: a halt needs a reason")
	}
	e.gate.halt(reason)
	e.env.log.Warn("Trading halted", "reason", reason)
	return e.gate.journalHalt(ctx, nil)
}

// ErrOtherHalt says that the halt that was to be lifted does not stand: another one does, or none.
var ErrOtherHalt = errors.New("that halt does not stand")

// Rearm lifts one halt, the one whose Seq is halt, and no other; by says who did. Who has seen a halt has not seen the one
// that came since, and a reason that is added makes it another one: the error is ErrOtherHalt then, and names the halt that
// stands. A halt that is not in the Journal yet is put there first.
//
// All reasons that stood are in the journal then, and in the log: the loss of the day is among them if it has reached its
// limit at this very moment. The day's loss counts anew from what the account is worth now, or else a halt for the daily
// loss would stand again a moment later. Positions are compared before anything is opened.
func (e *Engine) Rearm(ctx context.Context, halt int64, by string) error {
	if strings.TrimSpace(by) == "" {
		return errors.New("engine: re-arming needs a name")
	}
	if err := e.gate.journalHalt(ctx, nil); err != nil {
		return err
	}
	prices, today := e.gate.prices(), e.env.today()
	events, err := e.ledger.write(ctx, nil, func(b *book.Book) ([]journal.Event, error) {
		if err := standsAs(b.Halted(), halt); err != nil {
			return nil, err
		}
		return e.days.rearm(b, by, today, prices), nil
	})
	if err != nil {
		return err
	}
	lifts := ""
	for _, event := range events {
		if rearmed, ok := event.(journal.Rearmed); ok {
			lifts = rearmed.Lifts
		}
	}
	e.env.log.Warn("Trading re-armed", "by", by, "halt", halt, "lifts", lifts)
	return nil
}

// standsAs says why the halt that stands is not the one of a name.
func standsAs(stands book.Halt, halt int64) error {
	switch {
	case !stands.Active():
		return fmt.Errorf("engine: re-arm halt %d: %w: nothing is halted", halt, ErrOtherHalt)
	case stands.Seq != halt:
		return fmt.Errorf("engine: re-arm halt %d: %w: halt %d does, of %s: %s",
			halt, ErrOtherHalt, stands.Seq, stands.At.UTC().Format(time.RFC3339), stands.Reasons())
	}
	return nil
}

// SetReduceOnly lets only those orders pass that reduce a position, or all again. Unlike a halt it lasts as long as the
// Engine.
func (e *Engine) SetReduceOnly(on bool) {
	e.gate.setReduceOnly(on, e.env.now())
	e.env.log.Warn("Reduce only", "on", on)
}

// ReduceOnlySince is SetReduceOnly(true) for who has had it so since an earlier time, such as before a restart.
func (e *Engine) ReduceOnlySince(began time.Time) {
	e.gate.setReduceOnly(true, began)
	e.env.log.Warn("Reduce only", "on", true, "since", began.UTC())
}

// maxActText is how long each text of an act may be that is recorded, in bytes.
const maxActText = 1000

// Record journals what somebody did or tried, for who asks later. Texts beyond 1,000 bytes are cut.
func (e *Engine) Record(ctx context.Context, act journal.Acted) error {
	for _, text := range []*string{&act.Actor, &act.Verb, &act.Object, &act.Key, &act.Error} {
		*text = strings.ToValidUTF8((*text)[:min(len(*text), maxActText)], "")
	}
	_, err := e.ledger.write(ctx, nil, func(*book.Book) ([]journal.Event, error) { return []journal.Event{act}, nil })
	return err
}

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
	_, err := e.ledger.write(ctx, nil, func(b *book.Book) ([]journal.Event, error) {
		o, ok := b.Order(clientID)
		switch {
		case !ok:
			return nil, fmt.Errorf("engine: give up %q: %w", clientID, trading.ErrUnknownOrder)
		case o.Status != trading.StatusUnknown:
			return nil, fmt.Errorf("engine: give up %s: its fate is known, it is %s", clientID, o.Status)
		case e.gate.isInFlight(clientID):
			return nil, fmt.Errorf("engine: give up %s: its submission has not returned", clientID)
		}
		return []journal.Event{journal.Canceled{ClientID: clientID, Reason: "given up by " + by}}, nil
	})
	if err == nil {
		e.env.log.Warn("Order given up by a person", "client_id", clientID, "by", by)
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
	_, err := e.ledger.write(ctx, nil, func(b *book.Book) ([]journal.Event, error) {
		for _, offer := range b.Offers() {
			held := b.Position(offer.Symbol).Quantity
			if offer.SignalID == signalID && e.env.now().After(offer.ValidUntil) && clampToHeld(offer.Target, held).Equal(held) {
				return nil, fmt.Errorf("engine: approve %s: it expired at %s", signalID, offer.ValidUntil.Format(time.RFC3339))
			}
		}
		return []journal.Event{journal.SignalApproved{SignalID: signalID, By: by}}, nil
	})
	if err == nil {
		e.env.log.Warn("Signal approved", "signal_id", signalID, "by", by)
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
	if err := e.reconciler.mayFlatten(symbol); err != nil {
		return fmt.Errorf("engine: flatten %s: %w", symbol, err)
	}
	held := view(e.ledger, func(b *book.Book) decimal.Decimal { return b.Position(symbol).Quantity })
	if e.env.instrument(symbol, held).Symbol == "" {
		return fmt.Errorf("engine: flatten %q: no such instrument is set up, and none of it is held", symbol)
	}
	err := e.flatten(ctx, nil, symbol, by)
	if err == nil {
		e.env.log.Warn("Position is to be closed", "symbol", symbol, "by", by)
	}
	return err
}

// Cancel ends an order that has not been filled, on a person's word; by says whose. What is held by then is the target from
// there on: the order is taken back and comes no second time, and what it fills before the Broker has heard is closed
// again, unless Config.HaltOnExcess is set. The next signal may open something again: Halt first if it is not to.
//
// An order that guards a position is not canceled: Amend or Flatten what it guards. An error says so, or that there is
// no such order, or that it is done.
func (e *Engine) Cancel(ctx context.Context, clientID, by string) error {
	if strings.TrimSpace(by) == "" {
		return errors.New("engine: canceling an order needs a name")
	}
	_, err := e.ledger.write(ctx, nil, func(b *book.Book) ([]journal.Event, error) {
		o, ok := b.Order(clientID)
		switch {
		case !ok:
			return nil, fmt.Errorf("engine: cancel %q: %w", clientID, trading.ErrUnknownOrder)
		case o.Status.Done():
			return nil, fmt.Errorf("engine: cancel %s: it is %s", clientID, o.Status)
		case o.Leg != "":
			return nil, fmt.Errorf("engine: cancel %s: it guards a position: amend or flatten %s", clientID, o.Symbol)
		case !e.env.canCancel():
			return nil, fmt.Errorf("engine: cancel %s: the Broker cannot cancel", clientID)
		}
		return []journal.Event{closeAsked(b, o.Symbol, b.Position(o.Symbol).Quantity, by)}, nil
	})
	if err == nil {
		e.env.log.Warn("Order is to be canceled", "client_id", clientID, "by", by)
	}
	return err
}

// Amend changes, on a person's or a program's word, how the target of symbol is reached and guarded: the price of an
// order that rests, the take-profit, the stop-loss. What rests in another shape is canceled, and once the Broker has
// said so the new order takes its place; it is never there twice. by says whose word it is.
//
// A stop-loss that the present price has passed already, and a take-profit, are refused. Where nobody gives a price they
// are taken at their word: the Broker then closes the position at once.
func (e *Engine) Amend(ctx context.Context, symbol string, ticket trading.Ticket, by string) error {
	if strings.TrimSpace(by) == "" {
		return errors.New("engine: amending a target needs a name")
	}
	if !e.env.canCancel() {
		return errors.New("engine: amending a target needs a Broker that can cancel")
	}
	price, _ := e.env.price(symbol)
	_, err := e.ledger.write(ctx, nil, func(b *book.Book) ([]journal.Event, error) {
		t, ok := b.Target(symbol)
		if !ok || t.Quantity.IsZero() {
			return nil, fmt.Errorf("engine: amend %s: there is no target", symbol)
		}
		if err := ticket.Validate(t.Side(), e.env.instrument(symbol, b.Position(symbol).Quantity), price); err != nil {
			return nil, fmt.Errorf("engine: amend %s: %w", symbol, err)
		}
		return []journal.Event{journal.Amended{Symbol: symbol, Ticket: ticket, By: by}}, nil
	})
	if err == nil {
		e.env.log.Warn("Target amended", "symbol", symbol, "by", by)
	}
	return err
}

func (e *Engine) flatten(ctx context.Context, r *run, symbol, by string) error {
	_, err := e.ledger.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
		return []journal.Event{closeAsked(b, symbol, decimal.Zero, by)}, nil
	})
	return err
}

// closeAsked names itself by how many orders there have been: the next one with the same name cannot come before this
// one has led to an order.
func closeAsked(b *book.Book, symbol string, keep decimal.Decimal, by string) journal.CloseAsked {
	return journal.CloseAsked{ID: fmt.Sprintf("close %s %d", symbol, b.Counts().Orders), Symbol: symbol, Quantity: keep, By: by}
}
