// Package paper is a broker without a venue: it executes orders against prices that it is given, for simulations,
// replays and for trying a strategy on a live market without money.
//
// It is pessimistic where it has to guess. A market order fills at the open of the first bar that begins after the order
// was made, or at the current quote where there are quotes; a limit order fills at its limit, once the price has passed
// it; a stop order at its stop, or worse. Slippage and the rounding to the tick always go against the account; fees are
// exact. FillPolicy says all of it, and has the answers of other engines too. The Broker refuses orders that the account
// cannot carry, and a client ID that it has had before. A position that the account cannot carry any more is liquidated.
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

// Clock is the time that a Broker dates its fills by. Both clocks of github.com/benbjohnson/clock fit.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

// Config configures a Broker.
type Config struct {
	Instruments []trading.Instrument // required: what can be traded
	Cash        decimal.Decimal      // required, above zero: what the account begins with
	Spot        bool                 // nothing can be sold that is not held; Leverage is then 1
	Leverage    decimal.Decimal      // the most that may be held, in multiples of equity; 0 means 1
	// Maintenance is the least equity, as a fraction of what is held, that keeps a position from being liquidated; 0
	// means that it is closed when nothing is left. An account that holds no more than its equity, and nothing short,
	// never comes to that.
	Maintenance decimal.Decimal
	FeeRate     decimal.Decimal // of each fill's notional, as a fraction: 0.0004 is 4 basis points; 0 for none
	// MakerFeeRate is that of limit orders that had rested, below zero for a rebate; if it is not set, FeeRate.
	MakerFeeRate decimal.NullDecimal
	Slippage     decimal.Decimal // by which each price that a taker pays is worse, as a fraction; 0 for none
	Fill         FillPolicy      // where there is no Quote; "" means NextOpen

	// Hours are the market's: an order for the day ends when the session closes in which it was made, or the next one. nil,
	// and sessions that go on for more than another 24 h: at midnight UTC. It is called outside of all locks.
	Hours signal.Hours

	// Quote tells what an instrument is worth now, and orders then fill at once. nil means that the bars given to
	// OnBar are all that is known. It is called outside of all locks.
	Quote func(symbol string) (float64, bool)
	Clock Clock // dates the fills at quotes; nil means the machine's clock
}

// Broker executes orders on paper. Use New.
type Broker struct {
	cfg         Config
	instruments map[string]trading.Instrument
	unlevered   bool // what is held is always paid for, so nothing that is long is ever liquidated

	mu      sync.Mutex // guards all below
	cash    decimal.Decimal
	holding map[string]trading.Position
	price   map[string]decimal.Decimal // the last known
	barTime map[string]time.Time       // of the bar that it is from
	depth   map[string]decimal.Decimal // what can be had at it, where the policy bounds that
	orders  map[string]*order
	open    []*order // as they came
	fills   []trading.Fill
	moves   []trading.CashEvent

	updates trading.UpdateLog
}

type order struct {
	trading.Order
	status    trading.OrderStatus
	filled    decimal.Decimal
	reason    string
	resting   bool      // it was there before the price that meets it: its owner is the maker
	triggered bool      // its stop was reached
	until     time.Time // when its day ends; zero if it is not for the day
	told      told      // what the last update said
}

// told is what of an order makes an update when it changes.
type told struct {
	filled    decimal.Decimal
	triggered bool
}

var (
	_ trading.Broker           = (*Broker)(nil)
	_ trading.Canceller        = (*Broker)(nil)
	_ trading.OrderLister      = (*Broker)(nil)
	_ trading.Positioner       = (*Broker)(nil)
	_ trading.InstrumentLister = (*Broker)(nil)
	_ trading.Pricer           = (*Broker)(nil)
	_ trading.CashReporter     = (*Broker)(nil)
	_ trading.Updater          = (*Broker)(nil)
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
	if !cfg.MakerFeeRate.Valid {
		cfg.MakerFeeRate = decimal.NewNullDecimal(cfg.FeeRate)
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	b := &Broker{
		cfg: cfg, cash: cfg.Cash, unlevered: cfg.Spot || !cfg.Leverage.GreaterThan(decimal.NewFromInt(1)),
		instruments: make(map[string]trading.Instrument, len(cfg.Instruments)),
		holding:     make(map[string]trading.Position),
		price:       make(map[string]decimal.Decimal),
		barTime:     make(map[string]time.Time),
		depth:       make(map[string]decimal.Decimal),
		orders:      make(map[string]*order),
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
	case cfg.Spot && cfg.Leverage.GreaterThan(one):
		return fmt.Errorf("paper: Config.Leverage %s does not go with Spot", cfg.Leverage)
	case cfg.Maintenance.IsNegative() || cfg.Maintenance.GreaterThanOrEqual(one):
		return fmt.Errorf("paper: Config.Maintenance %s is not a fraction from 0 to below 1", cfg.Maintenance)
	case cfg.MakerFeeRate.Valid && cfg.MakerFeeRate.Decimal.Abs().GreaterThanOrEqual(one):
		return fmt.Errorf("paper: Config.MakerFeeRate %s is not a fraction below 1", cfg.MakerFeeRate.Decimal)
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
	price, err := i.Price(bar.Close)
	if err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	if b.cfg.Quote == nil {
		b.walkBarLocked(i, bar)
		b.tidyLocked()
	}
	b.price[bar.Symbol], b.barTime[bar.Symbol] = price, bar.Time
	return nil
}
