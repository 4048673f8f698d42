package book

import (
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/internal/past"
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

// once remembers by their IDs the things that count once, with their times.
type once struct {
	log    past.Log
	room   past.Writer // for the next record
	latest time.Time   // of the times of all that ever came
}

func (o *once) has(id string) bool {
	var room [64]byte
	_, ok := o.log.Get(past.Key(room[:0], id))
	return ok
}

// add reports false where the ID is known already.
func (o *once) add(id string, at time.Time) bool {
	var key [64]byte
	o.room.Body = o.room.Body[:0]
	o.room.Time(at)
	if !o.log.Add(past.Key(key[:0], id), o.room.Body) {
		return false
	}
	if at.After(o.latest) {
		o.latest = at
	}
	return true
}

// forget drops the first one if there are more than keep and it is too old to matter at a time, and returns its own.
func (o *once) forget(keep int, at time.Time) (gone time.Time, ok bool) {
	if o.log.Len() <= keep {
		return time.Time{}, false
	}
	_, body, _ := o.log.Oldest()
	if gone = past.NewReader(body).Time(); !gone.Before(at.Add(-keepFor)) {
		return time.Time{}, false
	}
	o.log.DropOldest()
	return gone, true
}

// seen yields all that are remembered, as they came.
func (o *once) seen() iter.Seq2[string, time.Time] {
	return func(yield func(string, time.Time) bool) {
		for key, body := range o.log.All() {
			if id, err := past.ID(key); err == nil && !yield(id, past.NewReader(body).Time()) {
				return
			}
		}
	}
}

func (o *once) ids() iter.Seq[string] {
	return func(yield func(string) bool) {
		for id := range o.seen() {
			if !yield(id) {
				return
			}
		}
	}
}

func (o *once) restore(saved past.Saved, latest time.Time) error {
	log, err := past.Load(saved, func(key, body []byte) error {
		_, err := past.ID(key)
		r := past.NewReader(body)
		_ = r.Time()
		return errors.Join(err, r.Err)
	})
	if err != nil {
		return err
	}
	o.log, o.latest = *log, latest
	return nil
}

// fills are those that were counted.
type fills struct {
	once
	horizon time.Time // of the latest one that is not remembered any more
	total   int       // in all
	foreign int       // those of them under a client ID that is not ours
}

// Known reports whether a fill is no news: it was counted, or it is so old that the Book would not know it any more if it
// had been.
func (s *fills) Known(f trading.Fill) bool { return s.has(f.ID) || s.beforeHorizon(&f) }

func (s *fills) beforeHorizon(f *trading.Fill) bool {
	return !s.horizon.IsZero() && !f.Time.After(s.horizon) && !s.has(f.ID)
}

func (s *fills) check(f *trading.Fill) error {
	switch {
	case f.ID == "" || f.Symbol == "":
		return fmt.Errorf("book: fill lacks its id %q or symbol %q", f.ID, f.Symbol)
	case f.Side != trading.Buy && f.Side != trading.Sell:
		return fmt.Errorf("book: fill %s: %s is no side", f.ID, f.Side)
	case !f.Quantity.IsPositive():
		return fmt.Errorf("book: fill %s: quantity %s is not above zero", f.ID, f.Quantity)
	case f.Price.IsNegative():
		return fmt.Errorf("book: fill %s: price %s is negative", f.ID, f.Price)
	case s.beforeHorizon(f):
		return fmt.Errorf("book: fill %s is of %s, and the book does not remember back to then", f.ID, f.Time)
	}
	return nil
}

// count takes note of a fill; false says that it is known already.
func (s *fills) count(f *trading.Fill) bool {
	if !s.add(f.ID, f.Time) {
		return false
	}
	s.total++
	return true
}

func (s *fills) forget() {
	if gone, ok := s.once.forget(keepFills, s.latest); ok && gone.After(s.horizon) {
		s.horizon = gone
	}
}
