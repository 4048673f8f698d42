// Package paper is a broker without a venue: it executes orders against prices that it is given, for simulations,
// replays and for trying a strategy on a live market without money.
//
// It is pessimistic where it has to guess. A market order fills at the open of the first bar that begins after the order
// was made, or at the current quote where there are quotes; a limit order fills at its limit, once the price has passed
// it; a stop order at its stop, or worse. Slippage and the rounding to the tick always go against the account; fees are
// exact. FillPolicy says all of it, and has the answers of other engines too. The Broker refuses orders that the account
// cannot carry beside those that rest, and a client ID that it has had before. A position that the account cannot carry any
// more is liquidated. What an order opens is guarded from the fill on, as its Guard says, until legs are sent.
//
// It keeps everything in memory, and of what is over that of the last two days: after a restart Resume brings back orders
// and account from the Journal. It reads no
// random numbers, so two equal runs give the same fills to the last digit. It is safe for concurrent use.
package paper

import (
	"cmp"
	"fmt"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/rough"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// Config configures a Broker.
type Config struct {
	Instruments []trading.Instrument // required: what can be traded
	Cash        decimal.Decimal      // required, above zero: what the account begins with
	Spot        bool                 // nothing can be sold that is not held; Leverage is then 1
	Leverage    decimal.Decimal      // the most that may be held, in multiples of equity; 0 means 1
	// Maintenance is the least equity, as a fraction of what is held, that keeps a position from being liquidated; 0
	// means that it is closed when nothing is left. An account that holds no more than its equity, and nothing short,
	// never comes to that. See Margin for the formula.
	Maintenance decimal.Decimal
	// LiquidationFee comes beside FeeRate on what a liquidation closes, as a fraction, as far as there is something left to
	// pay it with; 0 for none. Binance takes 0.0125 or so of most perpetual contracts.
	LiquidationFee decimal.Decimal
	FeeRate        decimal.Decimal // of each fill's notional, as a fraction: 0.0004 is 4 basis points; 0 for none
	// MakerFeeRate is that of limit orders that had rested, below zero for a rebate; if it is not set, FeeRate.
	MakerFeeRate decimal.NullDecimal
	Slippage     decimal.Decimal // by which each price that a taker pays is worse, as a fraction; 0 for none
	// Spread is that between bid and ask, as a fraction of the price: a taker's price is worse by half of it; 0 for none.
	Spread decimal.Decimal
	// VolumeImpact is by how much, as a fraction, the price of a taker is worse who takes as much as the bar traded: it goes
	// with the square of his share, as in zipline's VolumeShareSlippage, whose factor is 0.1. 0 for none; only with bars.
	VolumeImpact decimal.Decimal
	// Latency is how much later an order arrives than it was made; 0 for at once. What happens in a bar is only used for
	// orders that arrived before it began. Cancels are at once.
	Latency time.Duration
	// Funding tells the rate of a perpetual contract at one of its times, such as 0.0001: a long position pays that part of
	// what it is worth, and a short one receives it. nil means that no funding is paid. It is called outside of all locks; for
	// what is due next it is asked as well, and answers with what is expected.
	Funding      func(symbol string, at time.Time) decimal.Decimal
	FundingEvery time.Duration // how long lies between those times, which count from midnight UTC; 0 means 8 h

	Fill FillPolicy // where there is no Quote; "" means NextOpen

	// Hours are the market's: an order for the day ends when the session closes in which it was made, or the next one. nil,
	// and sessions that go on for more than another 24 h: at midnight UTC. It is called outside of all locks.
	Hours signal.Hours

	// Quote tells what an instrument is worth now, and orders then fill at once. nil means that the bars given to
	// OnBar are all that is known. It is called outside of all locks.
	Quote func(symbol string) (float64, bool)
	Clock health.Clock // dates the fills at quotes; nil means the machine's clock
}

// Broker executes orders on paper. Use New.
type Broker struct {
	cfg     Config
	slip    decimal.Decimal // Slippage, and half of the Spread
	updates trading.UpdateLog

	mu      sync.Mutex // guards all below
	again   bool       // Resume was called
	markets markets
	account account
	orders  orders
}

var (
	_ trading.Broker           = (*Broker)(nil)
	_ trading.Canceler         = (*Broker)(nil)
	_ trading.Replacer         = (*Broker)(nil)
	_ trading.Pairer           = (*Broker)(nil)
	_ trading.OrderLister      = (*Broker)(nil)
	_ trading.Positioner       = (*Broker)(nil)
	_ trading.InstrumentLister = (*Broker)(nil)
	_ trading.Pricer           = (*Broker)(nil)
	_ trading.CashReporter     = (*Broker)(nil)
	_ trading.MarginReporter   = (*Broker)(nil)
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
	cfg.FundingEvery = cmp.Or(cfg.FundingEvery, defaultFundingEvery)
	b := &Broker{cfg: cfg, markets: make(markets, len(cfg.Instruments))}
	b.slip = cfg.Slippage.Add(cfg.Spread.DivRound(decimal.NewFromInt(2), 18))
	b.account, b.orders = newAccount(&b.cfg, b.markets), newOrders(&b.updates, &b.account.fills)
	for _, i := range cfg.Instruments {
		if err := i.Validate(); err != nil {
			return nil, fmt.Errorf("paper: %w", err)
		}
		if _, duplicate := b.markets[i.Symbol]; duplicate {
			return nil, fmt.Errorf("paper: Config.Instruments has %s twice", i.Symbol)
		}
		b.markets[i.Symbol] = &market{Instrument: i, listed: true, least: rough.Float(i.Tick)}
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
	case !cfg.Fill.valid():
		return fmt.Errorf("paper: Config.Fill %q is not known", cfg.Fill)
	}
	return cfg.checkCosts()
}
