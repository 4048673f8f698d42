package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// strategies are what --strategy can name.
var strategies = map[string]func() (signal.Spec, error){
	"bollinger_breakout": strategy.BollingerBreakout{}.Spec,
	"donchian":           strategy.Donchian{}.Spec,
	"ema_cross":          strategy.EMACross{}.Spec,
	"macd":               strategy.MACD{}.Spec,
	"rsi_reversion":      strategy.RSIReversion{}.Spec,
}

func strategyNames() []string {
	return slices.Sorted(maps.Keys(strategies))
}

func (a *app) strategySpec() (signal.Spec, error) { return strategies[a.cfg.strategy]() }

// clockLike is the time that a system lives in: the machine's, or a test's.
type clockLike interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

// system is what trades: a generator, a paper broker and an engine over one database and one clock.
type system struct {
	generator *generator.Generator
	broker    *paper.Broker
	engine    *engine.Engine
	setup     engine.Config // the engine's
	market    market
	clock     clockLike
}

// market is where a system's bars and quotes come from.
type market struct {
	source   signal.Source
	interval time.Duration
	states   signal.States                       // nil where every run begins at the first bar
	quote    func(symbol string) (float64, bool) // nil where bars are all there is
	tick     func(symbol string) (float64, bool) // how fine its prices are; nil where the source does not say
	allow    func(symbol string) error           // nil where health, which is the machine's, must not change the result
}

// newSystem builds a system that has read the account from the journal and has not begun to work.
func (a *app) newSystem(ctx context.Context, m market, clk clockLike) (*system, error) {
	spec, err := a.strategySpec()
	if err != nil {
		return nil, err
	}
	s := &system{market: m, clock: clk}
	s.generator, err = generator.New(generator.Config{
		Source: m.source, Specs: []signal.Spec{spec}, Store: a.db.Signals(), Symbols: a.cfg.symbols,
		Interval: m.interval, Cycle: a.cfg.interval, MinConfidence: a.cfg.minConfidence,
		States:   m.states,
		Validity: max(3*m.interval, time.Second), // an interval of milliseconds, for trying out, leaves time to act
		Clock:    clk, Logger: a.log,
	})
	if err != nil {
		return nil, err
	}
	return a.renewed(ctx, *s)
}

// renewed is a system with the same generator and a new account and engine, which have read the journal and have taken
// the right to write it.
func (a *app) renewed(ctx context.Context, s system) (_ *system, err error) {
	spec, err := a.strategySpec()
	if err != nil {
		return nil, err
	}
	m, clk := s.market, s.clock
	var instruments []trading.Instrument
	for _, symbol := range a.known() {
		instruments = append(instruments, m.instrument(symbol))
	}
	s.broker, err = paper.New(paper.Config{
		Instruments: instruments, Cash: a.cfg.cash, FeeRate: a.cfg.fee, Slippage: a.cfg.slippage, Quote: m.quote, Clock: clk,
	})
	if err != nil {
		return nil, err
	}
	journal, err := a.openJournal(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.broker.Resume(ctx, journal); err != nil {
		return nil, fmt.Errorf("resume the paper account: %w", err)
	}
	s.setup = engine.Config{
		Signals: a.db.Signals(), Journal: journal, Broker: s.broker, Instruments: instruments[:len(a.cfg.symbols)],
		Size: size.FixedNotional{Amount: a.cfg.notional},
		Ticket: trading.FixedTicket{
			Limit: a.cfg.limitEntry, TakeProfit: a.cfg.takeProfit, StopLoss: a.cfg.stopLoss,
		},
		Risk:    risk.Limits{MaxPosition: a.cfg.maxPosition, MaxOrder: a.cfg.maxOrder, MaxDailyLoss: a.cfg.maxDailyLoss},
		Capital: a.cfg.cash, AutoExecute: a.cfg.autoExecute, Allow: m.allow, Clock: clk, Logger: a.log,
		Fingerprint: a.fingerprint(spec),
	}
	s.engine, err = engine.New(s.setup)
	return &s, err
}

// fingerprint names the settings on which decisions depend.
func (a *app) fingerprint(spec signal.Spec) string {
	settings := map[string]string{"strategy and its parameters": spec.Name + " " + spec.Params}
	for _, name := range []string{
		"interval", "min-confidence", "cash", "fee", "slippage", "order-size", "max-position", "max-order", "max-daily-loss",
		"take-profit", "stop-loss", "limit-entry",
	} {
		settings[name] = a.cfg.shown(name)
	}
	return engine.Fingerprint(settings)
}

// instrument is what the paper venue says of a symbol: the market's ticks, a hundredth where the source does not say,
// and quantities as they are usual for what is dear.
func (m market) instrument(symbol string) trading.Instrument {
	i := trading.Instrument{Symbol: symbol, Tick: decimal.New(1, -2), Step: decimal.New(1, -2)}
	if m.tick != nil {
		if tick, ok := m.tick(symbol); ok {
			i.Tick = decimal.NewFromFloat(tick)
		}
	}
	switch base, _, _ := strings.Cut(symbol, "/"); base {
	case "BTC":
		i.Step = decimal.New(1, -4)
	case "ETH":
		i.Step = decimal.New(1, -3)
	}
	return i
}

// allow lets an order open something only while there is room for its end on the disk, and while the signals for its
// symbol are alive and fresh.
func (a *app) allow(symbol string) error {
	if err := a.db.Room(); err != nil {
		return err
	}
	report := a.registry.Report()
	for _, path := range []string{generationPath, generationPath + "/" + symbol} {
		if part, ok := report.Part(path); ok && part.Verdict == health.Unhealthy {
			return fmt.Errorf("%s is unhealthy: %s", path, part.Reason)
		}
	}
	return nil
}

// rearm lifts a halt in the name that --rearm gives, once: a halt that comes later stands.
func (a *app) rearm(ctx context.Context, sys *system) error {
	if a.cfg.rearm == "" || a.rearmed {
		return nil
	}
	a.rearmed = true
	if err := sys.engine.Rearm(ctx, a.cfg.rearm); err != nil {
		return fmt.Errorf("--rearm: %w", err)
	}
	return nil
}
