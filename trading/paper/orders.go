package paper

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// orders are those that were taken, and those of them that may fill yet. Broker.mu guards them.
type orders struct {
	open    []*order          // those that may fill yet, as they came
	byID    map[string]*order // the same
	ended   ended             // the others, for as long as they are remembered, but those that their fill tells of
	fills   *executed         // of all of them
	updates *trading.UpdateLog
}

func newOrders(updates *trading.UpdateLog, fills *executed) orders {
	return orders{byID: make(map[string]*order), fills: fills, updates: updates}
}

// has reports whether an order of a client ID was taken, or refused.
func (s *orders) has(clientID string) bool {
	_, ok := s.report(clientID)
	return ok
}

// any reports whether there is one that is remembered.
func (s *orders) any() bool { return len(s.open) > 0 || s.ended.log.Len() > 0 }

// report says what became of an order.
func (s *orders) report(clientID string) (trading.OrderReport, bool) {
	if o, ok := s.byID[clientID]; ok {
		return o.report(), true
	}
	if report, ok := s.ended.get(clientID); ok {
		return report, true
	}
	return s.fills.report(clientID)
}

// end remembers what became of an order that is done. The record of the fill that was the whole of it is enough.
func (s *orders) end(r trading.OrderReport, at time.Time) {
	if _, told := s.fills.report(r.ClientID); !told {
		s.ended.put(r, at)
	}
}

// checkHorizon says that nobody can tell any more what became of an order that is not known: it may be one of those that
// are forgotten.
func (s *orders) checkHorizon(o trading.OrderRef) error {
	horizon := s.ended.horizon
	if s.fills.horizon.After(horizon) {
		horizon = s.fills.horizon
	}
	if horizon.IsZero() || !o.SentAt.Before(horizon) {
		return nil
	}
	return fmt.Errorf("paper: order %s is of %s, and what ended by %s is forgotten", o.ClientID,
		o.SentAt.UTC().Format(time.RFC3339), horizon.Format(time.RFC3339))
}

// take adds an order that may fill.
func (s *orders) take(o *order) {
	s.open = append(s.open, o)
	s.byID[o.ClientID] = o
}

// archive makes records of the orders that are done, and tells of those and of the others that have changed.
func (s *orders) archive(now time.Time) {
	for _, o := range s.open {
		if o.together && o.pair.status.Done() && !o.status.Done() {
			o.end(trading.StatusCanceled, "the other order of the pair has ended")
		}
	}
	s.open = slices.DeleteFunc(s.open, func(o *order) bool {
		if o.ours() {
			if o.status.Done() {
				delete(s.byID, o.ClientID)
			}
			return o.status.Done()
		}
		news := reported{filled: o.filled, triggered: o.triggered}
		if o.status.Done() || news.triggered != o.reported.triggered || !news.filled.Equal(o.reported.filled) {
			o.reported = news
			s.updates.Push(o.report())
		}
		if o.status.Done() {
			s.end(o.report(), now)
			delete(s.byID, o.ClientID)
		}
		return o.status.Done()
	})
	s.ended.forget(now)
}

type order struct {
	trading.Order
	status    trading.OrderStatus
	filled    decimal.Decimal
	taken     decimal.Decimal // what the other one of its pair has filled in its place
	pair      *order          // what one of the two fills the other does not; nil for none
	second    bool            // it came later than its pair, and counts for nothing while that is open
	together  bool            // it ends with its pair
	guards    *order          // the entry by whose Guard it is there; nil for any other order
	reason    string
	resting   bool      // it was there before the price that meets it: its owner is the maker
	triggered bool      // its stop was reached
	until     time.Time // when its day ends; zero if it is not for the day
	since     time.Time // when it was taken here
	reported  reported  // what the last update said
}

// reported is what of an order makes an update when it changes.
type reported struct {
	filled    decimal.Decimal
	triggered bool
}

func (o *order) report() trading.OrderReport {
	return trading.OrderReport{
		ClientID: o.ClientID, Status: o.status, Filled: o.filled, Triggered: o.triggered, Reason: o.reason,
	}
}

// end says what became of an order that will not fill any further.
func (o *order) end(status trading.OrderStatus, reason string) { o.status, o.reason = status, reason }

// rest is what has not been filled of an order.
func (o *order) rest() decimal.Decimal {
	if o.pair == nil {
		return o.Quantity.Sub(o.filled)
	}
	return o.Quantity.Sub(o.filled).Sub(o.taken)
}

// immediate reports whether what cannot be had of an order at once is not had at all: it never rests.
func (o *order) immediate() bool { return o.TimeInForce == trading.IOC || o.TimeInForce == trading.FOK }

// notAtOnce ends an order of which no more can be had at once.
func (o *order) notAtOnce() { o.end(trading.StatusCanceled, "it could not be had at once") }

// expired tells whether an order's trading day has ended.
func (o *order) expired(at time.Time) bool { return !o.until.IsZero() && !at.Before(o.until) }

// waiting tells whether the price has yet to reach the order's stop.
func (o *order) waiting() bool {
	return !o.triggered && (o.Type == trading.Stop || o.Type == trading.StopLimit)
}

// level is the price that the order waits for.
func (o *order) level() decimal.Decimal {
	if o.waiting() {
		return o.StopPrice
	}
	return o.LimitPrice
}

// hit tells whether the order is met where the price comes to p.
func (o *order) hit(p decimal.Decimal, through bool) bool {
	if o.Type == trading.Stop && o.triggered {
		return true // What is left of it takes what there is.
	}
	distance := p.Cmp(o.level()) * int(o.Side) // above zero: dearer for this side
	if o.waiting() {
		return distance >= 0
	}
	return distance < 0 || distance == 0 && !through
}
