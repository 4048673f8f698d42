package vigil

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/assemble"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Trader is a whole trading system: a generator of signals, an account that trades on them, and what keeps both awake and
// honest, in one supervised tree. Use New. It is assembly only: each of its parts can be used alone.
//
// The tree, whose first name is Config.Name:
//
//	trader
//	├── health_monitor     a heartbeat in the log at each interval
//	├── log                says in health when lines of the log are lost
//	├── ...                Config.Services
//	├── signal_generation  parks when its restarts are spent, and goes on later: nothing stops for good
//	├── housekeeper        removes signals that are old and that the engine has dealt with
//	├── store              says in health and in the log when nothing can be stored any more
//	├── broker             keeps up what the Broker needs, such as a stream of its updates; where it is a Service
//	├── account            says in the log, each minute, how the account stands
//	└── trading            claims the journal and resumes the account, again after each failure
//	    ├── account/engine   places the orders
//	    └── account/listings watches what the venue trades; where the Broker says that
//
// What stands last stops first: no order is placed any more when the signals stop. Without a Paper and a Broker there is no
// trading, and the Trader makes signals only.
//
// All methods are safe for concurrent use.
type Trader struct {
	cfg       Config
	store     Store
	generator *generator.Generator
	bars      *assemble.PaperFeed  // between the Source and the paper account; nil without one
	prices    trading.Pricer       // for a Broker that gives none; nil where it does, or Config.Engine has one
	recent    *assemble.RecentBars // for exits; nil where there are none
	tree      *supervisor.Supervisor
	log       *slog.Logger
	lines     *LogQueue // behind log
	overrides overrides

	serving    sync.Mutex                              // held by Serve
	account    atomic.Pointer[account]                 // of the present life of trading; nil until there is one
	standing   atomic.Pointer[Standing]                // before the first life of this Serve; nil until it is read
	symbols    atomic.Pointer[[]string]                // what is traded
	unlisted   atomic.Pointer[[]string]                // what the venue does not trade any more; nil before it was asked
	listed     atomic.Pointer[instrumentsBySymbol]     // what the venue lists; nil before it was asked
	reduceOnly atomic.Pointer[time.Time]               // since when a person wants it, whichever life it is; nil if nobody does
	giveUp     atomic.Pointer[context.CancelCauseFunc] // ends the Serve under way
	restarts   atomic.Int64                            // of all parts
	rebuilt    atomic.Int64                            // lives of trading that came after a failure
}

// New checks a configuration and builds a Trader. It starts nothing and reads nothing.
func New(cfg Config) (*Trader, error) {
	if err := cfg.prepare(); err != nil {
		return nil, fmt.Errorf("vigil: %w", err)
	}
	t := &Trader{cfg: cfg, store: cfg.Store, log: cfg.Logger}
	t.symbols.Store(&cfg.Symbols)
	if err := t.build(); err != nil {
		return nil, fmt.Errorf("vigil: %w", err)
	}
	return t, nil
}

func (t *Trader) build() (err error) {
	t.log, t.lines = queued(t.log, t.cfg.Clock)
	parts := t.parts()
	switch {
	case t.cfg.Paper != nil && t.cfg.Paper.Quote == nil:
		t.bars = assemble.NewPaperFeed(t.cfg.Source, t.cfg.Clock)
		parts.Generator.Source = assemble.Waking(t.bars, t.cfg.Source)
	case t.cfg.Broker != nil && t.cfg.Engine.Pricer == nil:
		if _, known := t.cfg.Broker.(trading.Pricer); !known {
			parts.Generator.Source = t.sourcePrices()
		}
	}
	if len(t.cfg.Exits) > 0 { // outermost: what a bar closed at is the price by the time that an exit sees the bar
		t.recent = assemble.NewRecentBars(t.cfg.Clock)
		parts.Generator.Source = t.recent.From(parts.Generator.Source, t.cfg.Interval)
	}
	if t.generator, err = assemble.Generator(parts); err != nil {
		return err
	}
	t.tree, err = t.newTree()
	return err
}

// sourcePrices has the account go by the prices of the Source, and returns what the generator gets its bars from.
func (t *Trader) sourcePrices() signal.Source {
	if q, ok := t.cfg.Source.(Quoter); ok {
		t.prices = quotes{q, t.cfg.Clock}
		return t.cfg.Source
	}
	bars := assemble.NewBarPrices(t.cfg.Source, t.cfg.Clock)
	t.prices = bars
	return assemble.Waking(bars, t.cfg.Source)
}

// quotes is a Quoter as a trading.Pricer.
type quotes struct {
	Quoter
	clock health.Clock
}

// PricedAt says that a quote is of now.
func (q quotes) PricedAt(string) (time.Time, bool) { return q.clock.Now(), true }

func (q quotes) Price(symbol string) (decimal.Decimal, bool) {
	price, ok := q.Quoter.Price(symbol)
	if !ok || !(price > 0) || math.IsInf(price, 1) { // NaN is none either
		return decimal.Zero, false
	}
	return decimal.NewFromFloat(price), true
}

