package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/feed/httpfeed"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// market is where bars, quotes and instruments come from.
type market struct {
	source      signal.Source
	quote       func(symbol string) (float64, bool) // nil where bars are all there is
	instruments []trading.Instrument
	broker      trading.Broker     // nil for an account on paper
	looks       looker             // at the live account that a shadow is of; nil for none
	candles     supervisor.Service // what has to be served for the source; nil for nothing
}

// market is the one that the flags name.
func (a *app) market(ctx context.Context, closers *[]func() error) (m market, err error) {
	switch {
	case len(a.cfg.feed) > 0:
		m, err = a.candleFeed(closers)
	case a.cfg.place().name == "": // a venue that has a name has bars of its own
		m, err = a.synthetic()
	}
	if err == nil && a.cfg.venue != "" {
		err = a.atVenue(ctx, &m, closers)
	}
	if err != nil {
		return m, err
	}
	if m.source, err = a.disturbed(m.source); err != nil {
		return m, err
	}
	a.bars = &recentBars{Source: m.source, bySymbol: make(map[string][]signal.Bar)}
	m.source = &announced{Source: a.bars, log: a.log}
	return m, nil
}

// synthetic is a market that is made up.
func (a *app) synthetic() (m market, err error) {
	synthetic, err := feed.NewSynthetic(feed.SyntheticConfig{
		Seed: a.cfg.seed, Symbols: a.known(), Interval: a.cfg.interval, Clock: a.clock,
	})
	if err != nil {
		return m, err
	}
	m.source, m.quote = synthetic, synthetic.Price
	for _, symbol := range a.known() {
		m.instruments = append(m.instruments, instrument(symbol, synthetic.Tick))
	}
	return m, nil
}

// feedTimeout is how long one address may take before the next one is asked.
const feedTimeout = 10 * time.Second

// candleFeed is a market whose candles come from the web. They are all that is known of its prices.
func (a *app) candleFeed(closers *[]func() error) (m market, err error) {
	end := httpfeed.Endpoint{
		Symbols: make(map[string]string), Interval: a.cfg.interval, Shape: a.cfg.feedShape, Clock: a.clock,
	}
	for _, symbol := range a.known() {
		end.Symbols[symbol] = symbol
		m.instruments = append(m.instruments, a.cfg.inSteps(instrument(symbol, nil)))
	}
	for _, pair := range a.cfg.feedSymbols {
		name, theirs, _ := strings.Cut(pair, "=")
		if _, known := end.Symbols[name]; known {
			end.Symbols[name] = theirs
		}
	}
	var sources []feed.NamedSource
	for n, address := range a.cfg.feed {
		end.URL = address
		source, err := httpfeed.New(end)
		if err != nil {
			return m, fmt.Errorf("--feed: %w", err)
		}
		*closers = append(*closers, func() error { source.Close(); return nil })
		sources = append(sources, feed.NamedSource{Name: fmt.Sprintf("address %d", n+1), Source: source})
	}
	if m.source = sources[0].Source; len(sources) > 1 {
		m.source, err = feed.NewFailover(feed.FailoverConfig{
			Sources: sources, Timeout: feedTimeout, Clock: a.clock,
			OnSwitch: func(symbol, from, to string, why error) {
				a.log.Warn("Candles come from another address", "symbol", symbol, "from", from, "to", to, "error", why)
			},
		})
	}
	return m, err
}

// instead names what is traded in the place of a symbol that is not.
func instead(symbol string, traded []string) string {
	if len(traded) <= 10 {
		return ", which has all of --symbols " + strings.Join(traded, ",")
	}
	if near := nearest(symbol, traded); near != "" {
		return ": did you mean " + near + "?"
	}
	return fmt.Sprintf(", which has %d others", len(traded))
}

// venueTimeout is how long a venue may take to say what it trades.
const venueTimeout = 15 * time.Second

// atVenue has orders go to --venue.
func (a *app) atVenue(ctx context.Context, m *market, closers *[]func() error) error {
	broker, err := a.cfg.broker(a.clock, a.log)
	if err != nil {
		return fmt.Errorf("--venue: %w", err)
	}
	*closers = append(*closers, func() error { broker.Close(); return nil })
	ctx, cancel := a.clock.WithTimeout(ctx, venueTimeout)
	defer cancel()
	if m.instruments, err = broker.Instruments(ctx); err != nil {
		return fmt.Errorf("--venue: what is traded there: %w", err)
	}
	var traded []string
	for _, i := range m.instruments {
		traded = append(traded, i.Symbol)
	}
	for _, symbol := range a.cfg.symbols {
		if !slices.Contains(traded, symbol) {
			return fmt.Errorf("--symbols: %s is not traded at --venue %s%s", symbol, a.cfg.venue, instead(symbol, traded))
		}
	}
	if m.broker = broker; a.cfg.shadow {
		m.broker = nil // Nothing that could send an order is known from here on.
		a.tellLive(ctx, broker)
	} else if err := a.adoption(ctx, broker); err != nil {
		return err
	}
	if at, ok := broker.(namedVenue); ok {
		source, err := at.bars(a.cfg.interval)
		if err != nil {
			return fmt.Errorf("--interval: %w", err)
		}
		m.source, m.candles = source, source
		if a.cfg.shadow {
			m.looks = at
		}
	}
	return nil
}
