package engine

import (
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
)

// TakenPolicy says what a signal does that confirms a target of which something else than our orders has taken a part: a
// liquidation, a person, a transfer.
type TakenPolicy string

// The policies.
const (
	// LeaveTaken refuses the signal. One of another direction begins anew.
	LeaveTaken TakenPolicy = "leave"
	// RefillTaken lets it buy what is missing, as if it were the first.
	RefillTaken TakenPolicy = "refill"
)

func (p TakenPolicy) valid() bool { return p == "" || p == LeaveTaken || p == RefillTaken }

// EntryPolicy says what becomes of an entry that rested, and that the Broker calls canceled though nobody here asked
// for it: a person has canceled it in the venue's own application, or the venue has.
type EntryPolicy string

// The policies.
const (
	// LeaveEntry takes that for the last word on the signal.
	LeaveEntry EntryPolicy = "leave"
	// AgainEntry places it again while the signal is valid, up to three times.
	AgainEntry EntryPolicy = "again"
)

func (p EntryPolicy) valid() bool { return p == "" || p == LeaveEntry || p == AgainEntry }

// lastWord reports whether an order that opens is not tried again, although it ended without being filled: it was to be
// executed at once or not at all, or somebody canceled it while it rested.
func (p EntryPolicy) lastWord(o book.OrderState) bool {
	if o.TimeInForce == trading.IOC || o.TimeInForce == trading.FOK {
		return o.Sends > 0
	}
	return p != AgainEntry && o.Acknowledged && !o.CancelAsked && o.Rests()
}
