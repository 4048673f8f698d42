// Papervenue is a venue on paper, in a process of its own: a small HTTP API on the loopback interface over a paper
// broker whose ledger is a database. It survives its clients, refuses a client id twice, for ever, and can be asked to
// lose requests, replies and time, so that a bot can be tried against what real venues do.
//
//	go run ./examples/papervenue --db venue.db --listen 127.0.0.1:8100 --lose-replies 0.1 --delay 40ms
//
// Package client, beside it, is the trading.Broker for it, and an example of an adapter. An answer is given only once
// what it says is durable; if the ledger cannot be written, no order is answered any more until the venue is started
// again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	ossignal "os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

func main() {
	ctx, stop := ossignal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "papervenue:", err)
		os.Exit(1)
	}
}

// settings are what the flags say.
type settings struct {
	db, listen, symbols, cash string
	seed                      uint64
	faults                    faults
}

func parse(args []string) (settings, error) {
	s := settings{faults: faults{clock: clock.New()}}
	flags := flag.NewFlagSet("papervenue", flag.ContinueOnError)
	flags.StringVar(&s.db, "db", "venue.db", "the ledger's database")
	flags.StringVar(&s.listen, "listen", "127.0.0.1:8100", "a loopback address")
	flags.StringVar(&s.symbols, "symbols", "BTC/USDT,ETH/USDT,SOL/USDT", "what is traded")
	flags.StringVar(&s.cash, "cash", "1000000", "what the account begins with")
	flags.Uint64Var(&s.seed, "seed", 1, "of the synthetic market")
	flags.Float64Var(&s.faults.loseRequest, "lose-requests", 0, "chance that an order never arrives")
	flags.Float64Var(&s.faults.loseReply, "lose-replies", 0, "chance that an order is taken and the answer is lost")
	flags.Float64Var(&s.faults.duplicateFills, "duplicate-fills", 0, "chance that fills are told twice")
	flags.DurationVar(&s.faults.delay, "delay", 0, "the longest that a request or an answer is under way")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return s, s.faults.check()
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	s, err := parse(args)
	if err != nil {
		return err
	}
	db, err := sqlite.Open(ctx, s.db, sqlite.Config{Run: []sqlite.Setting{
		{Name: "what", Value: "papervenue"}, {Name: "cash", Value: s.cash}, {Name: "seed", Value: fmt.Sprint(s.seed)},
	}})
	if err != nil {
		return fmt.Errorf("--db: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	v, err := s.venue(ctx, db.Journal())
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	if !listener.Addr().(*net.TCPAddr).IP.IsLoopback() {
		err := fmt.Errorf("--listen: %s is not on this machine only, and there is no password", s.listen)
		return errors.Join(err, listener.Close())
	}
	fmt.Fprintf(out, "papervenue listens on http://%s\n", listener.Addr())
	return serve(ctx, listener, s.faults.over(v.api()))
}

func (s settings) venue(ctx context.Context, ledger journal.Journal) (*venue, error) {
	cash, err := decimal.NewFromString(s.cash)
	if err != nil {
		return nil, fmt.Errorf("--cash: %w", err)
	}
	symbols := strings.Split(s.symbols, ",")
	market, err := feed.NewSynthetic(feed.SyntheticConfig{
		Seed: s.seed, Symbols: symbols, Interval: time.Second, Clock: s.faults.clock,
	})
	if err != nil {
		return nil, fmt.Errorf("--symbols: %w", err)
	}
	var instruments []trading.Instrument
	for _, symbol := range symbols {
		tick, _ := market.Tick(symbol)
		instruments = append(instruments, trading.Instrument{
			Symbol: symbol, Tick: decimal.NewFromFloat(tick), Step: decimal.New(1, -4),
		})
	}
	return openVenue(ctx, ledger, cash, instruments, market.Price, s.faults.clock)
}

// serve answers until ctx ends, and then finishes what it has begun.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	err := server.Shutdown(context.WithoutCancel(ctx))
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
