package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// openTrader builds what trades, and says first what stands from before.
func (a *app) openTrader(ctx context.Context, closers *[]func() error) error {
	if a.money = a.cfg.moneyOf(nil); a.cfg.replay != "" {
		return nil
	}
	market, err := a.market(ctx, closers)
	if err != nil {
		return err
	}
	a.money = a.cfg.moneyOf(market.broker)
	cfg, err := a.cfg.trader(market)
	if err != nil {
		return err
	}
	cfg.Engine.Confirmed = a.confirmed
	if a.db != nil { // a dry start where there is no database yet has none
		cfg.Store = a.db
	}
	if !a.cfg.dryStart {
		if cfg.Services, err = a.tellers(); err != nil {
			return err
		}
	}
	if market.candles != nil {
		cfg.Services = append(cfg.Services, vigil.Child{Name: "candles", Service: market.candles})
	}
	if a.server != nil {
		cfg.Services = append(cfg.Services, vigil.Child{Name: "api", Service: a.server})
	}
	if a.socket != nil {
		cfg.Services = append(cfg.Services, vigil.Child{Name: "socket", Service: a.socket})
	}
	if err := a.openEvents(&cfg); err != nil {
		return err
	}
	if market.looks != nil {
		if err := a.openShadow(ctx, &cfg, market.looks); err != nil {
			return err
		}
	}
	cfg.Services = append(cfg.Services, vigil.Child{Name: "task_monitor", Service: service(a.taskMonitor)})
	if a.cfg.haltPath() != "" {
		cfg.Services = append(cfg.Services, vigil.Child{Name: "halt_file", Service: service(a.heedHalt)})
	}
	cfg.Registry, cfg.Clock, cfg.Logger = a.registry, a.clock, a.log
	cfg.LogEvent, cfg.Wrap = a.logEvent, a.wrap
	a.trader, err = vigil.New(cfg)
	return err
}

// trader is the configuration of what trades, as far as the flags say it.
func (c *config) trader(m market) (vigil.Config, error) {
	specs, shares, err := c.strategies.specs()
	if err != nil {
		return vigil.Config{}, err
	}
	cfg := vigil.Config{
		Name: treeName, Source: m.source, Strategies: specs, Shares: shares, Symbols: c.symbols, Interval: c.interval,
		MinConfidence: c.minConfidence, Hours: c.marketHours().Hours, Instruments: m.instruments,
		Size: c.sizer(), Risk: c.limits(), Ticket: c.ticket(), Exits: c.exits(), Manual: !c.autoExecute,
		AutoRestart: c.autoRestart, OnStop: c.onStop, Heartbeat: c.healthInterval,
		Generator: generator.Config{
			Cycle:    c.cycle(),
			Validity: max(3*c.interval, time.Second), // an interval of milliseconds, for trying out, leaves time to act
		},
		Engine: engine.Config{Fingerprint: c.fingerprint(specs, shares), Settings: c.marketSettings(), Orphans: c.orphans,
			Differences: c.differences, ForeignOrders: c.foreignOrders, CloseDelisted: c.closeDelisted},
	}
	switch {
	case c.shadow: // Its prices are the bars: those are all that is followed.
		cfg.Paper = &paper.Config{Cash: c.cash, FeeRate: c.fee, Slippage: c.slippage}
		cfg.Venue, cfg.Account = c.venueName(), c.account
	case m.broker != nil:
		cfg.Instruments = nil // The venue says them, and what it changes of them.
		cfg.Broker, cfg.Capital, cfg.Venue = m.broker, c.cash, c.venueName()
		cfg.Account = c.account
	default:
		cfg.Paper = &paper.Config{Cash: c.cash, FeeRate: c.fee, Slippage: c.slippage, Quote: m.quote}
	}
	return cfg, nil
}

// marketSettings say where the bars come from, for the journal.
func (c *config) marketSettings() []journal.Setting {
	if name := c.place().name; name != "" {
		return []journal.Setting{{Name: "feed", Value: name}}
	}
	if len(c.feed) > 0 {
		return []journal.Setting{{Name: "feed", Value: withoutQuery(c.feed[0])}}
	}
	return []journal.Setting{{Name: "feed", Value: "synthetic"}, {Name: "seed", Value: strconv.FormatUint(c.seed, 10)}}
}

