package trading

import (
	"context"
	"fmt"
)

// Trail is what a Journal tells of one order, from the signal that it serves to its last fill.
type Trail struct {
	Order    OrderState // as it stands after the last entry
	Signal   *Entry     // the SignalSeen or CloseAsked that it came from; nil if there is none
	Approval *Entry     // the SignalApproved, where a person had to say yes
	Entries  []Entry    // of the order itself, from its IntentMade on
}

// Audit reads the trail of the order with a client ID from a Journal. ErrUnknownOrder says that the Journal knows of no
// such order. It reads all of the Journal, from its beginning, and trusts no snapshot.
func Audit(ctx context.Context, j Journal, clientID string) (Trail, error) {
	seen := make(map[string]Entry) // the signals before the order, by ID
	approved := make(map[string]Entry)
	var trail Trail
	book := NewBook(Unlimited) // of this one order, so that what the journal says of it is checked too
	for after := int64(0); ; {
		entries, err := j.Read(ctx, after, loadPage)
		if err != nil {
			return Trail{}, fmt.Errorf("trading: read journal after %d: %w", after, err)
		}
		if len(entries) == 0 {
			break
		}
		for _, entry := range entries {
			after = entry.Seq
			if trail.Entries == nil {
				switch e := entry.Event.(type) {
				case SignalSeen:
					seen[e.SignalID] = entry
				case CloseAsked:
					seen[e.ID] = entry
				case SignalApproved:
					approved[e.SignalID] = entry
				}
			}
			if orderOf(entry.Event) != clientID {
				continue
			}
			if err := book.Apply(entry.At, entry.Event); err != nil {
				return Trail{}, &JournalError{entry.Seq, err}
			}
			trail.Entries = append(trail.Entries, entry)
		}
	}
	order, ok := book.Order(clientID)
	if !ok {
		return Trail{}, fmt.Errorf("trading: audit %q: %w", clientID, ErrUnknownOrder)
	}
	trail.Order = order
	if entry, ok := seen[order.SignalID]; ok {
		trail.Signal = &entry
	}
	if entry, ok := approved[order.SignalID]; ok {
		trail.Approval = &entry
	}
	return trail, nil
}

// orderOf is the client ID that an event is about; empty for those that are about no order.
func orderOf(e Event) string {
	switch e := e.(type) {
	case IntentMade:
		return e.Order.ClientID
	case Submitting:
		return e.ClientID
	case Acknowledged:
		return e.ClientID
	case Triggered:
		return e.ClientID
	case Rejected:
		return e.ClientID
	case Unknown:
		return e.ClientID
	case NotReceived:
		return e.ClientID
	case CancelAsked:
		return e.ClientID
	case Cancelled:
		return e.ClientID
	case Expired:
		return e.ClientID
	case Filled:
		return e.Fill.ClientID
	}
	return ""
}
