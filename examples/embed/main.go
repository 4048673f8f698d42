// Embed is a web program of its own that has a trading system inside: the program keeps its mux, its logger and its log-in,
// and mounts what vigil answers beside its own pages. Ann may act, bob may look; nobody else sees the account.
//
//	EMBED_PASSWORDS='ann:swordfish bob:herring' go run ./examples/embed
//	curl -c jar -d name=ann -d password=swordfish localhost:8000/login
//	curl -b jar localhost:8000/api/status
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	ossignal "os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

const coin = "BTC/USDT"

func main() {
	ctx, stop := ossignal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:8000")
	if err == nil {
		err = run(ctx, listener, "embed.db", accounts(os.Getenv("EMBED_PASSWORDS")), log)
	}
	if err != nil {
		log.Error("embed ends", "error", err)
		os.Exit(1) //nolint:gocritic // there is nothing that stop would still do
	}
}

// accounts reads name:password pairs.
func accounts(pairs string) map[string]string {
	passwords := make(map[string]string)
	for pair := range strings.FieldsSeq(pairs) {
		if name, password, ok := strings.Cut(pair, ":"); ok && password != "" {
			passwords[name] = password
		}
	}
	return passwords
}

// host is the program around the trader.
type host struct {
	log     *slog.Logger
	doors   *doors
	trader  *vigil.Trader
	probes  *healthhttp.Handler
	console http.Handler
}

// run serves the host's pages and the trader in them until ctx ends.
func run(ctx context.Context, listener net.Listener, database string, passwords map[string]string, log *slog.Logger) error {
	db, err := sqlite.Open(ctx, database, sqlite.Config{})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	h := &host{log: log, doors: newDoors(passwords)}
	if h.trader, err = newTrader(db, log.With("part", "trading")); err != nil {
		return err
	}
	if err := h.build(db); err != nil {
		return err
	}
	return h.serve(ctx, listener)
}

// newTrader is the trading system. It gets the host's logger.
func newTrader(db *sqlite.DB, log *slog.Logger) (*vigil.Trader, error) {
	const interval = time.Second
	source, err := feed.NewSynthetic(feed.SyntheticConfig{Symbols: []string{coin}, Interval: interval})
	if err != nil {
		return nil, err
	}
	cross, err := strategy.EMACross{}.Spec()
	if err != nil {
		return nil, err
	}
	return vigil.New(vigil.Config{
		Source: source, Interval: interval, Strategies: []signal.Spec{cross}, Store: db, Logger: log, AutoRestart: true,
		Instruments: []trading.Instrument{{Symbol: coin, Tick: decimal.New(1, -2), Step: decimal.New(1, -5)}},
		Paper:       &paper.Config{FeeRate: decimal.New(4, -4)},
	})
}

// build makes what vigil answers. Who may act is for the host's log-in to say, and so is the name in the journal.
func (h *host) build(db *sqlite.DB) (err error) {
	t := h.trader
	h.probes, err = healthhttp.New(healthhttp.Config{
		Registry: t.Registry(), Extra: console.Trading("trader/trading", t.Account), Version: t.AccountVersion,
	})
	if err != nil {
		return err
	}
	h.console, err = console.New(console.Config{
		Signals: db.Signals(), Health: h.probes, Logger: h.log,
		Account: t.Account, Tree: t.Tree(), Registry: t.Registry(), TradingPath: "trader/trading",
		Generator: func() generator.Status { return t.Status().Generator },
		Orders:    t.Orders, History: t.History(), Performance: t.Performance, Equity: t.Equity,
		Overrides: func() []journal.Override { return t.Status().Overrides },
		Read:      console.Read{Authorize: h.doors.mayLook},
		Control: console.Control{
			Authorize: h.doors.mayAct,
			Pause:     t.Pause, Resume: t.Resume, SetSymbols: t.SetSymbols, SetMinConfidence: t.SetMinConfidence,
			SetCycle: t.SetCycle,
			Halt:     t.Halt, Rearm: t.Rearm, SetReduceOnly: t.SetReduceOnly, Flatten: t.Flatten, Convert: t.Convert,
			Lock: t.Lock, Unlock: t.Unlock, Cancel: t.Cancel,
			Approve: t.Approve, GiveUp: t.GiveUp, Audit: h.audit,
			Kill: func(ctx context.Context, by string) error { _, err := t.Kill(ctx, by); return err },
		},
	})
	return err
}

// audit keeps an act in the journal. The log has it already.
func (h *host) audit(act journal.Acted) {
	if err := h.trader.Record(context.Background(), act); err != nil { // the console does not wait for ever
		h.log.Warn("An act is not in the journal", "verb", act.Verb, "actor", act.Actor, "error", err)
	}
}

// mux is the host's own, with vigil beside its pages.
func (h *host) mux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "a page of the host's; the trader answers at /api/status")
	})
	mux.HandleFunc("POST /login", h.doors.login)
	mux.Handle("/livez", h.console) // an orchestrator has no log-in, and needs none for these two
	mux.Handle("/readyz", h.console)
	mux.Handle("/health", h.console)
	mux.Handle("/api/", h.console)
	return mux
}

// drain is how long requests in flight may take at the end.
const drain = 2 * time.Second

// serve runs the web server beside the trader: the end of the one is that of the other. The probes say that it ends before
// anything does.
func (h *host) serve(ctx context.Context, listener net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	server := &http.Server{
		Handler: h.mux(), ErrorLog: slog.NewLogLogger(h.log.Handler(), slog.LevelWarn),
		// What a slow client may hold on to. The console's streams lift the two that would end them.
		ReadHeaderTimeout: drain, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx }, // streams end with the host
	}
	var served, traded error
	var all sync.WaitGroup
	all.Go(func() {
		defer stop()
		served = server.Serve(listener)
	})
	all.Go(func() {
		defer stop()
		traded = h.trader.Serve(ctx)
	})
	<-ctx.Done()
	h.probes.Drain()
	limited, cancel := clock.New().WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	err := server.Shutdown(limited)
	all.Wait()
	if errors.Is(served, http.ErrServerClosed) {
		served = nil
	}
	return errors.Join(err, served, traded)
}
