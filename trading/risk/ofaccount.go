package risk

import (
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/internal/rough"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// The rules of the account. Each is asked for an estimate first: most orders are far from most limits.

// unknown refuses what opens where nobody says how the account stands.
func unknown(name, bound string) (decimal.Decimal, *trading.LimitError) {
	return decimal.Zero, &trading.LimitError{Limit: name, Bound: bound, Found: "nobody knows the account"}
}

type gross Rules

func (*gross) Name() string      { return "MaxGross" }
func (r *gross) Validate() error { return notNegative(r.MaxGross) }

func (r *gross) far(s *sketch) bool {
	return within(s.near.Gross+s.value, rough.Float(r.MaxGross), s.scale)
}

func (r *gross) Room(o trading.Order, v trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	if v.Account == nil {
		return unknown(r.Name(), r.MaxGross.String())
	}
	if s := sketchOf(&o, &v, opening); r.far(&s) {
		return opening, nil
	}
	base := v.Account.Exact().Gross.Add(held(o, v).Mul(v.Price))
	return cutTo(r.Name(), v, opening, r.MaxGross, base)
}

type net Rules

func (*net) Name() string      { return "MaxNet" }
func (r *net) Validate() error { return notNegative(r.MaxNet) }

func (r *net) far(s *sketch) bool {
	others := s.near.Most
	if !s.buys {
		others = -s.near.Least
	}
	return within(others+s.value, rough.Float(r.MaxNet), s.scale)
}

func (r *net) Room(o trading.Order, v trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	if v.Account == nil {
		return unknown(r.Name(), r.MaxNet.String())
	}
	if s := sketchOf(&o, &v, opening); r.far(&s) {
		return opening, nil
	}
	exact := v.Account.Exact()
	base := exact.Most
	if o.Side == trading.Sell {
		base = exact.Least.Neg()
	}
	return cutTo(r.Name(), v, opening, r.MaxNet, base.Add(held(o, v).Mul(v.Price)))
}

type leverage Rules

func (*leverage) Name() string      { return "MaxLeverage" }
func (r *leverage) Validate() error { return notNegative(r.MaxLeverage) }

func (r *leverage) far(s *sketch) bool {
	times := rough.Float(r.MaxLeverage)
	return within(s.near.Gross+s.value, s.near.Equity*times, s.scale*max(times, 1))
}

func (r *leverage) Room(o trading.Order, v trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	if v.Account == nil {
		return unknown(r.Name(), r.MaxLeverage.String())
	}
	if s := sketchOf(&o, &v, opening); r.far(&s) {
		return opening, nil
	}
	exact := v.Account.Exact()
	base := exact.Gross.Add(held(o, v).Mul(v.Price))
	allowed, cut := cutTo(r.Name(), v, opening, exact.Equity.Mul(r.MaxLeverage), base)
	if cut != nil {
		cut.Bound, cut.Found = r.MaxLeverage.String(), cut.Found+", and the account is worth "+exact.Equity.String()
	}
	return allowed, cut
}

type cashOnly Rules

func (*cashOnly) Name() string    { return "CashOnly" }
func (*cashOnly) Validate() error { return nil }

func (*cashOnly) far(s *sketch) bool { return !s.buys || within(s.cost, s.near.Free, s.scale) }

func (r *cashOnly) Room(o trading.Order, v trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	if o.Side != trading.Buy {
		return opening, nil
	}
	if v.Account == nil {
		return unknown(r.Name(), "set")
	}
	if s := sketchOf(&o, &v, opening); r.far(&s) {
		return opening, nil
	}
	closing := trading.ClosingPart(o.Side, o.Quantity, v.Held)
	free := v.Account.Exact().Free
	allowed, cut := cutTo(r.Name(), v, opening, free, closing.Mul(v.Price))
	if cut != nil {
		cut.Bound, cut.Found = "set", cut.Found+", and "+free.String()+" of the cash is free"
	}
	return allowed, cut
}

// tooMany refuses what opens where there would be more than so many.
func tooMany(name string, most, are int, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	if are < most {
		return opening, nil
	}
	return decimal.Zero, &trading.LimitError{
		Limit: name, Bound: strconv.Itoa(most), Found: strconv.Itoa(are+1) + " with the order",
	}
}

type positions Rules

func (*positions) Name() string      { return "MaxPositions" }
func (r *positions) Validate() error { return countable(r.MaxPositions) }

func (r *positions) Room(_ trading.Order, v trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	switch {
	case !v.Held.IsZero():
		return opening, nil // It is one of them.
	case v.Account == nil:
		return unknown(r.Name(), strconv.Itoa(r.MaxPositions))
	}
	return tooMany(r.Name(), r.MaxPositions, v.Account.Estimate().Positions, opening)
}

type orders Rules

func (*orders) Name() string      { return "MaxOrders" }
func (r *orders) Validate() error { return countable(r.MaxOrders) }

func (r *orders) Room(_ trading.Order, v trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	if v.Account == nil {
		return unknown(r.Name(), strconv.Itoa(r.MaxOrders))
	}
	return tooMany(r.Name(), r.MaxOrders, v.Account.Estimate().Orders, opening)
}
