package paper

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// orders are those that were taken, and those of them that may fill yet. Broker.mu guards them.
type orders struct {
	all     map[string]*order
	open    []*order // as they came
	updates *trading.UpdateLog
}

func newOrders(updates *trading.UpdateLog) orders {
	return orders{all: make(map[string]*order), updates: updates}
}

// tidy forgets the orders that are done, and tells of those and of the others that have changed.
func (s *orders) tidy() {
	s.open = slices.DeleteFunc(s.open, func(o *order) bool {
		now := told{filled: o.filled, triggered: o.triggered}
		if o.status.Done() || now.triggered != o.told.triggered || !now.filled.Equal(o.told.filled) {
			o.told = now
			s.updates.Push(o.report())
		}
		return o.status.Done()
	})
}

type order struct {
	trading.Order
	status    trading.OrderStatus
	filled    decimal.Decimal
	reason    string
	resting   bool      // it was there before the price that meets it: its owner is the maker
	triggered bool      // its stop was reached
	until     time.Time // when its day ends; zero if it is not for the day
	since     time.Time // when it was taken here
	told      told      // what the last update said
}

// told is what of an order makes an update when it changes.
type told struct {
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
func (o *order) rest() decimal.Decimal { return o.Quantity.Sub(o.filled) }

// overdue tells whether an order's trading day has ended.
func (o *order) overdue(at time.Time) bool { return !o.until.IsZero() && !at.Before(o.until) }

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

// reached tells whether the order is met where the price comes to p.
func (o *order) reached(p decimal.Decimal, through bool) bool {
	beyond := p.Cmp(o.level()) * int(o.Side) // above zero: dearer for this side
	if o.waiting() {
		return beyond >= 0
	}
	return beyond < 0 || beyond == 0 && !through
}
