package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/console/serve"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// The names of the tree. They are the same in the log and in /health.
const (
	treeName       = "livetrader"
	generationName = "signal_generation"
	generationPath = treeName + "/" + generationName
	tradingName    = "trading"
	tradingPath    = treeName + "/" + tradingName
	replayName     = "replay"
	replayPath     = treeName + "/" + replayName
)

// app is one run of the launcher: its database, its API, and the trees that trade.
type app struct {
	cfg    *config
	clock  clock.Clock
	log    *slog.Logger
	stdout io.Writer

	logQueue *logQueue // behind log
	registry *health.Registry
	candles  *candle.Reader // of a replay
	replayed trading.Instrument
	port     *serve.Port // nil with --listen off, as server is
	dbName   string      // of db: what --db says, or a temporary one
	db       database
	api      http.Handler
	server   *serve.Server // of api, on port
	totals   totals
	rearmed  bool               // as --rearm says: a halt that comes later stands
	finish   context.CancelFunc // ends the run as if its time were up
}

// run opens what can fail first, so that nothing has begun when it does, then trades, and closes everything.
func (a *app) run(ctx context.Context) (err error) {
	a.totals.started = a.clock.Now()
	a.registry = health.NewRegistry(health.Config{Clock: a.clock})
	closeAll, err := a.open(ctx)
	if err != nil {
		return a.unlessInterrupted(ctx, err)
	}
	defer func() { err = errors.Join(err, closeAll()) }()

	if a.cfg.dryStart {
		return a.dryStart(ctx)
	}
	a.log.Info("STARTING LIVE TRADING", "mode", a.cfg.mode(), "db", withoutPassword(a.dbName), "listen", a.cfg.listen)
	ctx, a.finish = context.WithCancel(ctx)
	defer a.finish()
	if a.cfg.duration > 0 {
		timeUp := a.clock.AfterFunc(a.cfg.duration, a.finish)
		defer timeUp.Stop()
	}
	if a.cfg.replay != "" {
		err = a.trade(ctx, a.replayTree)
	} else {
		err = a.trade(ctx, a.liveTree)
	}
	err = errors.Join(err, a.stopEngine(ctx))
	var summary bytes.Buffer
	a.totals.print(&summary, a.clock.Now())
	writeWithin(a.clock, a.stdout, summary.Bytes(), a.log)
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
		a.openCandles, a.openPort, a.openDB, a.readEarlier, a.openAPI,
	} {
		if err := step(ctx, &closers); err != nil {
			return nil, errors.Join(err, closeOpened())
		}
	}
	return closeOpened, nil
}

func (a *app) openPort(_ context.Context, closers *[]func() error) error {
	if a.cfg.listen == listenOff || a.cfg.dryStart {
		return nil
	}
	port, err := serve.Listen(a.cfg.listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w", a.cfg.listen, err)
	}
	a.port = port
	a.log.Info("API listening", "address", port.Addr())
	*closers = append(*closers, port.Close)
	return nil
}

func (a *app) openAPI(context.Context, *[]func() error) error {
	generation := generationPath
	if a.cfg.replay != "" {
		generation = replayPath
	}
	healthHandler, err := healthhttp.New(healthhttp.Config{Registry: a.registry, Extra: console.SignalGeneration(generation)})
	if err != nil {
		return err
	}
	a.api, err = console.New(console.Config{
		Signals: a.db.Signals(), Health: healthHandler, Symbols: func() []string { return a.cfg.symbols },
		Clock: a.clock, Logger: a.log,
	})
	if err != nil || a.port == nil {
		return err
	}
	a.server, err = serve.New(serve.Config{Port: a.port, Handler: withToken(a.cfg.token, a.api), Clock: a.clock, Logger: a.log})
	return err
}

// mode is what kind of run it is, for the log and the database.
func (c *config) mode() string {
	if c.replay != "" {
		return "replay"
	}
	return "paper"
}

// trade builds a tree and serves it.
func (a *app) trade(ctx context.Context, build func(context.Context) (*supervisor.Supervisor, error)) error {
	tree, err := build(ctx)
	if err != nil {
		return a.unlessInterrupted(ctx, err)
	}
	err = tree.Serve(ctx)
	a.totals.treeEnded()
	var escalated *supervisor.EscalatedError
	if a.cfg.replay != "" && errors.As(err, &escalated) { // the file or the disk is at fault
		return escalated.End.Err
	}
	return err
}
