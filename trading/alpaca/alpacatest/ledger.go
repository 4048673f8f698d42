package alpacatest

import (
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// Ledger is what the venue has: the truth that a test compares a client's with.
type Ledger struct {
	Orders    []Order // in the order in which they came
	Fills     []Fill
	Positions map[string]decimal.Decimal // by symbol; what is sold short is below zero
	Cash      decimal.Decimal
}

// Order is one of a Ledger.
type Order struct {
	ID, ClientID, Symbol, Side, Type, Status string

	ReplacedBy       string // the ID of the order in its place; "" where none is
	Quantity, Filled decimal.Decimal
	Limit            decimal.Decimal // zero where it has none
	Submitted        time.Time
	Open             bool
	Pair, Leg        bool // of an OCO order; Leg is its stop, whose client ID is the venue's
}

// Fill is one of a Ledger.
type Fill struct {
	OrderID, Symbol, Side string
	Quantity, Price       decimal.Decimal
}

// Ledger is a copy of what the venue has now.
func (v *Venue) Ledger() Ledger {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.goOnLocked()
	l := Ledger{Positions: maps.Clone(v.held), Cash: v.cash}
	for _, o := range v.orders {
		limit := decimal.Zero
		if o.Limit != nil {
			limit = *o.Limit
		}
		next := ""
		if o.ReplacedBy != nil {
			next = *o.ReplacedBy
		}
		l.Orders = append(l.Orders, Order{
			ReplacedBy: next,
			ID:         o.ID, ClientID: o.ClientID, Symbol: o.Symbol, Side: o.Side, Type: o.Type, Status: o.Status, Quantity: o.Quantity,
			Filled: o.Filled, Submitted: o.Submitted, Limit: limit,
			Open: !o.done(), Pair: o.OrderClass == "oco", Leg: o.isLeg,
		})
	}
	for _, a := range v.activities {
		if a.Kind == "FILL" {
			l.Fills = append(l.Fills, Fill{OrderID: a.OrderID, Symbol: a.Symbol, Side: a.Side, Quantity: *a.Quantity, Price: *a.Price})
		}
	}
	return l
}

// Request is one that the venue has answered.
type Request struct {
	At           time.Time
	Method, Path string
	Status       int // 0 where the connection ended without an answer
}

// Requests are all that have come, the oldest first.
func (v *Venue) Requests() []Request {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]Request(nil), v.requests...)
}

// limitLocked tells how many requests are left in this minute; over where this one is too many.
func (v *Venue) limitLocked() (told http.Header, over bool) {
	told = make(http.Header)
	if v.cfg.PerMinute == 0 {
		return told, false
	}
	begin, before := v.Now().Truncate(time.Minute), 0
	for i := len(v.requests) - 1; i >= 0 && !v.requests[i].At.Before(begin); i-- {
		before++
	}
	told.Set("X-Ratelimit-Limit", strconv.Itoa(v.cfg.PerMinute))
	told.Set("X-Ratelimit-Remaining", strconv.Itoa(max(0, v.cfg.PerMinute-before-1)))
	told.Set("X-Ratelimit-Reset", strconv.FormatInt(begin.Add(time.Minute).Unix(), 10))
	return told, before >= v.cfg.PerMinute
}
