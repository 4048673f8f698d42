package trading

import (
	"context"
	"errors"
	"time"

	"github.com/shopspring/decimal"
)

var (
	// ErrRejected says that the Broker refused an order for good: it was not and will not be executed. Wrap it
	// with the reason.
	ErrRejected = errors.New("order rejected")
	// ErrDuplicate says that the Broker has had an order of this client ID before, and that this request changed
	// nothing. It does not say what became of that order.
	ErrDuplicate = errors.New("client id used before")
	// ErrUnknownOrder says that the Broker has no order of that client ID.
	ErrUnknownOrder = errors.New("unknown order")
)

// Broker executes orders. It is safe for concurrent use; each call ends with its context.
type Broker interface {
	// Submit sends an order. nil says that the Broker has it. An error that wraps ErrRejected says that it never will. Any
	// other error, ErrDuplicate among them, says that nobody knows: the Engine then asks by client ID before it sends
	// anything else for that instrument.
	Submit(ctx context.Context, a Approved) error
	// Order tells what became of a client ID; ErrUnknownOrder if the Broker never had it.
	Order(ctx context.Context, clientID string) (OrderReport, error)
	// Fills returns all fills at since or later, ascending by time. The Engine drops those that it knows.
	Fills(ctx context.Context, since time.Time) ([]Fill, error)
	// Traits says what the Engine may rely on. It is constant.
	Traits() Traits
}

// Traits are what a Broker promises.
type Traits struct {
	// RefusesDuplicates: a client ID that was accepted once is refused from then on, for ever. Only then may an
	// order whose fate is unknown, and of which the Broker has not heard, be sent again at once.
	RefusesDuplicates bool
	// MaxFlight is the longest time that a request can be under way before it takes effect or never will. It is
	// waited out before the Broker's "unknown order" is believed: before the order is sent again where duplicates
	// are not refused, and before it is given up in any case. 0 means that no bound is known: the order is then left
	// to a person.
	MaxFlight time.Duration
}

// OrderReport is what a Broker says of an order.
type OrderReport struct {
	ClientID string
	Status   OrderStatus // Open, Filled, Cancelled, Expired or Rejected
	Filled   decimal.Decimal
	// Triggered says, of an order with a stop, that the price has reached it. A Broker that does not tell leaves it out.
	Triggered bool
	Reason    string // of Cancelled, Expired or Rejected
}

// Canceller is a Broker that can cancel orders. An Engine needs one for orders that rest.
type Canceller interface {
	// Cancel asks for the end of an order. nil says that the Broker took note: what became of the order is for Order
	// to tell, as it may have filled meanwhile. To ask again, or for an order that is done, does no harm.
	// ErrUnknownOrder if the Broker never had it.
	Cancel(ctx context.Context, clientID string) error
}

// Positioner is a Broker that can tell its positions: signed quantities by symbol, without those that are zero.
type Positioner interface {
	Positions(ctx context.Context) (map[string]decimal.Decimal, error)
}

// Pricer tells what an instrument is worth now. Many a Broker is one.
type Pricer interface {
	// Price returns the last known price, and false if there is none yet.
	Price(symbol string) (decimal.Decimal, bool)
}

// Updater is a Broker that can say when there is news of its orders.
type Updater interface {
	// Updated returns a channel that is closed at the next fill or change of an order. Ask for it before reading.
	Updated() <-chan struct{}
}
