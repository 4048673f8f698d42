package book

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Stake is what one strategy has in an instrument that several share: what it asks to hold, and its part of the position,
// with what came of it. The parts of all add up to the position: their quantities, fees, and profits at any price.
type Stake struct {
	trading.Position

	Strategy   string          `json:"strategy"` // "" for what no strategy asked for, such as what a person bought
	Target     decimal.Decimal `json:"target"`   // those of all add up to the instrument's
	ValidUntil time.Time       `json:"valid_until,omitzero"`
	// Profit is what came of it, at the price of now, before fees. A Book knows no prices and leaves it zero; where nobody
	// knows one, what is held counts at its cost.
	Profit decimal.Decimal `json:"profit,omitzero"`
	// Orphan says what its signals were made with, where the strategy speaks no more: it is only reduced.
	Orphan string `json:"orphan,omitempty"`
}

// missing is how much is still to be bought for it; below zero, to be sold.
func (s *Stake) missing() decimal.Decimal { return s.Target.Sub(s.Quantity) }

// Reachable is what may be gone for of a quantity at a time: all of it, or only what the strategy has of it already where its
// signal has expired, or it speaks no more.
func (s *Stake) Reachable(quantity decimal.Decimal, at time.Time) decimal.Decimal {
	if s.Orphan != "" || at.After(s.ValidUntil) {
		return within(quantity, s.Quantity)
	}
	return quantity
}

func (s *Stake) trade(f trading.Fill) { s.Position = s.After(f) }

// shared is an instrument whose target is made of the targets of several strategies.
//
// They are served in the order in which they last asked. What one sells while another one buys changes hands between them,
// without a fee, and never reaches the Broker.
type shared struct {
	stakes []Stake         // the last one is nobody's
	price  decimal.Decimal // the last that was heard of; zero before that
}

func (s *shared) nobody() *Stake { return &s.stakes[len(s.stakes)-1] }

func (s *shared) find(strategy string) *Stake {
	for i := range s.stakes {
		if s.stakes[i].Strategy == strategy {
			return &s.stakes[i]
		}
	}
	return nil
}

// owner is who asked last of those that have anything; "" for nobody.
func (s *shared) owner() string {
	for _, one := range slices.Backward(s.stakes) {
		if !one.Target.IsZero() || !one.Quantity.IsZero() {
			return one.Strategy
		}
	}
	return ""
}

// target is what all ask for together.
func (s *shared) target() (sum decimal.Decimal) {
	for i := range s.stakes {
		sum = sum.Add(s.stakes[i].Target)
	}
	return sum
}

// ask takes over what all ask for once a signal was acted on. Whose signal it is has asked last.
func (s *shared) ask(e journal.SignalSeen) {
	asked := e.Stakes
	if len(asked) == 0 { // They share the account no more.
		asked = []journal.Stake{{Strategy: e.Strategy, Target: e.Target}}
	}
	own := Stake{Strategy: e.Strategy}
	own.Symbol = e.Symbol
	s.stakes = slices.DeleteFunc(s.stakes, func(one Stake) bool {
		if one.Strategy == e.Strategy {
			own = one
		}
		return one.Strategy == e.Strategy
	})
	own.ValidUntil = e.ValidUntil
	s.stakes = slices.Insert(s.stakes, len(s.stakes)-1, own)
	for i := range s.stakes {
		one := &s.stakes[i]
		one.Target = decimal.Zero
		for _, a := range asked {
			if a.Strategy == one.Strategy {
				one.Target = a.Target
			}
		}
		if one.Target.IsZero() && one.Quantity.IsZero() {
			one.Orphan = ""
		}
	}
	if e.Price.IsPositive() {
		s.price = e.Price
	}
	s.cross()
}

// cross lets what is missing on both sides change hands, at the last price.
func (s *shared) cross() {
	for i := range s.stakes {
		for j := range s.stakes {
			buyer, seller := &s.stakes[i], &s.stakes[j]
			quantity := decimal.Min(buyer.missing(), seller.missing().Neg())
			if quantity.IsPositive() && s.price.IsPositive() {
				f := trading.Fill{Symbol: buyer.Symbol, Side: trading.Buy, Quantity: quantity, Price: s.price}
				buyer.trade(f)
				f.Side = trading.Sell
				seller.trade(f)
			}
		}
	}
}

