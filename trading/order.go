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

// The types. All but Market rest: they may stay open for long, and are canceled when they are not wanted any more.
const (
	Market    OrderType = "market"     // at once, at the best price there is
	Limit     OrderType = "limit"      // at LimitPrice or better
	Stop      OrderType = "stop"       // a market order as soon as the price has reached StopPrice
	StopLimit OrderType = "stop_limit" // a limit order as soon as the price has reached StopPrice
)

// TimeInForce is how long an order may stay open.
type TimeInForce string

// The times in force. The zero value is that of GTC.
const (
	GTC TimeInForce = "gtc" // until it is canceled
	IOC TimeInForce = "ioc" // what cannot be had at once is canceled
	FOK TimeInForce = "fok" // all of it at once, or nothing
	Day TimeInForce = "day" // until the Broker's trading day ends; then it expires
)

// Leg says which part of a bracket an order is: the pair of orders that guards a position. "" is none.
type Leg string

// The legs.
const (
	TakeProfit Leg = "take_profit"
	StopLoss   Leg = "stop_loss"
)

// Order is an instruction to buy or sell. Under its ClientID a Broker knows it, and it is derived from the signal that
// the order serves, so that the same intent never has two.
type Order struct {
	ClientID      string          `json:"client_id"`
	Symbol        string          `json:"symbol"`
	Side          Side            `json:"side"`
	Type          OrderType       `json:"type"`
	Quantity      decimal.Decimal `json:"quantity"`             // above zero, a multiple of the instrument's Step
	LimitPrice    decimal.Decimal `json:"limit_price,omitzero"` // of Limit and StopLimit, a multiple of the Tick
	StopPrice     decimal.Decimal `json:"stop_price,omitzero"`  // of Stop and StopLimit, a multiple of the Tick
	TimeInForce   TimeInForce     `json:"time_in_force,omitempty"`
	PostOnly      bool            `json:"post_only,omitempty"` // rejected where it would execute at once
	ReduceOnly    bool            `json:"reduce_only"`         // it only brings the position nearer to zero
	Leg           Leg             `json:"leg,omitempty"`
	Guard         Guard           `json:"guard,omitzero"` // of what it opens
	DecisionPrice decimal.Decimal `json:"decision_price"`
	SignalID      string          `json:"signal_id"`
	Config        string          `json:"config,omitempty"` // fingerprint of the configuration that made it
	CreatedAt     time.Time       `json:"created_at"`       // UTC
}

// Rests tells whether the order may stay open for long, waiting for a price.
func (o Order) Rests() bool { return o.Type != Market && o.Type != "" }

// Validate says what does not go together in an order's type, prices and time in force.
func (o Order) Validate() error {
	limited, stopped := false, false
	switch o.Type {
	case Market, "": // "" stands in journals from before there were others
	case Limit:
		limited = true
	case Stop:
		stopped = true
	case StopLimit:
		limited, stopped = true, true
	default:
		return o.invalid("type %q is not known", o.Type)
	}
	switch o.TimeInForce {
	case "", GTC, IOC, FOK, Day:
	default:
		return o.invalid("time in force %q is not known", o.TimeInForce)
	}
	switch {
	case limited && !o.LimitPrice.IsPositive():
		return o.invalid("limit price %s is not above zero", o.LimitPrice)
	case !limited && !o.LimitPrice.IsZero():
		return o.invalid("a %s order has no limit price", o.Type)
	case stopped && !o.StopPrice.IsPositive():
		return o.invalid("stop price %s is not above zero", o.StopPrice)
	case !stopped && !o.StopPrice.IsZero():
		return o.invalid("a %s order has no stop price", o.Type)
	case o.PostOnly && (!limited || o.TimeInForce == IOC || o.TimeInForce == FOK):
		return o.invalid("post only goes with limit orders that may rest")
	}
	return nil
}

// WorstPrice is the highest known price at which the order may execute, where the instrument is worth price; limits are
// checked at it.
func (o Order) WorstPrice(price decimal.Decimal) decimal.Decimal {
	return decimal.Max(price, o.LimitPrice, o.StopPrice)
}

