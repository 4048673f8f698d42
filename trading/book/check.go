package book

import (
	"fmt"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Check says why an event cannot be, as the Book stands; nil if it can. What may happen to an order is a table in order.go.
func (b *Book) Check(event journal.Event) error {
	switch e := event.(type) {
	case journal.SignalSeen:
		return b.signals.check(e, b.checkOwner)
	case journal.IntentMade:
		return b.orders.checkIntent(&e.Order)
	case journal.Submitting, journal.Acknowledged, journal.Triggered, journal.Rejected, journal.Unknown,
		journal.NotReceived, journal.CancelAsked, journal.Canceled, journal.Expired:
		return b.orders.check(event)
	case journal.SignalApproved:
		return b.signals.checkApproved(e, b.checkOwner)
	case journal.CloseAsked:
		return b.checkClose(e)
	case journal.Amended:
		if b.targets[e.Symbol] == nil {
			return fmt.Errorf("book: amended by %q: %s has no target", e.By, e.Symbol)
		}
		return nil
	case journal.Filled:
		return b.checkFill(&e.Fill)
	case journal.Adopted:
		if e.Symbol == "" || e.Quantity.IsZero() || e.Price.IsNegative() {
			return fmt.Errorf("book: adopted %s of %q at %s says nothing that could be", e.Quantity, e.Symbol, e.Price)
		}
		return nil
	case journal.Converted:
		return b.checkConverted(e)
	case journal.CashMoved:
		return e.Move.Validate()
	case journal.DayOpened:
		return b.account.checkDay(e)
	case journal.Halted:
		if e.Reason == "" {
			return fmt.Errorf("book: halted without a reason")
		}
		return nil
	case journal.Rearmed:
		if !b.halt.Active() {
			return fmt.Errorf("book: rearmed by %q while nothing is halted", e.By)
		}
		return nil
	case journal.SettingsChanged:
		return b.checkSettings(e)
	case journal.Locked:
		return b.locks.check(e)
	case journal.Acted:
		if e.Actor == "" || e.Verb == "" {
			return fmt.Errorf("book: acted lacks its actor %q or verb %q", e.Actor, e.Verb)
		}
		return nil
	}
	return fmt.Errorf("book: %T is no event of a book", event)
}

func (b *Book) checkFill(f *trading.Fill) error {
	if err := b.fills.check(f); err != nil {
		return err
	}
	if o := b.orders.find(f.ClientID); o != nil && (o.Symbol != f.Symbol || o.Side != f.Side) {
		return fmt.Errorf("book: fill %s: %s %s, and order %s is to %s %s",
			f.ID, f.Side, f.Symbol, o.ClientID, o.Side, o.Symbol)
	}
	return nil
}
