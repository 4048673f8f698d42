package book

import (
	"fmt"
	"iter"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/shopspring/decimal"
)

// Trail is what a Journal tells of one order, from the signal that it serves to its last fill.
type Trail struct {
	Order    OrderState      // as it stands after the last entry
	Signal   *journal.Entry  // the SignalSeen or CloseAsked that it came from; nil if there is none
	Approval *journal.Entry  // the SignalApproved, where a person had to say yes
	Entries  []journal.Entry // of the order itself, from its IntentMade on
}

// Audit makes the trail of the order with a client ID from all entries of a Journal; it trusts no snapshot. An error that
// wraps trading.ErrUnknownOrder says that no entry is about such an order.
func Audit(entries iter.Seq2[journal.Entry, error], clientID string) (Trail, error) {
	a := audit{
		clientID: clientID, book: New(decimal.Zero),
		signals: map[string]journal.Entry{}, approvals: map[string]journal.Entry{},
	}
	for entry, err := range entries {
		if err != nil {
			return Trail{}, err
		}
		if err := a.add(entry); err != nil {
			return Trail{}, err
		}
	}
	return a.trail()
}

// audit gathers a Trail.
type audit struct {
	clientID           string
	signals, approvals map[string]journal.Entry // from before the order, by signal ID
	entries            []journal.Entry          // of the order
	book               *Book                    // of this one order, so that what the journal says of it is checked too
}

func (a *audit) add(entry journal.Entry) error {
	if a.entries == nil {
		switch e := entry.Event.(type) {
		case journal.SignalSeen:
			a.signals[e.SignalID] = entry
		case journal.CloseAsked:
			a.signals[e.ID] = entry
		case journal.SignalApproved:
			a.approvals[e.SignalID] = entry
		default: // No other event is why an order was made.
		}
	}
	if journal.OrderOf(entry.Event) != a.clientID {
		return nil
	}
	if err := a.book.Apply(entry.At, entry.Event); err != nil {
		return &EntryError{entry.Seq, err}
	}
	a.entries = append(a.entries, entry)
	return nil
}

func (a *audit) trail() (Trail, error) {
	order, ok := a.book.Order(a.clientID)
	if !ok {
		return Trail{}, fmt.Errorf("book: audit %q: %w", a.clientID, trading.ErrUnknownOrder)
	}
	t := Trail{Order: order, Entries: a.entries}
	if entry, ok := a.signals[order.SignalID]; ok {
		t.Signal = &entry
	}
	if entry, ok := a.approvals[order.SignalID]; ok {
		t.Approval = &entry
	}
	return t, nil
}
