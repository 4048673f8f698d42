package book

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// keepRecent is how many of the latest intents are remembered by themselves, for the limits on how many there may be in a
// time.
const keepRecent = 256

// intent is what limits need to know of an order that was decided on.
type intent struct {
	at       time.Time
	clientID string
	signalID string
	symbol   string
	side     trading.Side
	quantity decimal.Decimal
	opens    bool
}

// recent are the latest intents: a ring.
type recent struct {
	ring []intent
	next int // where the next one goes, once the ring is full
}

func (r *recent) add(o *trading.Order) {
	made := intent{o.CreatedAt, o.ClientID, o.SignalID, o.Symbol, o.Side, o.Quantity, !o.ReduceOnly && o.Leg == ""}
	if len(r.ring) < keepRecent {
		r.ring = append(r.ring, made)
		return
	}
	r.ring[r.next] = made
	r.next = (r.next + 1) % keepRecent
}

// latest yields them, the newest first.
func (r *recent) latest() iter.Seq[*intent] {
	return func(yield func(*intent) bool) {
		for i := range r.ring {
			at := (r.next - 1 - i + 2*len(r.ring)) % len(r.ring)
			if !yield(&r.ring[at]) {
				return
			}
		}
	}
}

// earlier yields the intents that were made before that of the order, the newest first.
func (s *beside) earlier() iter.Seq[*intent] {
	return func(yield func(*intent) bool) {
		own := s.order == ""
		if !own {
			own = s.book.live[s.order] == nil // It is not made yet.
		}
		for m := range s.book.recent.latest() {
			switch {
			case m.clientID == s.order:
				own = true
			case own && !yield(m):
				return
			}
		}
	}
}

// restore takes the latest intents from the orders that are remembered as they are.
func (r *recent) restore(live map[string]*OrderState) {
	all := make([]*OrderState, 0, len(live))
	for _, o := range live {
		all = append(all, o)
	}
	slices.SortFunc(all, func(x, y *OrderState) int { return cmp.Compare(x.number, y.number) })
	for _, o := range all {
		r.add(&o.Order)
	}
}
