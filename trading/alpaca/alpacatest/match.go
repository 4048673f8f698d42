package alpacatest

import (
	"time"

	"github.com/shopspring/decimal"
)

// order is one as the venue tells it.
type order struct {
	ID          string           `json:"id"`
	ClientID    string           `json:"client_order_id"`
	Created     time.Time        `json:"created_at"`
	Updated     time.Time        `json:"updated_at"`
	Submitted   time.Time        `json:"submitted_at"`
	ReplacedBy  *string          `json:"replaced_by"`
	Replaces    *string          `json:"replaces"`
	Symbol      string           `json:"symbol"`
	Class       string           `json:"asset_class"`
	OrderClass  string           `json:"order_class"`
	Quantity    decimal.Decimal  `json:"qty"`
	Filled      decimal.Decimal  `json:"filled_qty"`
	Average     *decimal.Decimal `json:"filled_avg_price"`
	Type        string           `json:"type"`
	Side        string           `json:"side"`
	TimeInForce string           `json:"time_in_force"`
	Limit       *decimal.Decimal `json:"limit_price"`
	Stop        *decimal.Decimal `json:"stop_price"`
	Status      string           `json:"status"`

	Legs []*order `json:"legs"`

	other     *order // of the pair
	isLeg     bool
	triggered bool
	expires   time.Time // of one for the day
	paid      decimal.Decimal
}

// activity is something that happened to the account.
type activity struct {
	ID        string           `json:"id"`
	Kind      string           `json:"activity_type"`
	Time      *time.Time       `json:"transaction_time,omitempty"`
	Type      string           `json:"type,omitempty"`
	Price     *decimal.Decimal `json:"price,omitempty"`
	Quantity  *decimal.Decimal `json:"qty,omitempty"`
	Side      string           `json:"side,omitempty"`
	Symbol    string           `json:"symbol,omitempty"`
	OrderID   string           `json:"order_id,omitempty"`
	NetAmount *decimal.Decimal `json:"net_amount,omitempty"`
	Date      string           `json:"date,omitempty"`

	at time.Time
}

func (o *order) left() decimal.Decimal { return o.Quantity.Sub(o.Filled) }

// alone is the order without its leg, which is told only where somebody asks for it.
func (o *order) alone() *order {
	one := *o
	one.Legs = nil
	return &one
}

func (o *order) done() bool {
	switch o.Status {
	case "filled", "canceled", "expired", "rejected", "replaced":
		return true
	}
	return false
}

// goOnLocked does what time and prices have made due.
func (v *Venue) goOnLocked() {
	now := v.Now()
	v.closeBarsLocked(now)
	for _, o := range v.orders {
		if !o.done() && !o.expires.IsZero() && !now.Before(o.expires) {
			v.becomeLocked(o, "expired")
		}
		if !o.done() && v.isOpen(now) {
			v.matchLocked(o)
		}
	}
}

// matchLocked fills an order wholly if the price lets it. What waits in the book fills at its own limit where the price has
// gone through it, as nobody else stands there.
func (v *Venue) matchLocked(o *order) {
	price, buys := v.assets[o.Symbol].Price, o.Side == "buy"
	reached := func(at decimal.Decimal) bool { // the price is at a limit or better
		return price.Equal(at) || price.LessThan(at) == buys
	}
	if o.Stop != nil && !o.triggered {
		if o.triggered = price.Equal(*o.Stop) || price.GreaterThan(*o.Stop) == buys; !o.triggered {
			return
		}
	}
	if o.Limit != nil {
		if !reached(*o.Limit) {
			return
		}
		if o.Status == "new" || o.Status == "partially_filled" {
			price = *o.Limit
		}
	}
	v.fillLocked(o, o.left(), price)
}

func (v *Venue) fillLocked(o *order, quantity, price decimal.Decimal) {
	now := v.Now().UTC()
	o.Filled, o.paid, o.Updated = o.Filled.Add(quantity), o.paid.Add(quantity.Mul(price)), now
	average := o.paid.DivRound(o.Filled, 6)
	o.Average = &average
	kind := "fill"
	if o.Status = "filled"; o.left().IsPositive() {
		o.Status, kind = "partially_filled", "partial_fill"
	}
	side, held := o.Side, v.held[o.Symbol]
	if o.Side == "buy" {
		v.held[o.Symbol], v.cash = held.Add(quantity), v.cash.Sub(quantity.Mul(price))
	} else {
		if !held.IsPositive() {
			side = "sell_short"
		}
		v.held[o.Symbol], v.cash = held.Sub(quantity), v.cash.Add(quantity.Mul(price))
	}
	v.activities = append(v.activities, activity{
		ID: v.activityIDLocked(now), Kind: "FILL", Time: &now, Type: kind, Price: &price, Quantity: &quantity, Side: side,
		Symbol: o.Symbol, OrderID: o.ID, at: now,
	})
	v.tapes[o.Symbol].print(now, price, quantity)
	v.tellLocked(kind, o, map[string]any{
		"price": price, "qty": quantity, "position_qty": v.held[o.Symbol], "execution_id": v.idLocked(),
	})
	v.pairLocked(o)
}

// becomeLocked gives an order a status, and tells it.
func (v *Venue) becomeLocked(o *order, status string) {
	o.Status, o.Updated = status, v.Now().UTC()
	v.tellLocked(status, o, nil)
	v.pairLocked(o)
}

// pairLocked has the other order of a pair end with one, or shrink with it.
func (v *Venue) pairLocked(o *order) {
	switch {
	case o.other == nil || o.other.done():
	case o.done():
		v.becomeLocked(o.other, "canceled")
	default:
		o.other.Quantity = o.left()
	}
}
