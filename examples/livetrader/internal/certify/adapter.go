package certify

import (
	"errors"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Broker is what the adapters can do.
type Broker interface {
	trading.Broker
	trading.Canceler
	trading.OrderLister
	trading.Positioner
	trading.InstrumentLister
}

// outcome is what came of a request to an adapter, in the words of the port.
func outcome(err error) string {
	switch {
	case err == nil:
		return "taken"
	case errors.Is(err, trading.ErrRejected):
		return "rejected"
	case errors.Is(err, trading.ErrDuplicate):
		return "duplicate"
	case errors.Is(err, trading.ErrUnknownOrder):
		return "unknown order"
	default:
		return "nobody knows"
	}
}

// adapter is one of ours at a place.
type adapter struct {
	Broker
	cut        *cutter
	instrument trading.Instrument
	now        func() time.Time // the venue's
}

// submit dates an order and sends it as an Engine does. Nothing limits it here.
func (a adapter) submit(s *script, o *trading.Order, price, held decimal.Decimal) error {
	approved := a.approve(s, o, price, held)
	if s.over() {
		return s.failed
	}
	return a.Submit(s.ctx, approved)
}

// approve dates an order, and fails where it cannot be one.
func (a adapter) approve(s *script, o *trading.Order, price, held decimal.Decimal) trading.Approved {
	o.CreatedAt = a.now().UTC().Add(-time.Second)
	everything := func(_ trading.Order, _ trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
		return opening, nil
	}
	approved, err := trading.Approve(*o, trading.View{Instrument: a.instrument, Price: price, Held: held}, everything)
	if err != nil {
		s.fail(err)
	}
	return approved
}

// report is what an adapter says of an order.
func (a adapter) report(s *script, o trading.Order) (said string, open bool) {
	r, err := a.Order(s.ctx, o.Ref())
	if err != nil {
		return outcome(err), false
	}
	return string(r.Status) + ", filled " + part(r.Filled, o.Quantity), r.Status == trading.StatusOpen
}

// ends waits until an order is done, and says how.
func (a adapter) ends(s *script, o trading.Order) (last string) {
	s.until(soon, func() bool {
		said, open := a.report(s, o)
		last = said
		return !open
	})
	return last
}

// open counts the orders of an ID that are told as open.
func (a adapter) open(s *script, id string) (n int) {
	all, err := a.OpenOrders(s.ctx)
	if err != nil {
		s.fail(err)
	}
	for _, r := range all {
		if r.ClientID == id {
			n++
		}
	}
	return n
}

// fills sums up what an adapter tells of an order.
func (a adapter) fills(s *script, o trading.Order) (told []trading.Fill) {
	s.until(soon, func() bool {
		told = nil
		from := trading.Cursor{Since: o.CreatedAt}
		for range 20 {
			page, next, err := a.Fills(s.ctx, from, 100)
			if err != nil {
				s.fail(err)
				return true
			}
			for _, f := range page {
				if f.ClientID == o.ClientID {
					told = append(told, f)
				}
			}
			if len(page) == 0 || next.Equal(from) {
				break
			}
			from = next
		}
		return len(told) > 0
	})
	return told
}
