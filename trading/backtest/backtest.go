// Package backtest runs a strategy and an Engine over bars of the past, one bar at a time, in one goroutine: the same bars
// give the same signals, orders and fills to the last digit.
//
// A Replay lives on the bars' own clock, which all its parts share: validity, data age, the trading day and market hours
// are those of the bars.
//
// For each bar: the clock moves to the bar's end, the broker fills what was open, the engine books the fills, the
// strategies see the bar, and the engine acts on their signals. What is decided on a bar's close can therefore fill on
// the next bar at the earliest. The first error ends the replay; what was done up to there is in the journal.
package backtest

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync/atomic"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/assemble"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

// Bars gives the bars of a replay in the order of their ends; io.EOF ends it. One that ends before the bar before it,
// such as where one symbol's bars follow another's, ends the replay as an error. A *candle.Reader is a Bars.
type Bars interface {
	Next() (signal.Bar, error)
}

// Config configures a Replay. A part's own Config leaves out what all parts share: clock, logger, store, journal and
// instruments.
type Config struct {
	Bars Bars // required: what is replayed; one that is an io.Closer is closed when Run's context ends
	// Instruments are required: what is traded, one for each symbol of Bars. A price that is no multiple of the Tick ends
	// the replay with ErrTick. InstrumentOf gives one for a file of candles.
	Instruments []trading.Instrument

	// Generator says what makes the signals. Specs and Interval, that of the bars, are required. Symbols are the
	// Instruments' unless set, and Cycle is the Interval. The replay has the Source, and runs it Inline.
	Generator generator.Config
	Paper     paper.Config // the account; Cash is required
	// Engine says how to trade. Size and Risk are required, orders are placed with AutoExecute alone, and a Reconcile of 0
	// means a day: no account is traded by anybody else here.
	Engine engine.Config

	// Signals is where the signals go; nil means a store in memory, which keeps the newest 10,000.
	Signals interface {
		signal.Store
		signal.Identified
	}
	Journal journal.Journal // nil means one in memory; another one is the caller's to claim, and is resumed
	Logger  *slog.Logger    // nil means silence: a replay says what a live run says, and as bar_time the time of the bars

	// Speed is how much faster than the bars' own times the replay runs: 1 is as it was, 0 as fast as it goes.
	Speed float64
	Wall  health.Clock     // what Speed is kept on; nil means the machine's clock
	OnBar func(signal.Bar) // called when all is done for a bar; may be nil
}

const (
	tapeLength  = 1024 // bars of the past that the generator can ask for; it asks for the newest ones only
	keepSignals = 10_000
)

// Replay drives its parts over the bars, once. Use New. All methods are safe for concurrent use, and the parts may be
// asked at any time, such as for a console.
type Replay struct {
	Generator *generator.Generator
	Broker    *paper.Broker
	Engine    *engine.Engine

	cfg     Config
	clock   *feed.ReplayClock
	tape    *feed.Tape
	account *assemble.Account
	market  market
	recent  *assemble.RecentBars // for exits; nil where there are none
	news    <-chan struct{}      // closed when the Broker has had news since the Engine's last Step began
	started atomic.Bool
	bars    atomic.Int64
}

// Status is where a Replay stands. It is a copy.
type Status struct {
	Bars      int              `json:"bars"` // replayed so far
	Generator generator.Status `json:"generator"`
	Engine    engine.Status    `json:"engine"` // its At is the bars' time
}

// New checks the configuration and builds the parts; it reads and starts nothing.
func New(cfg Config) (*Replay, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("backtest: Config.%w", err)
	}
	if cfg.Signals == nil {
		cfg.Signals = signal.NewMemory(keepSignals)
	}
	if cfg.Journal == nil {
		cfg.Journal = journal.NewMemory()
		cfg.Engine.SnapshotEvery = cmp.Or(cfg.Engine.SnapshotEvery, math.MaxInt) // no restart will read one
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Wall == nil {
		cfg.Wall = clock.New()
	}
	r := &Replay{cfg: cfg, clock: feed.NewReplayClock(time.Unix(0, 0)), market: newMarket(cfg.Instruments)}
	if err := r.build(); err != nil {
		return nil, fmt.Errorf("backtest: %w", err)
	}
	return r, nil
}

func (cfg Config) check() error {
	switch {
	case cfg.Bars == nil:
		return errors.New("Bars is nil")
	case len(cfg.Instruments) == 0:
		return errors.New("Instruments is empty")
	case cfg.Generator.Source != nil:
		return errors.New("Generator.Source is set: the bars are its source")
	case cfg.Engine.Broker != nil:
		return errors.New("Engine.Broker is set: a replay trades on paper")
	case cfg.Paper.Quote != nil:
		return errors.New("Paper.Quote is set: the bars are all that is known")
	case !(cfg.Speed >= 0):
		return fmt.Errorf("Speed %v is negative or no number", cfg.Speed)
	}
	return nil
}

func (r *Replay) build() (err error) {
	symbols := make([]string, len(r.cfg.Instruments))
	for i, instrument := range r.cfg.Instruments {
		symbols[i] = instrument.Symbol
	}
	if r.tape, err = feed.NewTape(tapeLength, symbols...); err != nil {
		return err
	}
	parts := assemble.Config{
		Clock: r.clock, Logger: slog.New(barLog{r.cfg.Logger.Handler(), r.clock}),
		Instruments: r.cfg.Instruments, Signals: r.cfg.Signals,
		Generator: r.cfg.Generator, Paper: r.cfg.Paper, Engine: r.cfg.Engine,
	}
	parts.Generator.Source, parts.Generator.Inline = r.tape, true
	parts.Generator.Cycle = cmp.Or(parts.Generator.Cycle, parts.Generator.Interval)
	parts.Engine.Identity = cmp.Or(parts.Engine.Identity, "replay") // whatever its journal: no venue remembers its orders
	parts.Engine.Reconcile = cmp.Or(parts.Engine.Reconcile, 24*time.Hour)
	if len(parts.Engine.Exits) > 0 && parts.Engine.Bars == nil {
		r.recent = assemble.NewRecentBars(r.clock)
		parts.Engine.Bars = r.recent.Of
	}
	if r.Generator, err = assemble.Generator(parts); err != nil {
		return err
	}
	if r.account, err = assemble.Trading(parts, r.cfg.Journal); err != nil {
		return err
	}
	r.Broker, r.Engine = r.account.Paper, r.account.Engine
	return nil
}

// Status returns where the Replay stands.
func (r *Replay) Status() Status {
	return Status{Bars: int(r.bars.Load()), Generator: r.Generator.Status(), Engine: r.Engine.Status()}
}
