package book

import (
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/internal/past"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// orders are those that were decided on, and their lives.
type orders struct {
	live     map[string]*OrderState   // those that are not done, and the latest that are, by client ID
	pending  map[string][]*OrderState // those of them that are not done, by symbol, in the order of their intents
	busy     int                      // symbols that have one
	done     []string                 // client IDs of those that are, as they became it
	ended    ended                    // the others that are remembered
	recent   recent                   // the latest intents
	made     int                      // in all
	rejected int                      // in all
}

func newOrders() orders {
	return orders{live: make(map[string]*OrderState), pending: make(map[string][]*OrderState), ended: newEnded()}
}

// Order returns the order of a client ID.
func (s *orders) Order(clientID string) (OrderState, bool) {
	if o := s.find(clientID); o != nil {
		return *o, true
	}
	return OrderState{}, false
}

// find returns an order to be read; nil if there is none.
func (s *orders) find(clientID string) *OrderState {
	if o, ok := s.live[clientID]; ok {
		return o
	}
	return s.ended.get(clientID)
}

// has reports whether there is an order of a client ID, without reading its record.
func (s *orders) has(clientID string) bool { return s.live[clientID] != nil || s.ended.has(clientID) }

// change returns an order to be changed; nil if there is none.
func (s *orders) change(clientID string) *OrderState {
	if o, ok := s.live[clientID]; ok {
		return o
	}
	o := s.ended.get(clientID)
	if o != nil {
		s.ended.log.Delete(past.Key(nil, clientID))
		s.live[clientID] = o
		s.done = append(s.done, clientID)
	}
	return o
}

// Orders returns all orders that are remembered, in the order in which they were decided on.
func (s *orders) Orders() []OrderState { return s.OrdersLater()() }

// OrdersLater copies what is remembered of orders, and returns a function that makes of it what Orders returns: that takes
// some twenty times as long, and the Book may change meanwhile.
func (s *orders) OrdersLater() func() []OrderState {
	live := make([]OrderState, 0, len(s.live))
	for _, o := range s.live {
		live = append(live, *o)
	}
	ended := ended{log: *s.ended.log.Clone(), kinds: s.ended.kinds} // Kinds are only added to.
	return func() []OrderState {
		all := append(make([]OrderState, 0, len(live)+ended.log.Len()), live...)
		ended.each(func(o OrderState) { all = append(all, o) })
		return inOrder(all)
	}
}

// check says why an event cannot happen to the order that it is about.
func (s *orders) check(e journal.Event) error {
	clientID := journal.OrderOf(e)
	o := s.find(clientID)
	if o == nil {
		return fmt.Errorf("book: %s of an order %q that was never intended", journal.KindOf(e), clientID)
	}
	if !o.may(e) {
		return fmt.Errorf("book: %s of order %s, which is %s (sent %d times, %s of %s filled)",
			journal.KindOf(e), clientID, o.Status, o.Sends, o.Filled, o.Quantity)
	}
	return nil
}

func (s *orders) checkIntent(o *trading.Order) error {
	switch {
	case o.ClientID == "" || o.Symbol == "":
		return fmt.Errorf("book: intent lacks its client id %q or symbol %q", o.ClientID, o.Symbol)
	case s.has(o.ClientID):
		return fmt.Errorf("book: client id %s has been used before", o.ClientID)
	case o.Side != trading.Buy && o.Side != trading.Sell:
		return fmt.Errorf("book: order %s: %s is no side", o.ClientID, o.Side)
	case !o.Quantity.IsPositive():
		return fmt.Errorf("book: order %s: quantity %s is not above zero", o.ClientID, o.Quantity)
	}
	return o.Validate()
}

// addIntended adds an order that was decided on.
func (s *orders) addIntended(at time.Time, o *trading.Order) {
	s.made++
	s.put(&OrderState{Order: *o, Status: trading.StatusIntended, UpdatedAt: at, number: s.made})
	s.recent.add(o)
}

func (s *orders) put(o *OrderState) {
	s.live[o.ClientID] = o
	if !o.Status.Done() {
		s.addPending(o)
	}
}

func (s *orders) acknowledge(at time.Time, clientID string) {
	o := s.change(clientID)
	o.Acknowledged, o.InFlight = true, false
	if o.Status == trading.StatusUnknown || o.Status == trading.StatusIntended {
		s.move(at, o, trading.StatusOpen, "")
	}
}

func (s *orders) reject(at time.Time, clientID, reason string) {
	s.move(at, s.change(clientID), trading.StatusRejected, reason)
	s.rejected++
}

// fill lets a fill speak for its order: it was executed, whatever else had been heard of it.
func (s *orders) fill(at time.Time, o *OrderState, f *trading.Fill) {
	if o.Filled.IsZero() {
		o.Filled = f.Quantity // most orders fill at once: spare the sum
	} else {
		o.Filled = o.Filled.Add(f.Quantity)
	}
	o.Acknowledged, o.InFlight = true, false
	switch {
	case o.Filled.GreaterThanOrEqual(o.Quantity):
		s.move(at, o, trading.StatusFilled, "")
	case o.Status == trading.StatusCanceled, o.Status == trading.StatusExpired, o.Status == trading.StatusFilled:
		// The fill overtook the end; the rest stays ended.
	default:
		s.move(at, o, trading.StatusOpen, "")
	}
}

// move gives an order its new status and keeps the list of pending ones.
func (s *orders) move(at time.Time, o *OrderState, status trading.OrderStatus, reason string) {
	was := o.Status
	o.Status, o.Reason, o.UpdatedAt = status, reason, at
	if status.Done() {
		o.InFlight = false
		s.done = append(s.done, o.ClientID)
		s.dropPending(o)
	} else if was.Done() { // as was thought: a fill has proved otherwise
		s.addPending(o)
	}
}

// forget makes a record of one order that has been done for a while, and drops one that has been for too long to matter.
func (s *orders) forget(at time.Time, standing targets) {
	if len(s.done) > keepLive {
		clientID := s.done[0]
		s.done = s.done[1:]
		switch o := s.live[clientID]; {
		case o == nil || !o.Status.Done(): // A fill brought it back to life: it is in the list once more, or will be.
		case standing.lastIs(o):
			s.done = append(s.done, clientID)
		default:
			s.ended.put(o)
			delete(s.live, clientID)
		}
	}
	if len(s.done)+s.ended.log.Len() > keepOrders {
		s.ended.forget(at)
	}
}
