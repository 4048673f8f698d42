package certify

import (
	"fmt"
	"log/slog"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
)

// adapterCases are those of every adapter, as far as the exchange is open, and the pair that this venue wants.
func (a *shares) adapterCases() []Case {
	m := market{
		symbol: a.symbol, open: a.adapter, id: a.id, size: func() decimal.Decimal { return one },
		below:  func(*script, string) decimal.Decimal { return cheap },
		above:  func(*script, string) decimal.Decimal { return dear },
		trades: a.wantsOpen,
	}
	return append(adapterCases(m), Case{"adapter-pair", func(s *script) { a.adapterPair(s, m) }})
}

func (a *shares) adapter(s *script) adapter {
	cut := &cutter{next: a.place.Transport}
	b, err := alpaca.New(alpaca.Config{
		APIKey: a.place.Key, SecretKey: a.place.Secret, URL: a.place.URL, StreamURL: a.place.StreamURL,
		Transport: cut, Clock: a.clock, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		s.fail(err)
		return adapter{}
	}
	a.measure(s) // when its order is sent decides which fills it is told
	found := adapter{Broker: b, cut: cut, now: a.now}
	all, err := b.Instruments(s.ctx)
	if err != nil {
		s.fail(err)
	}
	for _, i := range all {
		if i.Symbol == a.symbol {
			found.instrument = i
		}
	}
	if found.instrument.Symbol == "" {
		s.fail(fmt.Errorf("the adapter does not know %s", a.symbol))
	}
	return found
}

// adapterPair guards a holding by a take-profit and a stop.
func (a *shares) adapterPair(s *script, m market) {
	b := a.adapter(s)
	if s.over() {
		return
	}
	pairer, is := b.Broker.(trading.Pairer)
	a.buy(s)
	if !is || s.over() {
		return
	}
	profit := m.order(trading.Order{Side: trading.Sell, Type: trading.Limit, LimitPrice: dear, Leg: trading.TakeProfit})
	stop := m.order(trading.Order{Side: trading.Sell, Type: trading.Stop, StopPrice: cheap, Leg: trading.StopLoss})
	first, second := b.approve(s, &profit, a.price, one), b.approve(s, &stop, a.price, one)
	if s.over() {
		return
	}
	s.say("submit", "%s", outcome(pairer.SubmitPair(s.ctx, first, second)))
	said, _ := b.report(s, profit)
	s.say("take-profit", "%s", said)
	said, _ = b.report(s, stop)
	s.say("stop", "%s", said)
	s.say("cancel of the stop", "%s", outcome(b.Cancel(s.ctx, stop.Ref())))
	s.say("stop after it", "%s", b.ends(s, stop))
	s.say("take-profit after it", "%s", b.ends(s, profit))
}