// fill gives a fill of an order of ours to those that miss it, with its fee by quantity. The rest, and what came from
// elsewhere, is nobody's.
func (s *shared) fill(f trading.Fill, own bool) {
	rest := f
	if own {
		s.price = f.Price
		s.cross()
		for i := range s.stakes {
			wants := f.Side.Signed(s.stakes[i].missing())
			if part := decimal.Min(wants, rest.Quantity); part.IsPositive() {
				s.stakes[i].trade(take(&rest, part))
			}
		}
	}
	if rest.Quantity.IsPositive() {
		s.nobody().trade(rest)
	}
}

// sharePlaces is how exact a part of a fee or of a target is. What is cut off is in the last part.
const sharePlaces = 18

// take takes a part out of a fill.
func take(rest *trading.Fill, quantity decimal.Decimal) trading.Fill {
	part := *rest
	part.Quantity = quantity
	if quantity.LessThan(rest.Quantity) {
		part.Fee = rest.Fee.Mul(quantity).DivRound(rest.Quantity, sharePlaces)
	}
	rest.Quantity, rest.Fee = rest.Quantity.Sub(part.Quantity), rest.Fee.Sub(part.Fee)
	return part
}

// unfilled is what a stake asks for of a side and has not got.
func (s *Stake) unfilled(side int) decimal.Decimal {
	if s.Target.Sign() != side {
		return decimal.Zero
	}
	return s.Target.Sub(within(s.Target, s.Quantity))
}

// follow brings the targets along where that of the instrument went from one quantity to another without a signal. What was
// not filled is lost first, by those that asked for it; what is lost beyond that all lose in the same proportion, so that
// nothing of it comes back. What it gained nobody asked for.
func (s *shared) follow(from, to decimal.Decimal) {
	side := from.Sign()
	unfilled := decimal.Zero
	for i := range s.stakes {
		unfilled = unfilled.Add(s.stakes[i].unfilled(side))
	}
	switch filled := from.Sub(unfilled); {
	case side == 0, to.IsZero():
		s.over(to)
	case to.Cmp(from)*side > 0:
		s.nobody().Target = s.nobody().Target.Add(to.Sub(from))
	case to.Cmp(filled)*side >= 0:
		s.give(to, func(one *Stake) decimal.Decimal {
			return one.Target.Sub(fraction(one.unfilled(side), from.Sub(to), unfilled))
		})
	case to.Sign() != side:
		s.over(to)
	default:
		s.give(to, func(one *Stake) decimal.Decimal { return fraction(one.Target.Sub(one.unfilled(side)), to, filled) })
	}
}

// fraction is so much of a quantity as one is of another.
func fraction(quantity, of, all decimal.Decimal) decimal.Decimal {
	if quantity.IsZero() {
		return quantity
	}
	return quantity.Mul(of).DivRound(all, sharePlaces)
}

// over is the end of all that strategies asked for; what is still to be held is nobody's.
func (s *shared) over(left decimal.Decimal) {
	s.give(left, func(*Stake) decimal.Decimal { return decimal.Zero })
}

// give sets the target of each, and gives what rounding leaves of the sum to the last that has any.
func (s *shared) give(sum decimal.Decimal, target func(*Stake) decimal.Decimal) {
	last := s.nobody()
	for i := range s.stakes {
		one := &s.stakes[i]
		if one.Target = target(one); !one.Target.IsZero() {
			last = one
		}
	}
	last.Target = last.Target.Add(sum.Sub(s.target()))
}

// orphan gives a stake the fate of an orphan.
func (s *shared) orphan(o journal.Orphan) {
	one := s.find(o.Strategy)
	one.Orphan = ""
	switch o.Fate {
	case journal.FateReduced:
		one.Orphan, one.Target = o.Was, within(one.Target, one.Quantity)
	case journal.FateHandedOver: // To nobody, whose stake the next signal takes.
		f := trading.Fill{Symbol: o.Symbol, Side: trading.Buy, Quantity: one.Quantity.Abs(), Price: one.AveragePrice()}
		if one.Quantity.IsPositive() {
			f.Side = trading.Sell
		}
		one.trade(f)
		f.Side = -f.Side
		nobody := s.nobody()
		nobody.trade(f)
		nobody.Target, one.Target = nobody.Target.Add(one.Target), decimal.Zero
	case journal.FateTakenBack:
	}
}
