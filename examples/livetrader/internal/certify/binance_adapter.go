package certify

import (
	"fmt"
	"log/slog"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/binance"
)

// adapterCases are those of every adapter, and how this one sees the account.
func (f *futures) adapterCases() []Case {
	m := market{
		symbol: f.vigils, open: f.adapter, id: f.id, size: func() decimal.Decimal { return f.size },
		below: f.below, above: f.above,
	}
	return append([]Case{{"adapter-check", func(s *script) {
		b := f.broker(s, nil)
		if s.over() {
			return
		}
		setup, err := b.Check(s.ctx)
		s.say("against trading there", "%v", err)
		s.say("one-way mode", "%t", !setup.Hedge)
		s.say("leverage is known", "%t", setup.Symbols[f.vigils].Leverage > 0)
	}}}, adapterCases(m)...)
}

// broker is a new adapter, through cut where there is one.
func (f *futures) broker(s *script, cut *cutter) *binance.Broker {
	cfg := binance.Config{
		APIKey: f.place.Key, SecretKey: f.place.Secret, URL: f.place.URL, StreamURL: f.place.StreamURL, Simulated: true,
		Symbols: []string{f.vigils}, Transport: f.place.Transport, Clock: f.clock, Logger: slog.New(slog.DiscardHandler),
	}
	if cut != nil {
		cfg.Transport = cut
	}
	b, err := binance.New(cfg)
	if err != nil {
		s.fail(err)
	}
	return b
}

func (f *futures) adapter(s *script) adapter {
	cut := &cutter{next: f.place.Transport}
	b := f.broker(s, cut)
	if s.over() {
		return adapter{}
	}
	f.measure(s) // when its order is sent decides which fills it is told
	a := adapter{Broker: b, cut: cut, now: f.now}
	all, err := b.Instruments(s.ctx)
	if err != nil {
		s.fail(err)
	}
	for _, i := range all {
		if i.Symbol == f.vigils {
			a.instrument = i
		}
	}
	if a.instrument.Symbol == "" {
		s.fail(fmt.Errorf("the adapter does not know %s", f.vigils))
	}
	return a
}
