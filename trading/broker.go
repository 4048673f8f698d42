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

// Broker executes orders. It is safe for concurrent use; each call ends with its context. What it can do besides is in
// interfaces of their own, such as Canceler and OrderLister. A wrapper that has such a method and stands around a
// Broker without it returns an error that wraps errors.ErrUnsupported, and counts as one that does not have it.
type Broker interface {
	// Submit sends an order, after a.Begin has said that it may: see Approved.Begin. nil says that the Broker has it. An
	// error that wraps ErrRejected says that it never will. Any other error, ErrDuplicate among them, says that nobody
	// knows: the Engine then asks for the order before it sends anything else for that instrument. Where Begin was not
	// called, or returned an error, nothing was sent.
	Submit(ctx context.Context, a Approved) error
	// Order tells what became of an order; ErrUnknownOrder if the Broker never had it. Traits.Remembers bounds for how
	// long that can be told.
	Order(ctx context.Context, ref OrderRef) (OrderReport, error)
	// Fills returns at most limit executions from a place on, and the place behind them. Those of one instrument are in the
	// order in which they happened. An empty page says that there are no more for now, and a page that is short says
	// nothing. A fill that is returned twice is one: the Engine drops those that it knows.
	Fills(ctx context.Context, from Cursor, limit int) (page []Fill, next Cursor, err error)
	// Traits says what the Engine may rely on. It is constant.
	Traits() Traits
}

// OrderRef is by what a Broker finds an order, also one that another process has sent: it needs no memory for it. Venues
// differ in how much of it they need.
type OrderRef struct {
	ClientID string
	Symbol   string
	Type     OrderType // venues keep orders with a stop elsewhere; "" means Market
	SentAt   time.Time // the order was not sent before, by the clock of who sent it: it bounds how far back to look
}

// Ref returns the reference to an order.
func (o Order) Ref() OrderRef {
	return OrderRef{ClientID: o.ClientID, Symbol: o.Symbol, Type: o.Type, SentAt: o.CreatedAt}
}

// OrderReport is what a Broker says of an order.
type OrderReport struct {
	ClientID string
	// Symbol and Type are the order's in an answer of OpenOrders, which may tell somebody who does not know it, and cancels
	// it by them. Elsewhere they may be left out.
	Symbol string
	Type   OrderType
	Status OrderStatus // Open, Filled, Canceled, Expired or Rejected
	Filled decimal.Decimal
	// Triggered says, of an order with a stop, that the price has reached it. A Broker that does not tell leaves it out.
	Triggered bool
	Reason    string // of Canceled, Expired or Rejected
}

// Canceler is a Broker that can cancel orders. An Engine needs one for orders that rest.
type Canceler interface {
	// Cancel asks for the end of an order. nil says that the Broker took note: what became of the order is for Order
	// to tell, as it may have filled meanwhile. To ask again, or for an order that is done, does no harm.
	// ErrUnknownOrder if the Broker never had it.
	Cancel(ctx context.Context, ref OrderRef) error
}

// OrderLister is a Broker that tells all open orders in one answer.
type OrderLister interface {
	// OpenOrders reports every order of the account that is not done, those with a stop and those of others among them. An
	// order that is not in the answer is done, or is not there yet: Order tells which.
	OpenOrders(ctx context.Context) ([]OrderReport, error)
}

// Positioner is a Broker that can tell its positions: signed quantities by symbol, without those that are zero.
type Positioner interface {
	Positions(ctx context.Context) (map[string]decimal.Decimal, error)
}

// InstrumentLister is a Broker, or a source of bars, that knows what can be traded there.
type InstrumentLister interface {
	// Instruments returns every instrument that can be traded now, each once.
	Instruments(ctx context.Context) ([]Instrument, error)
}

// Pricer tells what an instrument is worth now. Many a Broker is one. One that has a method PricedAt(symbol string)
// (time.Time, bool) tells of when its last price is as well, for a limit on its age.
type Pricer interface {
	// Price returns the last known price, and false if there is none yet.
	Price(symbol string) (decimal.Decimal, bool)
}
