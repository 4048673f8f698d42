package book

import (
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Owner is the strategy that owns an instrument, in the eyes of a signal of a bar; "" where nobody does. Whose signal set
// the target owns the instrument until that is over: nothing is held, no order is open, and none is to come, as the target
// was reached, is to hold nothing, or is not valid any more. So a strategy that was renamed is not locked out for ever.
func (b *Book) Owner(symbol string, bar time.Time) string {
	if s := b.stakes[symbol]; s != nil { // Once strategies share the account no more, one of them goes on.
		return s.owner()
	}
	t := b.targets[symbol]
	switch {
	case t == nil:
		return ""
	case b.InUse(symbol):
		return t.Strategy
	case t.Orphan != "": // Nothing more is opened for it.
		return ""
	}
	last := b.orders.find(t.Last)
	filled := last != nil && last.Status == trading.StatusFilled && !last.ReduceOnly
	if t.Quantity.IsZero() || filled || bar.After(t.ValidUntil) {
		return ""
	}
	return t.Strategy
}

// InUse reports whether something is held of an instrument, or an order for it is pending.
func (b *Book) InUse(symbol string) bool {
	return !b.positions[symbol].Quantity.IsZero() || len(b.orders.pending[symbol]) > 0
}

// Orphan says what the signals were made with on which symbol is held, or orders for it are pending, where their strategy
// speaks no more, or not as it did then. "" says that it does, or that nothing is held.
func (b *Book) Orphan(symbol string) string {
	if t := b.targets[symbol]; t != nil && t.Orphan != "" && b.InUse(symbol) {
		return t.Orphan
	}
	return ""
}

// Orphaned reports whether the strategy of a target speaks no more: nothing is opened for it.
func (t Target) Orphaned() bool { return t.Orphan != "" }

// orphanOf is what becomes of the Orphan of a target that a signal replaces. Where strategies share the instrument, their
// stakes have it.
func (b *Book) orphanOf(e journal.SignalSeen) string {
	if len(e.Stakes) > 0 {
		return ""
	}
	return b.Orphan(e.Symbol)
}

func (b *Book) checkOwner(e journal.SignalSeen) error {
	if len(e.Stakes) > 0 {
		return checkStakes(e)
	}
	if owner := b.Owner(e.Symbol, e.BarTime); owner != "" && owner != e.Strategy && b.Orphan(e.Symbol) == "" {
		return fmt.Errorf("book: signal %s of %s acted on %s, which %s owns", e.SignalID, e.Strategy, e.Symbol, owner)
	}
	return nil
}