// cycle is how often bars are asked for. A feed has a bar some time after its end, and is asked until it has.
func (c *config) cycle() time.Duration {
	if len(c.feed) > 0 || c.place().name != "" {
		return min(c.interval, generator.DefaultCycle)
	}
	return c.interval
}

func (c *config) sizer() trading.Sizer { return size.FixedNotional{Amount: c.notional} }

func (c *config) ticket() trading.TicketPolicy {
	return trading.FixedTicket{
		Limit: c.limitEntry, TakeProfit: c.takeProfit, StopLoss: c.stopLoss, Unfilled: c.exitSettings.unfilled,
	}
}

// fingerprint names the settings on which decisions depend.
func (c *config) fingerprint(specs []signal.Spec, shares map[string]decimal.Decimal) string {
	settings := map[string]string{"strategy and its parameters": described(specs, shares)}
	for _, name := range []string{
		"interval", "min-confidence", "cash", "fee", "slippage", "order-size", "max-position", "max-order", "max-daily-loss",
		"take-profit", "stop-loss", "limit-entry",
	} {
		settings[name] = c.shown(name)
	}
	for _, name := range append(slices.Clone(limitFlags), exitFlags...) {
		if c.isSet(name) { // A run of before has the name that it had.
			settings[name] = c.shown(name)
		}
	}
	return engine.Fingerprint(settings)
}

// instrument is what the paper venue says of a symbol: the market's ticks, a hundredth where the source does not say,
// and quantities as they are usual for what is dear.
func instrument(symbol string, tick func(symbol string) (float64, bool)) trading.Instrument {
	i := trading.Instrument{Symbol: symbol, Tick: decimal.New(1, -2), Step: decimal.New(1, -2)}
	if tick != nil {
		if tick, ok := tick(symbol); ok {
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

// readStanding reads what runs before this one have left, and says before all else what a person should know of it.
func (a *app) readStanding(ctx context.Context, _ *[]func() error) (err error) {
	if a.db == nil {
		return nil
	}
	if a.standing, err = vigil.ReadStanding(ctx, a.db, a.cfg.cash); err != nil {
		return fmt.Errorf("--db: %w", err)
	}
	if left := a.known()[len(a.cfg.symbols):]; len(left) > 0 && !a.cfg.dryStart {
		a.log.Warn("Held, and not in --symbols any more: guarded and never added to", "symbols", left,
			"way_out", "add them to --symbols, or close them with --on-stop flatten")
	}
	if reason, left := readHalt(a.cfg.haltPath()); left {
		a.log.Warn("TRADING IS HALTED", "reason", reason, "left_in", a.cfg.haltPath(), "way_out", rearmHint)
	}
	if halt := a.standing.Halt; halt.Active() && !a.cfg.dryStart { // a dry start's report begins with it
		a.log.Warn("TRADING IS HALTED", "reason", halt.Reason, "since", halt.At, "way_out", rearmHint)
	}
	return nil
}

// rearmHint is how a person lifts a halt.
const rearmHint = "once that is dealt with: livetrader ctl status names it, livetrader ctl rearm HALT lifts it"

// known are the symbols that are traded, and after them those that are still held from before: they are priced, guarded
// and closed as well, and no signal is asked for.
func (a *app) known() []string {
	all := slices.Clone(a.cfg.symbols)
	for _, symbol := range a.standing.Held {
		if !slices.Contains(all, symbol) {
			all = append(all, symbol)
		}
	}
	return all
}

// wrap stands around the parts of the Trader that are broken on purpose, or of which something is said.
func (a *app) wrap(name string, s supervisor.Service) supervisor.Service {
	switch name {
	case generationName:
		return a.chaoticGeneration(s)
	case "engine":
		return a.chaoticEngine(service(func(ctx context.Context) error {
			defer a.tellWhenReady(ctx)()
			return s.Serve(ctx)
		}))
	}
	return s
}