func (o Order) invalid(format string, args ...any) error {
	return fmt.Errorf("trading: order %s: %s", o.ClientID, fmt.Sprintf(format, args...))
}

// Fill is one execution of an order, or of a part of it.
type Fill struct {
	ID       string          `json:"id"` // the Broker's; the same ID twice is one fill
	ClientID string          `json:"client_id"`
	Symbol   string          `json:"symbol"`
	Side     Side            `json:"side"`
	Price    decimal.Decimal `json:"price"`
	Quantity decimal.Decimal `json:"quantity"` // above zero
	Fee      decimal.Decimal `json:"fee"`      // negative for a rebate
	// FeeAsset is what the fee was paid in, such as BNB; "" means the quote currency. See QuoteFee.
	FeeAsset string    `json:"fee_asset,omitempty"`
	Time     time.Time `json:"time"` // UTC
	// Liquidation says that the venue has closed what the account could not carry any more, by an order of its own.
	Liquidation bool `json:"liquidation,omitempty"`
	// Settlement says that the venue has closed the position by an order of its own, as it ends or delivers the contract.
	Settlement bool `json:"settlement,omitempty"`
}

// feeKind is how a fee relates to the instrument of its fill.
type feeKind int

const (
	feeInQuote feeKind = iota
	feeInBase
	feeInOther
)

func (f Fill) feeKind() feeKind {
	if f.FeeAsset == "" {
		return feeInQuote
	}
	switch base, quote := assets(f.Symbol); f.FeeAsset {
	case quote:
		return feeInQuote
	case base:
		return feeInBase
	}
	return feeInOther
}

// QuoteFee is the fee in the quote currency. One that was taken from what was bought counts at the fill's price. One in
// another asset is not converted, as the fill does not say what that is worth: it is zero here.
func (f Fill) QuoteFee() decimal.Decimal {
	switch f.feeKind() {
	case feeInBase:
		return f.Fee.Mul(f.Price)
	case feeInOther:
		return decimal.Zero
	}
	return f.Fee
}

// OtherAsset is what the fee was paid in if that is neither of the instrument's assets; "" if it is.
func (f Fill) OtherAsset() string {
	if f.feeKind() == feeInOther {
		return f.FeeAsset
	}
	return ""
}

// CashAfter returns what becomes of an account's cash in the quote currency: a fee in another currency does not touch it.
func (f Fill) CashAfter(cash decimal.Decimal) decimal.Decimal {
	if f.Side == Buy {
		cash = cash.Sub(f.Quantity.Mul(f.Price))
	} else {
		cash = cash.Add(f.Quantity.Mul(f.Price))
	}
	if !f.Fee.IsZero() && f.feeKind() == feeInQuote {
		return cash.Sub(f.Fee)
	}
	return cash
}

// Held is by how much a fill changes what is held of the instrument: its quantity, signed, less a fee that was taken from
// it.
func (f Fill) Held() decimal.Decimal {
	if f.feeKind() == feeInBase {
		return f.Side.Signed(f.Quantity).Sub(f.Fee)
	}
	return f.Side.Signed(f.Quantity)
}

// OrderStatus is where in its life an order is.
type OrderStatus string

// The states of an order.
const (
	StatusIntended OrderStatus = "intended" // durable, not known to have been sent
	StatusUnknown  OrderStatus = "unknown"  // sent, and no reply that says what became of it
	StatusOpen     OrderStatus = "open"     // the broker has it, and it may fill
	StatusFilled   OrderStatus = "filled"   // done: all of it
	StatusCanceled OrderStatus = "canceled" // done: what had not been filled is not going to be
	StatusExpired  OrderStatus = "expired"  // done: the same, because its time in force was over
	StatusRejected OrderStatus = "rejected" // done: the broker refused it
)

// UnmarshalText implements encoding.TextUnmarshaler. What was written before v0.1 says "cancelled".
func (s *OrderStatus) UnmarshalText(text []byte) error {
	*s = OrderStatus(text)
	if *s == "cancelled" {
		*s = StatusCanceled
	}
	return nil
}

// Done tells whether nothing can happen to the order any more.
func (s OrderStatus) Done() bool {
	return s == StatusFilled || s == StatusCanceled || s == StatusExpired || s == StatusRejected
}
