// Package paper is a broker without a venue: it executes orders against prices that it is given, for simulations,
// replays and for trying a strategy on a live market without money.
//
// It is pessimistic where it has to guess. An order fills at the open of the first bar that begins after the order was
// made, or at the current quote where there are quotes; slippage and the rounding to the tick always go against the
// account; fees are exact. It refuses orders that the account cannot carry, and a client ID that it has had before.
//
// It keeps everything in memory: after a restart Resume brings back orders and account from the Journal. It reads no
// random numbers, so two equal runs give the same fills to the last digit. It is safe for concurrent use.
package paper

import (
	"cmp"
	"fmt"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// Config configures a Broker.
type Config struct {
	Instruments []trading.Instrument // required: what can be traded
	Cash        decimal.Decimal      // required, above zero: what the account begins with
	Leverage    decimal.Decimal      // the most that may be held, in multiples of equity; 0 means 1
	FeeRate     decimal.Decimal      // of each fill's notional, as a fraction: 0.0004 is 4 basis points; 0 for none
	Slippage    decimal.Decimal      // by which each price is worse, as a fraction; 0 for none
	Fill        FillPolicy           // where there is no Quote; "" means NextOpen

	// Quote tells what an instrument is worth now, and orders then fill at once. nil means that the bars given to
	// OnBar are all that is known. It is called outside of all locks.
	Quote func(symbol string) (float64, bool)
	Clock trading.Clock // dates the fills at quotes; nil means the machine's clock
}

// Broker executes orders on paper. Use New.
type Broker struct {
	cfg         Config
	instruments map[string]trading.Instrument

	mu      sync.Mutex // guards all below
	cash    decimal.Decimal
	holding map[string]trading.Position
	price   map[string]decimal.Decimal // the last known
	barTime map[string]time.Time       // of the bar that it is from
	orders  map[string]*order
	open    []*order // as they came
	fills   []trading.Fill
	updated chan struct{}
}

type order struct {
	trading.Order
	status trading.OrderStatus
	filled decimal.Decimal
	reason string
}

var (
	_ trading.Broker     = (*Broker)(nil)
	_ trading.Positioner = (*Broker)(nil)
	_ trading.Pricer     = (*Broker)(nil)
	_ trading.Updater    = (*Broker)(nil)
)

// New checks the configuration and returns a Broker whose account holds nothing but cash.
func New(cfg Config) (*Broker, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.Leverage.IsZero() {
		cfg.Leverage = decimal.NewFromInt(1)
	}
	cfg.Fill = cmp.Or(cfg.Fill, NextOpen)
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	b := &Broker{
		cfg: cfg, cash: cfg.Cash,
		instruments: make(map[string]trading.Instrument, len(cfg.Instruments)),
		holding:     make(map[string]trading.Position),
		price:       make(map[string]decimal.Decimal),
		barTime:     make(map[string]time.Time),
		orders:      make(map[string]*order),
		updated:     make(chan struct{}),
	}
	for _, i := range cfg.Instruments {
		if err := i.Validate(); err != nil {
			return nil, fmt.Errorf("paper: %w", err)
		}
		if _, twice := b.instruments[i.Symbol]; twice {
			return nil, fmt.Errorf("paper: Config.Instruments has %s twice", i.Symbol)
		}
		b.instruments[i.Symbol] = i
	}
	return b, nil
}

func (cfg Config) check() error {
	one := decimal.NewFromInt(1)
	switch {
	case len(cfg.Instruments) == 0:
		return fmt.Errorf("paper: Config.Instruments is empty")
	case !cfg.Cash.IsPositive():
		return fmt.Errorf("paper: Config.Cash %s is not above zero", cfg.Cash)
	case cfg.Leverage.IsNegative():
		return fmt.Errorf("paper: Config.Leverage %s is negative", cfg.Leverage)
	case cfg.FeeRate.IsNegative() || cfg.FeeRate.GreaterThanOrEqual(one):
		return fmt.Errorf("paper: Config.FeeRate %s is not a fraction from 0 to below 1", cfg.FeeRate)
	case cfg.Slippage.IsNegative() || cfg.Slippage.GreaterThanOrEqual(one):
		return fmt.Errorf("paper: Config.Slippage %s is not a fraction from 0 to below 1", cfg.Slippage)
	case !cfg.Fill.valid():
		return fmt.Errorf("paper: Config.Fill %q is not known", cfg.Fill)
	}
	return nil
}

// OnBar tells the Broker of a closed bar. It fills the orders that waited for it, unless there are quotes, and its close
// becomes the last known price. A bar that is older than the last one of its symbol changes nothing.
func (b *Broker) OnBar(bar signal.Bar) error {
	i, ok := b.instruments[bar.Symbol]
	if !ok {
		return fmt.Errorf("paper: bar of %s, which is not set up", bar.Symbol)
	}
	if err := bar.Validate(); err != nil {
		return fmt.Errorf("paper: bar of %s at %s: %w", bar.Symbol, bar.Time.UTC().Format(time.RFC3339), err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if last, ok := b.barTime[bar.Symbol]; ok && !bar.Time.After(last) {
		return nil
	}
	if b.cfg.Quote == nil {
		buy, sell, at := b.cfg.Fill.prices(bar)
		price := func(side trading.Side) float64 {
			if side == trading.Buy {
				return buy
			}
			return sell
		}
		b.fillAtLocked(i, price, at, func(o *order) bool { return !bar.Time.Before(o.CreatedAt) })
	}
	price, err := i.Price(bar.Close)
	if err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	b.price[bar.Symbol], b.barTime[bar.Symbol] = price, bar.Time
	return nil
}

// announceLocked wakes those who wait for news.
func (b *Broker) announceLocked() {
	close(b.updated)
	b.updated = make(chan struct{})
}
