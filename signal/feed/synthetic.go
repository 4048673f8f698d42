package feed

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/internal/printable"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// opened is when every synthetic market began.
var opened = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)

// SyntheticConfig configures a Synthetic.
type SyntheticConfig struct {
	Seed     uint64        // the same seed gives the same market, for ever; 0 is one like any other
	Symbols  []string      // at least one, as ParseSymbol reads them, none twice
	Interval time.Duration // of the bars, above zero
	Clock    Clock         // nil means the machine's clock

	Regimes []Regime // when it behaves otherwise than usual: calm, trends, crashes, jumps
	Spread  float64  // between bid and ask, as a part of the price: 0.0002 is two hundredths of a percent; below 1
}

// Synthetic is a market that is made up: a signal.Source, and a quote for a paper broker. Use NewSynthetic.
//
// A price is a function of seed, symbol and time. It moves around a start price (60,000 for BTC, 3,000 for ETH, 150 for
// SOL, something between 0.05 and 500 for others) and never leaves it by more than a quarter, unless Regimes say so;
// symbols move independently.
// On bars of 5 s and less it turns more often than a real market: moving averages of 8 and 21 of them cross about every
// ten bars, so that a minute of trying shows something. For that, a market of such short bars has a swing that others do
// not have: its prices are those of its Interval, while markets of 5 s and more have the same prices.
//
// Prices are whole ticks and bars follow each other without a gap: each opens at the price at which the last one closed.
// Bars are aligned as time.Time.Truncate does it. The market has been open since 1900-01-01 UTC, so a time before that,
// such as the zero time, asks for its first bars. What is computed is what is returned: an answer costs a few
// microseconds for each of its bars, wherever they lie.
type Synthetic struct {
	clock    Clock
	interval time.Duration
	spread   float64
	markets  map[string]*market
}

var _ signal.Source = (*Synthetic)(nil)

// NewSynthetic checks the configuration and returns the market.
func NewSynthetic(cfg SyntheticConfig) (*Synthetic, error) {
	if cfg.Interval <= 0 {
		return nil, fmt.Errorf("feed: synthetic market: Interval %s is not above zero", cfg.Interval)
	}
	if len(cfg.Symbols) == 0 {
		return nil, fmt.Errorf("feed: synthetic market: Symbols is empty")
	}
	if !(cfg.Spread >= 0 && cfg.Spread < 1) {
		return nil, fmt.Errorf("feed: synthetic market: Spread %v is not 0 or more and below 1", cfg.Spread)
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	s := &Synthetic{
		clock: cfg.Clock, interval: cfg.Interval, spread: cfg.Spread,
		markets: make(map[string]*market, len(cfg.Symbols)),
	}
	for _, name := range cfg.Symbols {
		symbol, err := signal.ParseSymbol(name)
		if err != nil {
			return nil, fmt.Errorf("feed: synthetic market: Symbols: %w", err)
		}
		if s.markets[name] != nil {
			return nil, fmt.Errorf("feed: synthetic market: Symbols: %s is there twice", name)
		}
		s.markets[name] = newMarket(cfg.Seed, name, symbol, cfg.Interval)
		s.markets[name].regimes = regimesOf(cfg.Regimes, name, s.markets[name].walk)
	}
	for i, r := range cfg.Regimes {
		if err := r.check(i); err != nil {
			return nil, err
		}
		if r.Symbol != "" && s.markets[r.Symbol] == nil {
			return nil, fmt.Errorf("feed: synthetic market: Regimes[%d]: %s is not among Symbols", i, r.Symbol)
		}
	}
	return s, nil
}

// checkInterval is after how many bars the context is looked at: some milliseconds' worth.
const checkInterval = 1024

// Bars returns the bars after the given time that have closed on the market's clock, as signal.Source says.
func (s *Synthetic) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	m := s.markets[symbol]
	if m == nil {
		return signal.Batch{}, printable.Error(fmt.Errorf("feed: synthetic market: %w %q", signal.ErrUnknownSymbol, symbol))
	}
	first := s.firstAfter(after)
	closed := s.clock.Now().Sub(first) / s.interval
	switch {
	case limit <= 0:
		return signal.Batch{}, ctx.Err()
	case closed <= 0:
		return signal.Batch{Complete: s.clock.Now().UTC().Truncate(s.interval)}, ctx.Err()
	}
	wanted := min(limit, int(closed))
	bars := make([]signal.Bar, 0, min(wanted, 4*checkInterval)) // more of them only once they are there
	price := m.price(first.UnixNano())
	for i := range wanted {
		if i%checkInterval == 0 && ctx.Err() != nil {
			return signal.Batch{}, ctx.Err()
		}
		bars = append(bars, m.bar(first.Add(time.Duration(i)*s.interval), price))
		price = bars[i].Close
	}
	return signal.Batch{Bars: bars, Complete: bars[wanted-1].End()}, nil // there is no bar between two that follow each other
}

// firstAfter is when the first bar later than the given time opens.
func (s *Synthetic) firstAfter(after time.Time) time.Time {
	if after.Before(opened) {
		after = opened
	}
	return after.UTC().Truncate(s.interval).Add(s.interval)
}

// Now is the time on the market's clock.
func (s *Synthetic) Now() time.Time { return s.clock.Now() }

// Price returns what the symbol is worth now on the market's clock, and false for a symbol that it does not have.
func (s *Synthetic) Price(symbol string) (float64, bool) {
	m := s.markets[symbol]
	if m == nil {
		return 0, false
	}
	return m.price(s.clock.Now().UnixNano()), true
}

// Quote returns at what the symbol could be sold and bought now: Price, less and plus half of the spread, in whole ticks
// away from it. It is false for a symbol that the market does not have.
func (s *Synthetic) Quote(symbol string) (bid, ask float64, ok bool) {
	m := s.markets[symbol]
	if m == nil {
		return 0, 0, false
	}
	price := m.price(s.clock.Now().UnixNano())
	ticks := math.Ceil(float64(price * s.spread / 2 * m.perUnit))
	at := math.Round(price * m.perUnit)
	return max(1, at-ticks) / m.perUnit, (at + ticks) / m.perUnit, true
}

// Tick returns the steps in which the symbol's price moves, and false for a symbol that it does not have.
func (s *Synthetic) Tick(symbol string) (float64, bool) {
	m := s.markets[symbol]
	if m == nil {
		return 0, false
	}
	return 1 / m.perUnit, true
}
