package engine

import (
	"math/rand/v2"

	"github.com/seed-5dee1c0a/vigil/trading/book"
)

// StateVersion returns another number after each change of what a Status says of whether trading goes on: its Halt,
// ReduceOnly and Reconciled. It is for who shows a Status that is a moment old, such as a page: these may not be old. No
// two Engines have a number in common. It takes nanoseconds.
func (e *Engine) StateVersion() uint64 {
	e.ledger.mu.Lock()
	defer e.ledger.mu.Unlock()
	now := stateOfTrading{e.ledger.book.Halted(), e.gate.pendingHalt, e.gate.reduceOnly, e.ledger.reconciled}
	if now != e.lastState || e.stateVersion == 0 {
		if e.stateVersion == 0 {
			e.stateVersion = rand.Uint64() | 1 //nolint:gosec // it tells Engines apart, and hides nothing
		}
		e.lastState = now
		e.stateVersion++
	}
	return e.stateVersion
}

// stateOfTrading is what a StateVersion is of.
type stateOfTrading struct {
	halt        book.Halt
	pendingHalt string
	reduceOnly  bool
	reconciled  bool
}
