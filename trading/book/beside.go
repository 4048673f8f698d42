package book

import (
	"math"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/internal/rough"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// beside is the account as the limits of an order look at it.
type beside struct {
	book   *Book
	symbol string
	order  string // its client ID; "" where it is not in the book yet
	price  PriceFunc

	estimate  trading.Totals[float64]
	estimated bool
}

// Beside returns the account beside one order: all but that order, and its sums by instrument without the order's own. It
// holds until the Book changes. What is held and has no price counts at its cost.
func (b *Book) Beside(o trading.Order, price PriceFunc) trading.Account {
	if price == nil {
		price = func(string) (decimal.Decimal, bool) { return decimal.Zero, false }
	}
	return &beside{book: b, symbol: o.Symbol, order: o.ClientID, price: price}
}

// part is what the account has in one instrument.
type part struct {
	trading.Position

	price   decimal.Decimal
	priced  bool
	pending []*OrderState
}

// each calls yield with every instrument that is held or is about to be, in no order. Most accounts have no pending order, and
// look for none.
func (s *beside) each(yield func(part)) {
	busy := s.book.busy
	for symbol, position := range s.book.positions {
		p := part{Position: position}
		if busy > 0 {
			p.pending = s.book.pending[symbol]
		}
		if len(p.pending) > 0 {
			busy--
		} else if p.Quantity.IsZero() {
			continue
		}
		p.price, p.priced = s.price(symbol)
		yield(p)
	}
	if busy == 0 {
		return
	}
	for symbol, pending := range s.book.pending {
		if _, traded := s.book.positions[symbol]; traded || len(pending) == 0 {
			continue
		}
		p := part{Position: trading.Position{Symbol: symbol}, pending: pending}
		p.price, p.priced = s.price(symbol)
		yield(p)
	}
}

// opens reports whether an order counts beside that of the question: the legs of a bracket only close, and are canceled as
// soon as nothing is held.
func (s *beside) opens(o *OrderState) bool { return o.ClientID != s.order && o.Leg == "" }

// worst is the highest price that is known for an order.
func (p *part) worst(o *OrderState) decimal.Decimal {
	return decimal.Max(o.WorstPrice(p.price), o.DecisionPrice)
}

// Estimate implements trading.Account. It adds up once, for all the limits of one order.
func (s *beside) Estimate() trading.Totals[float64] {
	if !s.estimated {
		s.estimate, s.estimated = s.sum(), true
	}
	return s.estimate
}

func (s *beside) sum() trading.Totals[float64] {
	t := trading.Totals[float64]{Equity: rough.Float(s.book.cash)}
	t.Free = t.Equity
	s.each(func(p part) {
		worth := 0.0
		switch {
		case p.Quantity.IsZero():
		case p.priced:
			worth = rough.Float(p.Quantity) * rough.Float(p.price)
		default:
			worth = rough.Float(p.Cost)
		}
		up, down, opens := worth, worth, false
		for _, o := range p.pending {
			if o.ClientID != s.order {
				t.Orders++
			}
			if !s.opens(o) {
				continue
			}
			opens = true
			value := rough.Float(o.Remaining()) * rough.Float(p.worst(o))
			if o.Side == trading.Buy {
				up += value
				t.Free -= value
			} else {
				down -= value
			}
		}
		t.Equity += worth
		if p.Symbol == s.symbol {
			return
		}
		t.Gross += max(math.Abs(up), math.Abs(down))
		t.Most, t.Least = t.Most+up, t.Least+down
		if opens || !p.Quantity.IsZero() {
			t.Positions++
		}
	})
	return t
}

// Exact implements trading.Account.
func (s *beside) Exact() trading.Totals[decimal.Decimal] {
	t := trading.Totals[decimal.Decimal]{Free: s.book.cash}
	unrealized := decimal.Zero
	s.each(func(p part) {
		worth := p.Cost
		if p.priced {
			worth = p.Quantity.Mul(p.price)
		}
		unrealized = unrealized.Add(worth.Sub(p.Cost))
		up, down, opens := worth, worth, false
		for _, o := range p.pending {
			if o.ClientID != s.order {
				t.Orders++
			}
			if !s.opens(o) {
				continue
			}
			opens = true
			value := o.Remaining().Mul(p.worst(o))
			if o.Side == trading.Buy {
				up, t.Free = up.Add(value), t.Free.Sub(value)
			} else {
				down = down.Sub(value)
			}
		}
		if p.Symbol == s.symbol {
			return
		}
		t.Gross = t.Gross.Add(decimal.Max(up.Abs(), down.Abs()))
		t.Most, t.Least = t.Most.Add(up), t.Least.Add(down)
		if opens || !p.Quantity.IsZero() {
			t.Positions++
		}
	})
	t.Equity = s.book.account.equity(unrealized)
	return t
}

// Made implements trading.Account.
func (s *beside) Made(since time.Time) int {
	n := 0
	for m := range s.earlier() {
		if m.at.Before(since) {
			break
		}
		n++
	}
	return n
}

// Like implements trading.Account.
func (s *beside) Like(o trading.Order) (at time.Time, ok bool) {
	for m := range s.earlier() {
		if m.opens && m.symbol == o.Symbol && m.side == o.Side && m.signalID != o.SignalID && m.quantity.Equal(o.Quantity) {
			return m.at, true
		}
	}
	return time.Time{}, false
}
