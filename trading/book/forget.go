package book

import (
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// What is over is remembered for as long as it can matter, and then forgotten: a Book that ran for years is not larger
// than one that ran for days. A fill matters while the Broker may show it again, which it does at most MaxLookBack and
// an overlap after the latest one; an order, while a late fill may need it. Forgetting goes by the events' own times
// and numbers, so that the same events still give the same Book.
const (
	// MaxLookBack bounds how far back of an order's making its fills are looked for.
	MaxLookBack = 48 * time.Hour

	keepOrders = 10_000 // orders that are done
	keepFills  = 10_000
	keepFor    = MaxLookBack + 2*fillOverlap // none that is younger than this is forgotten
)

// seenFill is a fill that the Book has counted.
type seenFill struct {
	ID   string    `json:"id"`
	Time time.Time `json:"time"`
}

// forget drops one fill and one order that are too old to matter. No event adds more than one of each, so that is enough.
func (b *Book) forget(at time.Time) {
	if len(b.seen) > keepFills && b.seen[0].Time.Before(b.lastFill.Add(-keepFor)) {
		if b.seen[0].Time.After(b.horizon) {
			b.horizon = b.seen[0].Time
		}
		delete(b.fills, b.seen[0].ID)
		b.seen = b.seen[1:]
	}
	if len(b.done) > keepOrders {
		b.forgetOrder(b.done[0], at)
	}
}

func (b *Book) forgetOrder(clientID string, at time.Time) {
	o := b.orders[clientID]
	switch {
	case o == nil || !o.Status.Done(): // A fill brought it back to life: it is in the list once more, or will be.
		b.done = b.done[1:]
	case !o.UpdatedAt.Before(at.Add(-keepFor)):
	case b.isLast(o):
		b.done = append(b.done[1:], clientID)
	default:
		b.done = b.done[1:]
		delete(b.orders, clientID)
	}
}

// isLast reports whether an order is the last one of the target that stands: what is to be done next depends on it.
func (b *Book) isLast(o *OrderState) bool {
	t := b.targets[o.Symbol]
	return t != nil && t.Last == o.ClientID
}

// Knows reports whether a fill is no news: it was counted, or it is so old that the Book would not know it any more if it
// had been.
func (b *Book) Knows(f trading.Fill) bool { return b.hasFill(f.ID) || b.forgotten(f) }

func (b *Book) forgotten(f trading.Fill) bool {
	return !b.horizon.IsZero() && !f.Time.After(b.horizon) && !b.hasFill(f.ID)
}