// parts is the configuration as the parts share it.
func (t *Trader) parts() assemble.Config {
	c := &t.cfg
	parts := assemble.Config{
		Clock: c.Clock, Logger: t.log, Instruments: c.Instruments, Signals: t.store.Signals(),
		Generator: c.Generator, Engine: c.Engine,
	}
	g := &parts.Generator
	g.Source, g.Specs, g.Symbols, g.Interval = c.Source, c.Strategies, c.Symbols, c.Interval
	g.MinConfidence, g.Hours, g.States = c.MinConfidence, c.Hours, t.store.Signals()
	if c.Paper != nil {
		parts.Paper = *c.Paper
	}
	e := &parts.Engine
	e.Broker, e.Size, e.Risk, e.Ticket, e.AutoExecute = c.Broker, c.Size, c.Risk, c.Ticket, !c.Manual
	if e.Exits = c.Exits; t.recent != nil {
		e.Bars = t.recent.Of
	}
	e.Settings, e.Symbols, e.Shares = c.settings(), c.Symbols, c.Shares
	e.Hours = c.Hours
	if c.Broker != nil {
		e.Capital = c.Capital
	}
	if t.prices != nil {
		e.Pricer = t.prices
	}
	alive := assemble.Allow(c.Registry, t.path(generationName), t.store.Room)
	e.Allow = func(symbol string) error {
		if len(t.leftOut([]string{symbol})) > 0 {
			return fmt.Errorf("%s is none of the symbols that are traded", symbol)
		}
		if t.isUnlisted(symbol) {
			return fmt.Errorf("%s is not traded at the venue any more", symbol)
		}
		return alive(symbol)
	}
	return parts
}

// capital is what the account held when its journal began.
func (t *Trader) capital() decimal.Decimal {
	if t.cfg.Paper != nil {
		return t.cfg.Paper.Cash
	}
	return t.cfg.Capital
}

// trades reports whether there is an account.
func (t *Trader) trades() bool { return t.cfg.Paper != nil || t.cfg.Broker != nil }

func (t *Trader) path(name string) string { return t.cfg.Name + "/" + name }

// Serve runs the Trader until ctx ends, and then deals with open orders as Config.OnStop says. It returns nil after a stop
// that was asked for, and an error where trading failed in a way that restarts cannot mend; with Config.AutoRestart trading
// is then built anew, and Serve goes on. A Store that belongs to another run ends Serve before anything else, and a journal
// or signals that trading cannot go on with end it too: to build trading anew would not mend them.
func (t *Trader) Serve(ctx context.Context) error {
	if !t.serving.TryLock() {
		return fmt.Errorf("vigil: %s: %w", t.cfg.Name, supervisor.ErrRunning)
	}
	defer t.serving.Unlock()
	if t.cfg.inMemory {
		t.log.Warn("Signals and orders are kept in memory only, and gone with this process", "way_out", "set Config.Store")
	}
	if err := t.bind(ctx); err != nil {
		return err
	}
	if err := t.goOnWithOverrides(ctx); err != nil {
		return err
	}
	t.standing.Store(nil)
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	t.giveUp.Store(&giveUp)
	err := errors.Join(t.tree.Serve(ctx), t.endOrders(ctx))
	if cause := context.Cause(ctx); refusal(cause) {
		err = errors.Join(fmt.Errorf("vigil: %w", cause), err)
	}
	t.lines.Flush(flushWithin)
	return err
}

// refusal reports whether no new life of trading could go on after an error.
func refusal(err error) bool {
	var run *journal.OtherRunError
	var signals *engine.OtherStoreError
	var entry *book.EntryError
	return errors.Is(err, journal.ErrTakenOver) ||
		errors.As(err, &run) || errors.As(err, &signals) || errors.As(err, &entry)
}

// bind makes sure that the Store belongs to the account that is traded.
func (t *Trader) bind(ctx context.Context) error {
	if !t.trades() {
		return nil
	}
	if err := t.store.Bind(ctx, t.cfg.identity()); err != nil {
		return fmt.Errorf("vigil: Config.Store: %w", err)
	}
	return nil
}

// flushWithin is how long the end waits for the log to be taken.
const flushWithin = time.Second

// DryRun says what the first round of trading would book, send and cancel, and does nothing of it: the Store and the
// Broker are only read, also while another process trades on them.
func (t *Trader) DryRun(ctx context.Context) (engine.DryReport, error) {
	if !t.trades() {
		return engine.DryReport{}, errNoTrading
	}
	if err := t.bind(ctx); err != nil {
		return engine.DryReport{}, err
	}
	parts, err := t.partsOfTrading(ctx)
	if err != nil {
		return engine.DryReport{}, err
	}
	return assemble.DryRun(ctx, parts, t.store.Journal())
}

// stopWithin is how long open orders are dealt with at the end.
const stopWithin = 10 * time.Second

// endOrders deals with open orders. ctx has ended by then, and does not count.
func (t *Trader) endOrders(ctx context.Context) error {
	account := t.account.Load()
	if account == nil || t.cfg.OnStop == engine.LeaveOrders {
		return nil
	}
	report, err := account.Stop(context.WithoutCancel(ctx), t.cfg.OnStop, stopWithin)
	t.log.Info("Trading stopped", "policy", report.Policy, "done", report.Done,
		"open_orders", len(report.Open), "positions", len(report.Positions))
	if err != nil {
		return fmt.Errorf("vigil: OnStop %s: %w", t.cfg.OnStop, err)
	}
	return nil
}

// Registry knows the health of all parts: healthhttp and console ask it.
func (t *Trader) Registry() *health.Registry { return t.cfg.Registry }

// Tree is what supervises: a host pauses, stops and restarts the Trader's parts by their paths, and sees their state.
func (t *Trader) Tree() *supervisor.Supervisor { return t.tree }

// String returns the Trader's name.
func (t *Trader) String() string { return t.cfg.Name }
