package main

import (
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// market is where bars, quotes and instruments come from.
type market struct {
	source      signal.Source
	quote       func(symbol string) (float64, bool) // nil where bars are all there is
	instruments []trading.Instrument
}

// market is the one that the flags name.
func (a *app) market() (m market, err error) {
	return a.synthetic()
}

// synthetic is a market that is made up.
func (a *app) synthetic() (m market, err error) {
	synthetic, err := feed.NewSynthetic(feed.SyntheticConfig{
		Seed: a.cfg.seed, Symbols: a.known(), Interval: a.cfg.interval, Clock: a.clock,
	})
	if err != nil {
		return m, err
	}
	m.quote = synthetic.Price
	for _, symbol := range a.known() {
		m.instruments = append(m.instruments, instrument(symbol, synthetic.Tick))
	}
	bars, err := a.disturbed(synthetic)
	m.source = &announced{Source: bars, log: a.log}
	return m, err
}
