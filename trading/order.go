package trading

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Side is the side of an order or a fill.
type Side int8

// The sides.
const (
	Buy  Side = 1
	Sell Side = -1
)

func (s Side) String() string {
	switch s {
	case Buy:
		return "buy"
	case Sell:
		return "sell"
	}
	return fmt.Sprintf("Side(%d)", int8(s))
}

// MarshalText returns the side's name. What is no side is an error: a journal must not take what it cannot give back.
func (s Side) MarshalText() ([]byte, error) {
	if s != Buy && s != Sell {
		return nil, fmt.Errorf("trading: %s is no side", s)
	}
	return []byte(s.String()), nil
}

// UnmarshalText accepts buy and sell.
func (s *Side) UnmarshalText(text []byte) error {
	switch string(text) {
	case "buy":
		*s = Buy
	case "sell":
		*s = Sell
	default:
		return fmt.Errorf("trading: side %q is neither buy nor sell", text)
	}
	return nil
}

// Signed returns q for Buy and -q for Sell.
func (s Side) Signed(q decimal.Decimal) decimal.Decimal {
	if s == Sell {
		return q.Neg()
	}
	return q
}

// OrderType is how an order wants to be executed.
type OrderType string

// Market orders execute at once, at the best price there is.
const Market OrderType = "market"

// Order is an instruction to buy or sell. Under its ClientID a Broker knows it, and it is derived from the signal that
// the order serves, so that the same intent never has two.
type Order struct {
	ClientID      string          `json:"client_id"`
	Symbol        string          `json:"symbol"`
	Side          Side            `json:"side"`
	Type          OrderType       `json:"type"`
	Quantity      decimal.Decimal `json:"quantity"`    // above zero, a multiple of the instrument's Step
	ReduceOnly    bool            `json:"reduce_only"` // it only brings the position nearer to zero
	DecisionPrice decimal.Decimal `json:"decision_price"`
	SignalID      string          `json:"signal_id"`
	CreatedAt     time.Time       `json:"created_at"` // UTC
}

// Fill is one execution of an order, or of a part of it.
type Fill struct {
	ID       string          `json:"id"` // the Broker's; the same ID twice is one fill
	ClientID string          `json:"client_id"`
	Symbol   string          `json:"symbol"`
	Side     Side            `json:"side"`
	Price    decimal.Decimal `json:"price"`
	Quantity decimal.Decimal `json:"quantity"` // above zero
	Fee      decimal.Decimal `json:"fee"`      // in the quote currency; negative for a rebate
	Time     time.Time       `json:"time"`     // UTC
}

// OrderStatus is where in its life an order is.
type OrderStatus string

// The states of an order.
const (
	StatusIntended  OrderStatus = "intended"  // durable, not known to have been sent
	StatusUnknown   OrderStatus = "unknown"   // sent, and no reply that says what became of it
	StatusOpen      OrderStatus = "open"      // the broker has it, and it may fill
	StatusFilled    OrderStatus = "filled"    // done: all of it
	StatusCancelled OrderStatus = "cancelled" // done: what had not been filled is not going to be
	StatusRejected  OrderStatus = "rejected"  // done: the broker refused it
)

// Done tells whether nothing can happen to the order any more.
func (s OrderStatus) Done() bool {
	return s == StatusFilled || s == StatusCancelled || s == StatusRejected
}
