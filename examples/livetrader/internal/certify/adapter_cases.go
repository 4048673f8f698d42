package certify

import (
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// market is what the cases of an adapter need of a place.
type market struct {
	symbol       string
	open         func(s *script) adapter // a new adapter, whose memory is empty; a failed script has none
	id           func() string
	size         func() decimal.Decimal
	below, above func(s *script, part string) decimal.Decimal
	trades       func(*script) // ends a case that wants a fill where there can be none; nil where there always can
}

// adapterCases go through the port, and so through the parsers that a trader lives by.
func adapterCases(m market) []Case {
	with := func(name string, run func(s *script, a adapter)) Case {
		return Case{"adapter-" + name, func(s *script) {
			a := m.open(s)
			if s.over() {
				return
			}
			run(s, a)
		}}
	}
	return []Case{
		with("limit", m.limitLife),
		with("market", m.marketLife),
		with("stop", m.stopLife),
		with("id-twice", func(s *script, a adapter) {
			o := m.limit(s)
			s.say("first", "%s", outcome(a.submit(s, &o, o.LimitPrice, decimal.Zero)))
			s.say("second", "%s", outcome(a.submit(s, &o, o.LimitPrice, decimal.Zero)))
			s.say("open", "%d", a.open(s, o.ClientID))
		}),
		with("fill-or-kill", func(s *script, a adapter) {
			if m.trades != nil {
				m.trades(s)
			}
			if s.over() {
				return
			}
			o := m.limit(s)
			o.TimeInForce = trading.FOK
			s.say("submit", "%s", outcome(a.submit(s, &o, o.LimitPrice, decimal.Zero)))
			s.say("order", "%s", a.ends(s, o))
		}),
		with("nothing-there", func(s *script, a adapter) {
			o := m.limit(s)
			o.CreatedAt = a.now()
			said, _ := a.report(s, o)
			s.say("order", "%s", said)
			s.say("cancel", "%s", outcome(a.Cancel(s.ctx, o.Ref())))
		}),
		with("answer-cut-on-our-side", func(s *script, a adapter) {
			o := m.limit(s)
			if _, err := a.OpenOrders(s.ctx); err != nil { // what comes before a first order is asked without the cut
				s.fail(err)
			}
			a.cut.armed.Store(true)
			s.say("submit", "%s", outcome(a.submit(s, &o, o.LimitPrice, decimal.Zero)))
			said, _ := a.report(s, o)
			s.say("order", "%s", said)
			s.say("open", "%d", a.open(s, o.ClientID))
			s.say("cancel", "%s", outcome(a.Cancel(s.ctx, o.Ref())))
			s.say("after it", "%s", a.ends(s, o))
		}),
	}
}

// limit is an order that rests.
func (m market) limit(s *script) trading.Order {
	return m.order(trading.Order{Side: trading.Buy, Type: trading.Limit, LimitPrice: m.below(s, "0.03")})
}

func (m market) order(o trading.Order) trading.Order {
	o.ClientID, o.Symbol, o.Quantity = m.id(), m.symbol, m.size()
	return o
}

func (m market) limitLife(s *script, a adapter) {
	o := m.limit(s)
	s.say("submit", "%s", outcome(a.submit(s, &o, o.LimitPrice, decimal.Zero)))
	said, _ := a.report(s, o)
	s.say("order", "%s", said)
	s.say("open", "%d", a.open(s, o.ClientID))
	s.say("cancel", "%s", outcome(a.Cancel(s.ctx, o.Ref())))
	s.say("after it", "%s", a.ends(s, o))
	s.say("cancel again", "%s", outcome(a.Cancel(s.ctx, o.Ref())))
}

func (m market) marketLife(s *script, a adapter) {
	if m.trades != nil {
		m.trades(s)
	}
	if s.over() {
		return
	}
	price := m.above(s, "0")
	o := m.order(trading.Order{Side: trading.Buy, Type: trading.Market})
	s.say("submit", "%s", outcome(a.submit(s, &o, price, decimal.Zero)))
	s.say("order", "%s", a.ends(s, o))
	sum, fee := decimal.Zero, false
	for _, f := range a.fills(s, o) {
		sum, fee = sum.Add(f.Quantity), fee || !f.Fee.IsZero()
	}
	s.say("fills", "%s", part(sum, o.Quantity))
	s.say("with a fee", "%t", fee)
	s.say("position", "%s", part(a.position(s, m.symbol), o.Quantity))
	out := m.order(trading.Order{Side: trading.Sell, Type: trading.Market})
	s.say("close", "%s", outcome(a.submit(s, &out, price, o.Quantity)))
	s.say("close asked for", "%s", a.ends(s, out))
	s.say("position after it", "%s", part(a.position(s, m.symbol), o.Quantity))
}

func (m market) stopLife(s *script, a adapter) {
	o := m.order(trading.Order{Side: trading.Buy, Type: trading.Stop, StopPrice: m.above(s, "0.03")})
	s.say("submit", "%s", outcome(a.submit(s, &o, o.StopPrice, decimal.Zero)))
	said, _ := a.report(s, o)
	s.say("order", "%s", said)
	s.say("open", "%d", a.open(s, o.ClientID))
	s.say("cancel", "%s", outcome(a.Cancel(s.ctx, o.Ref())))
	s.say("after it", "%s", a.ends(s, o))
}

// position is what an adapter says is held.
func (a adapter) position(s *script, symbol string) decimal.Decimal {
	held, err := a.Positions(s.ctx)
	if err != nil {
		s.fail(err)
	}
	return held[symbol]
}
