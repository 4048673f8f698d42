package book

import (
	"fmt"
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
	keepMoves  = 1000                        // cash events
	keepFor    = MaxLookBack + 2*fillOverlap // none that is younger than this is forgotten
)

// fillOverlap is how far back of what is known fills are asked for again: a Broker may show one late, and its clock is
// not ours. Those that are known are dropped by their IDs.
const fillOverlap = time.Minute

// seenFill is a fill, or a cash event, that the Book has counted.
type seenFill struct {
	ID   string    `json:"id"`
	Time time.Time `json:"time"`
}

// once remembers by their IDs the things that count once.
type once struct {
	ids    map[string]struct{} // all that are remembered
	seen   []seenFill          // the same, as they came
	latest time.Time           // of the times of all that ever came
}

func newOnce() once { return once{ids: make(map[string]struct{})} }

func (o *once) has(id string) bool {
	_, ok := o.ids[id]
	return ok
}

func (o *once) add(id string, at time.Time) {
	o.ids[id] = struct{}{}
	o.seen = append(o.seen, seenFill{id, at})
	if at.After(o.latest) {
		o.latest = at
	}
}

// forget drops the first one if there are more than keep and it is too old to matter at a time, and returns it.
func (o *once) forget(keep int, at time.Time) (gone seenFill, ok bool) {
	if len(o.seen) <= keep || !o.seen[0].Time.Before(at.Add(-keepFor)) {
		return seenFill{}, false
	}
	gone = o.seen[0]
	delete(o.ids, gone.ID)
	o.seen = o.seen[1:]
	return gone, true
}

func (o *once) restore(seen []seenFill, latest time.Time) {
	o.seen, o.latest = seen, latest
	for _, one := range seen {
		o.ids[one.ID] = struct{}{}
	}
}

// fills are those that were counted.
type fills struct {
	once
	horizon time.Time // of the latest one that is not remembered any more
	counted int       // in all
	foreign int       // those of them under a client ID that is not ours
}

// Knows reports whether a fill is no news: it was counted, or it is so old that the Book would not know it any more if it
// had been.
func (s *fills) Knows(f trading.Fill) bool { return s.has(f.ID) || s.forgotten(f) }

func (s *fills) forgotten(f trading.Fill) bool {
	return !s.horizon.IsZero() && !f.Time.After(s.horizon) && !s.has(f.ID)
}

func (s *fills) check(f trading.Fill) error {
	switch {
	case f.ID == "" || f.Symbol == "":
		return fmt.Errorf("book: fill lacks its id %q or symbol %q", f.ID, f.Symbol)
	case f.Side != trading.Buy && f.Side != trading.Sell:
		return fmt.Errorf("book: fill %s: %s is no side", f.ID, f.Side)
	case !f.Quantity.IsPositive():
		return fmt.Errorf("book: fill %s: quantity %s is not above zero", f.ID, f.Quantity)
	case f.Price.IsNegative():
		return fmt.Errorf("book: fill %s: price %s is negative", f.ID, f.Price)
	case s.forgotten(f):
		return fmt.Errorf("book: fill %s is of %s, and the book does not remember back to then", f.ID, f.Time)
	}
	return nil
}

// count takes note of a fill; false says that it is known already.
func (s *fills) count(f trading.Fill) bool {
	if s.has(f.ID) {
		return false
	}
	s.add(f.ID, f.Time)
	s.counted++
	return true
}

func (s *fills) forget() {
	if gone, ok := s.once.forget(keepFills, s.latest); ok && gone.Time.After(s.horizon) {
		s.horizon = gone.Time
	}
}
