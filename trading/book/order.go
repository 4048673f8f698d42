package book

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// OrderState is an order and what became of it.
type OrderState struct {
	trading.Order
	Status       trading.OrderStatus `json:"status"`
	Filled       decimal.Decimal     `json:"filled"`
	Sends        int                 `json:"sends"`               // how often sending it began
	Acknowledged bool                `json:"acknowledged"`        // the Broker is known to have had it
	InFlight     bool                `json:"in_flight"`           // a sending of it may reach the Broker yet
	Triggered    bool                `json:"triggered,omitempty"` // its stop was reached
	CancelAsked  bool                `json:"cancel_asked"`        // it is not wanted any more
	Reason       string              `json:"reason,omitempty"`
	UpdatedAt    time.Time           `json:"updated_at"` // when its last event was journaled

	number int // the order in which intents were made
}

// Remaining is what has not been filled, never below zero.
func (o OrderState) Remaining() decimal.Decimal {
	return decimal.Max(o.Quantity.Sub(o.Filled), decimal.Zero)
}

// atBroker reports whether the Broker has the order, or may have it, and it may fill.
func (o *OrderState) atBroker() bool {
	return o.Status == trading.StatusUnknown || o.Status == trading.StatusOpen
}

// may reports whether an event can happen to an order as it is.
//
// What it lets through per status of the order is the state diagram of an order:
//
//	             intended     unknown        open           done (filled, canceled, expired, rejected)
//	submitting   -> unknown   -              -              -
//	acknowledged   (1)        -> open        no change      no change: the answer came late
//	rejected       (1)        -> rejected(2) -> rejected(2) -
//	unknown        -> unknown(4) no change   -> unknown     -
//	not_received   -          -> intended(3) -              -
//	triggered      -          no change(6)   no change(6)   -
//	cancel_asked   -          -              no change(5)   -
//	canceled    -> canceled -> canceled   -> canceled   -
//	expired        -          -> expired     -> expired     -
//	filled       -> open or filled, whatever came before: what was executed was executed
//
// (1) only once it has been sent; (2) not once a part of it was filled; (3) nor once the Broker is known to have had
// it; (4) while a sending of it is in flight: it is not wanted any more, and its fate must be known before it is given
// up; (5) once; (6) once, and only what has a stop.
func (o *OrderState) may(e journal.Event) bool {
	switch e.(type) {
	case journal.Submitting:
		return o.Status == trading.StatusIntended
	case journal.Acknowledged:
		return o.Sends > 0 || o.Status != trading.StatusIntended
	case journal.Rejected:
		return o.Sends > 0 && o.Filled.IsZero() && !o.Status.Done()
	case journal.Unknown:
		return o.atBroker() || o.InFlight
	case journal.NotReceived:
		return o.Status == trading.StatusUnknown && !o.Acknowledged && o.Filled.IsZero()
	case journal.Triggered:
		return o.atBroker() && o.StopPrice.IsPositive() && !o.Triggered
	case journal.CancelAsked:
		return o.Status == trading.StatusOpen && !o.CancelAsked
	case journal.Canceled:
		return !o.Status.Done() && (o.Status != trading.StatusIntended || !o.InFlight)
	case journal.Expired:
		return o.atBroker()
	default: // Check looks at all that says more of an order than its client ID, or is about none.
		return false
	}
}

func (o *OrderState) sent() { o.Sends, o.InFlight = o.Sends+1, true }

func (o *OrderState) triggered(at time.Time) { o.Triggered, o.UpdatedAt = true, at }

func (o *OrderState) cancelAsked(at time.Time, reason string) {
	o.CancelAsked, o.Reason, o.UpdatedAt = true, reason, at
}
