package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/console/serve"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// The names of the tree. They are the same in the log and in /health.
const (
	treeName       = "livetrader"
	generationName = "signal_generation"
	generationPath = treeName + "/" + generationName
	tradingPath    = treeName + "/trading"
	replayName     = "replay"
	replayPath     = treeName + "/" + replayName
)

// app is one run of the launcher: its database, its API, and what trades.
type app struct {
	cfg    *config
	clock  clock.Clock
	log    *slog.Logger
	stdout io.Writer

	logQueue  *vigil.LogQueue // behind log
	registry  *health.Registry
	started   time.Time
	candles   *candle.Reader // of a replay
	replayed  trading.Instrument
	port      *serve.Port // nil with --listen off, as server is
	dbName    string      // of db: what --db says, or a temporary one
	db        database    // nil where a dry start finds none
	standing  vigil.Standing
	trader    *vigil.Trader // nil in a replay
	api       http.Handler
	server    *serve.Server // of api, on port
	local     http.Handler  // what the socket answers
	socket    *serve.Server // of local; nil without a socket
	health    *healthhttp.Handler
	events    *console.Events // what happened lately; nil without a Trader
	bars      *recentBars
	confirmed map[string]decimal.Decimal // positions at the venue that are adopted
	shadow    *shadow                    // nil for none
	money     string                     // whether it is real, as moneyOf says it
	ended     vigil.Status               // how it stood at the end
	stopping  atomic.Bool                // from the first signal on
}

// run opens what can fail first, so that nothing has begun when it does, then trades, and closes everything.
func (a *app) run(ctx context.Context) (err error) {
	a.started = a.clock.Now()
	a.registry = health.NewRegistry(health.Config{Clock: a.clock})
	closeAll, err := a.open(ctx)
	if err != nil {
		return a.unlessInterrupted(ctx, err)
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	if a.cfg.dryStart {
		report, err := a.trader.DryRun(ctx)
		fmt.Fprint(a.stdout, report)
		return err
	}
	if a.cfg.live {
		a.log.Warn("REAL MONEY, and nobody has tried this adapter at the real venue yet", "venue", a.cfg.place().name,
			"account", a.cfg.account, "way_out", "begin with --venue "+a.cfg.place().trial()+", then with the least that hurts")
	}
	a.log.Info("STARTING LIVE TRADING", "db", withoutPassword(a.dbName), "listen", a.cfg.listen)
	ctx, finish := a.untilDrained(ctx)
	defer finish()
	if a.cfg.replay != "" {
		err = a.runReplay(ctx)
	} else {
		err = a.runTrader(ctx)
	}
	var summary bytes.Buffer
	a.printSummary(&summary)
	writeWithin(a.clock, a.stdout, summary.Bytes(), a.log)
	return err
}

// untilDrained returns a context that ends after ctx, or after the time to run for: whoever asks hears first that this
// process is not ready any more, for as long as --drain says. finish ends it at once.
func (a *app) untilDrained(ctx context.Context) (_ context.Context, finish func()) {
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var timeUp <-chan time.Time // never
	if a.cfg.duration > 0 {
		timeUp = a.clock.After(a.cfg.duration)
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		defer cancel()
		select {
		case <-running.Done():
			return
		case <-ctx.Done():
		case <-timeUp:
		}
		a.stopping.Store(true)
		a.health.Drain()
		if a.cfg.drain == 0 {
			return
		}
		a.log.Info("Not ready any more, stopping soon", "in", a.cfg.drain)
		select {
		case <-running.Done():
		case <-a.clock.After(a.cfg.drain):
		}
	}()
	return running, func() {
		cancel()
		<-drained
	}
}

func (a *app) runTrader(ctx context.Context) error {
	a.log.Info("STARTING PRODUCTION TRADING LOOP")
	err := a.trader.Serve(ctx)
	a.ended = a.trader.Status()
	return err
}

// unlessInterrupted is an error of the start, but for one that only says that the start was interrupted.
func (a *app) unlessInterrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	a.log.Info("Interrupted before trading began", "while", err)
	return nil
}

// open opens candles, port and database, and returns what closes them again. After an error nothing is left open.
func (a *app) open(ctx context.Context) (closeAll func() error, err error) {
	var closers []func() error
	closeOpened := func() error {
		var errs []error
		for _, c := range slices.Backward(closers) {
			errs = append(errs, c())
		}
		return errors.Join(errs...)
	}
	// The database after what is more likely to fail, so that no file is left behind that a run was never served from.
	for _, step := range []func(context.Context, *[]func() error) error{
		a.openCandles, a.openPort, a.openDB, a.openSocket, a.readStanding, a.openServer, a.openTrader, a.openAPI,
	} {
		if err := step(ctx, &closers); err != nil {
			return nil, errors.Join(err, closeOpened())
		}
	}
	return closeOpened, nil
}

func (a *app) openPort(_ context.Context, closers *[]func() error) error {
	if a.cfg.listen == off || a.cfg.dryStart {
		return nil
	}
	port, err := serve.Listen(a.cfg.listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("--listen %s: %w: another program has it, perhaps an earlier start of this one: "+
			"stop that, or name another --listen", a.cfg.listen, err)
	}
	if err != nil {
		return fmt.Errorf("--listen %s: %w", a.cfg.listen, err)
	}
	a.port = port
	a.log.Info("API listening", "address", port.Addr(), "page", pageAt(port.Addr()))
	*closers = append(*closers, port.Close)
	return nil
}

