package journal

import (
	"context"
	"errors"
	"fmt"
)

// History is a Journal that can be asked what happened before something, or about it, without reading all of it. The
// journals of this module are. It is for those who look: a Book is made of all entries, in their order.
//
// Both methods refuse a limit below 1. Where entries were moved to where they cannot be read, and some of them may belong
// to the answer, it is an error that says so, beside the entries that are there.
type History interface {
	// Before returns entries with a Seq below seq, the newest first, at most limit; with a seq of 0 or less it begins at the
	// newest of all. kinds are names as KindOf gives them: entries of other kinds are left out. No kinds are all kinds, and
	// a name that is none is an error. To go on, ask for those before the last one's Seq.
	Before(ctx context.Context, seq int64, kinds []string, limit int) ([]Entry, error)
	// About returns the entries that are about what has this ID, ascending, at most limit. To an order with this client ID
	// belongs all that OrderOf finds, and to a signal all that SignalOf does: its orders' intents too, whose client IDs
	// then lead on. An ID of "" is an error, and nothing is about one that nobody knows.
	About(ctx context.Context, id string, limit int) ([]Entry, error)
}

// SignalOf returns the ID of the signal that an event is about, or of the CloseAsked that stands in the place of one; ""
// where it is about none. An order's intent is about the signal as well.
func SignalOf(e Event) string {
	switch e := e.(type) {
	case SignalSeen:
		return e.SignalID
	case SignalApproved:
		return e.SignalID
	case CloseAsked:
		return e.ID
	case IntentMade:
		return e.Order.SignalID
	default: // The others are about an order, whose intent names the signal, or about neither.
		return ""
	}
}

// checkKinds refuses what Before refuses.
func checkKinds(kinds []string, limit int) error {
	if limit < 1 { // As with Read: who asks for nothing would believe that there is nothing.
		return fmt.Errorf("limit %d is below 1", limit)
	}
	for _, kind := range kinds {
		if _, ok := codecs[kind]; !ok {
			return fmt.Errorf("unknown event kind %q", kind)
		}
	}
	return nil
}

// checkID refuses what About refuses.
func checkID(id string, limit int) error {
	switch {
	case limit < 1:
		return fmt.Errorf("limit %d is below 1", limit)
	case id == "":
		return errors.New("no ID")
	}
	return nil
}
