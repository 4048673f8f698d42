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
	opens float64 // what the part that opens is worth
	value float64 // the same with what it adds to
	cost  float64 // what all that the order buys costs
	buys  bool
	near  trading.Totals[float64]
	scale float64 // the largest number in near
}

// sketchOf makes one of an order and what is known of the account.
func sketchOf(o *trading.Order, v *trading.View, opening decimal.Decimal) sketch {
	s := sketchOfOrder(o, v, opening)
	s.see(v.Account)
	return s
}

func sketchOfOrder(o *trading.Order, v *trading.View, opening decimal.Decimal) (s sketch) {
	s.buys = o.Side == trading.Buy
	price, quantity, held := rough.Float(v.Price), rough.Float(opening), rough.Float(v.Held)*float64(o.Side)
	s.opens = quantity * price
	s.value = (quantity + max(held, 0)) * price
	s.cost = (quantity + min(max(-held, 0), rough.Float(o.Quantity))) * price
	return s
}

func (s *sketch) see(a trading.Account) {
	s.near = a.Estimate()
	s.scale = max(s.near.Gross, s.near.Equity, -s.near.Equity, s.near.Free, -s.near.Free)
}

// far reports whether neither Limits nor a rule of the Rules' own cuts or refuses what opens. What is false may be true.
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
	case r.MaxPriceAge != 0 && !(*priceAge)(r).allows(v), !r.LiquidationRoom.IsZero() && !v.Liquidation.IsZero():
		return false
	case !r.OrderCollar.IsZero() && (o.LimitPrice.IsPositive() || o.StopPrice.IsPositive()):
		return false
	}
	return true
}

// far reports whether both are far from what the order opens.
func (l *Limits) far(s *sketch) bool {
	return within(s.opens, rough.Float(l.MaxOrder), 0) && within(s.value, rough.Float(l.MaxPosition), 0)
}

func (r *Rules) farOfAccount(o *trading.Order, v *trading.View, opening decimal.Decimal) bool {
	s := sketchOfOrder(o, v, opening)
	if !r.Limits.far(&s) {
		return false
	}
	if !r.CashOnly && r.MaxPositions == 0 && r.MaxOrders == 0 && r.MaxGross.IsZero() && r.MaxNet.IsZero() &&
		r.MaxLeverage.IsZero() {
		return true
	}
	s.see(v.Account)
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
	if r.madeTooMany(v) || r.protected(o.Symbol, v.Now, v.Account) {
		return false
	}
	if r.DuplicateWindow == 0 {
		return true
	}
	at, ok := v.Account.Like(*o)
	return !ok || v.Now.Sub(at) >= r.DuplicateWindow
}

// madeTooMany asks for the last second only where the last minute saw as many as that may.
func (r *Rules) madeTooMany(v *trading.View) bool {
	if r.MaxPerSecond == 0 && r.MaxPerMinute == 0 {
		return false
	}
	minute := v.Account.Made(v.Now.Add(1 - time.Minute))
	if r.MaxPerMinute != 0 && minute >= r.MaxPerMinute {
		return true
	}
	return r.MaxPerSecond != 0 && minute >= r.MaxPerSecond && v.Account.Made(v.Now.Add(1-time.Second)) >= r.MaxPerSecond
}