// openServer makes the service that serves the API, which is built after the Trader that it asks.
func (a *app) openServer(context.Context, *[]func() error) (err error) {
	if a.port == nil {
		return nil
	}
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.api.ServeHTTP(w, r) })
	a.server, err = serve.New(serve.Config{
		Port: a.port, Handler: api, Exposed: a.cfg.token != "", Clock: a.clock, Logger: a.log,
	})
	return err
}

func (a *app) openAPI(context.Context, *[]func() error) error {
	if a.cfg.dryStart {
		return nil
	}
	var err error
	if a.health, err = healthhttp.New(healthhttp.Config{
		Registry: a.registry, Extra: a.healthExtra(), Version: a.healthVersion,
	}); err != nil {
		return err
	}
	cfg := console.Config{
		Signals: a.db.Signals(), Health: a.health, Symbols: func() []string { return a.cfg.symbols },
		Page: true, Name: treeName, Mode: a.money, Venue: a.cfg.shownVenue(),
		Clock: a.clock, Logger: a.log,
	}
	if t := a.trader; t != nil {
		cfg.Account, cfg.Tree, cfg.Registry, cfg.TradingPath = t.Account, t.Tree(), a.registry, tradingPath
		cfg.Generator = func() generator.Status { return t.Status().Generator }
		cfg.Orders, cfg.History, cfg.Performance = t.Orders, t.History(), t.Performance
		cfg.Bars, cfg.Events, cfg.Equity = a.bars.of, a.events, t.Equity
		cfg.Overrides = func() []journal.Override { return t.Status().Overrides }
	}
	if cfg.Metrics, err = a.metrics(); err != nil {
		return err
	}
	return a.newAPI(cfg)
}

// newAPI makes what port and socket answer. Whoever can open the socket may act. On the port there is control only with a
// token, and then it is the same one: an act that was asked for at the one is known at the other.
func (a *app) newAPI(cfg console.Config) (err error) {
	cfg.Read.Token, cfg.MetricsToken, cfg.Hosts = a.cfg.token, a.cfg.metricsToken, a.cfg.hosts
	if a.trader != nil {
		cfg.Control = a.control(a.trader)
		cfg.Control.Authorize = socketUser
	}
	if a.local, err = console.New(cfg); err != nil || a.cfg.token != "" {
		a.api = a.local
		return err
	}
	cfg.Control = console.Control{}
	a.api, err = console.New(cfg)
	return err
}

// control is what a person may do over the API: all that the Trader's verbs do.
func (a *app) control(t *vigil.Trader) console.Control {
	return console.Control{
		Token: a.cfg.token,
		Pause: t.Pause, Resume: t.Resume, SetSymbols: t.SetSymbols, SetMinConfidence: t.SetMinConfidence, SetCycle: t.SetCycle,
		Halt: t.Halt, Rearm: t.Rearm, SetReduceOnly: t.SetReduceOnly, Flatten: t.Flatten, Cancel: t.Cancel,
		Lock: t.Lock, Unlock: t.Unlock, Convert: t.Convert,
		Approve: t.Approve, GiveUp: t.GiveUp, Audit: a.audit,
		Kill: func(ctx context.Context, by string) error { _, err := t.Kill(ctx, by); return err },
	}
}

// audit tells of an act on the page, and keeps it in the journal. The log has it already.
func (a *app) audit(act journal.Acted) {
	a.events.Act(act)
	if err := a.trader.Record(context.Background(), act); err != nil { // the console does not wait for ever
		a.log.Warn("Act is not in the journal", "verb", act.Verb, "actor", act.Actor, "error", err)
	}
}

// healthExtra is what /health shows besides: signal_generation and, where there is a Trader, trading.
func (a *app) healthExtra() func(health.Report) map[string]any {
	if a.cfg.replay != "" {
		return console.SignalGeneration(replayPath)
	}
	generation := console.SignalGeneration(generationPath)
	trading := console.Trading(tradingPath, a.trader.Account)
	return func(report health.Report) map[string]any {
		extra := generation(report)
		maps.Copy(extra, trading(report))
		return extra
	}
}

// healthVersion is of the states that healthExtra tells and the registry does not know.
func (a *app) healthVersion() uint64 {
	if a.trader == nil {
		return 0
	}
	return a.trader.AccountVersion()
}

// moneyOf is whether the run's money is real, as the console says it: what does not say that it is simulated is live.
func (c *config) moneyOf(broker trading.Broker) string {
	switch {
	case c.mode() != "venue":
		return "paper"
	case broker != nil && broker.Traits().Simulated:
		return "simulated"
	}
	return "live"
}

// mode is what kind of run it is, for the log and the database.
func (c *config) mode() string {
	switch {
	case c.replay != "":
		return "replay"
	case c.shadow:
		return shadowMode
	case c.venue != "":
		return "venue"
	}
	return "paper"
}
