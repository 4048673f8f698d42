package risk

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/internal/rough"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// Most orders are far from every limit. Whether one is, is found out from floats, for all rules at once; only where it may not
// be are the rules asked one by one, and those that are near add up exactly.

// sketch is an order and its account in floats.
type sketch struct {
	near  trading.Totals[float64]
	scale float64 // the largest number in near
	value float64 // what the part that opens, and what it adds to, is worth
	cost  float64 // what all that the order buys costs
	buys  bool
}

// sketchOf makes one of what is known of the account.
func sketchOf(o *trading.Order, v *trading.View, opening decimal.Decimal) (s sketch) {
	s.near, s.buys = v.Account.Estimate(), o.Side == trading.Buy
	s.scale = max(s.near.Gross, s.near.Equity, -s.near.Equity, s.near.Free, -s.near.Free)
	price, quantity, held := rough.Float(v.Price), rough.Float(opening), rough.Float(v.Held)*float64(o.Side)
	s.value = (quantity + max(held, 0)) * price
	s.cost = (quantity + min(max(-held, 0), rough.Float(o.Quantity))) * price
	return s
}

// far reports whether no rule of the Rules' own cuts or refuses what opens. What is false may be true.
func (r *Rules) far(o *trading.Order, v *trading.View, opening decimal.Decimal) bool {
	if v.Account == nil {
		return false
	}
	return r.farOfOrder(o, v) && r.farOfAccount(o, v, opening) && r.farInTime(o, v)
}

func (r *Rules) farOfOrder(o *trading.Order, v *trading.View) bool {
	switch {
	case r.Hours != nil, r.NoShort && o.Side == trading.Sell, slices.Contains(r.Restricted, o.Symbol):
		return false
	case !r.SignalCollar.IsZero() && !(*signalCollar)(r).allows(v.Last, v.Reference):
		return false
	case !r.OrderCollar.IsZero() && (o.LimitPrice.IsPositive() || o.StopPrice.IsPositive()):
		return false
	}
	return true
}

func (r *Rules) farOfAccount(o *trading.Order, v *trading.View, opening decimal.Decimal) bool {
	if !r.CashOnly && r.MaxPositions == 0 && r.MaxOrders == 0 && r.MaxGross.IsZero() && r.MaxNet.IsZero() &&
		r.MaxLeverage.IsZero() {
		return true
	}
	s := sketchOf(o, v, opening)
	switch {
	case r.MaxPositions != 0 && v.Held.IsZero() && s.near.Positions >= r.MaxPositions:
		return false
	case r.MaxOrders != 0 && s.near.Orders >= r.MaxOrders:
		return false
	case r.CashOnly && !(*cashOnly)(r).far(&s):
		return false
	case !r.MaxGross.IsZero() && !(*gross)(r).far(&s):
		return false
	case !r.MaxNet.IsZero() && !(*net)(r).far(&s):
		return false
	}
	return r.MaxLeverage.IsZero() || (*leverage)(r).far(&s)
}

func (r *Rules) farInTime(o *trading.Order, v *trading.View) bool {
	made := func(most int, in time.Duration) bool { return most == 0 || v.Account.Made(v.Now.Add(1-in)) < most }
	if !made(r.MaxPerSecond, time.Second) || !made(r.MaxPerMinute, time.Minute) || r.protected(o.Symbol, v.Now, v.Account) {
		return false
	}
	if r.DuplicateWindow == 0 {
		return true
	}
	at, ok := v.Account.Like(*o)
	return !ok || v.Now.Sub(at) >= r.DuplicateWindow
}
