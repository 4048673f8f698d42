// Httpfeed makes signals from any web address that answers with candles in JSON, and prints them.
//
//	go run ./examples/httpfeed \
//		--url 'https://api.binance.com/api/v3/klines?symbol={symbol}&interval=1m&startTime={after_ms}&limit={limit}' \
//		--symbols BTC/USDT=BTCUSDT,ETH/USDT=ETHUSDT --interval 1m
//
// Where the candles lie deeper in the answer, or are objects, --rows and --fields say so:
//
//	--rows data.candles --fields openTime,o,h,l,c,v
//
// A second --url is asked where the first one fails, and --hours says when the market is closed, so that its silence
// is no fault:
//
//	--hours 'America/New_York 09:30-16:00'
//
// The address is asked in each cycle of the generator. What is done when it fails, hangs, falls silent or talks nonsense is
// the generator's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	ossignal "os/signal"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/feed/httpfeed"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

func main() {
	ctx, stop := ossignal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "httpfeed:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	cfg, err := parse(args, out)
	if err != nil {
		return err
	}
	source, closeSource, err := open(cfg)
	if err != nil {
		return err
	}
	defer closeSource()
	store := signal.NewMemory(0)
	generator, err := newGenerator(cfg, source, store)
	if err != nil {
		return err
	}
	tree, err := supervisor.New(supervisor.Config{Name: "httpfeed"})
	if err != nil {
		return err
	}
	if err := tree.Add("signal_generation", generator, supervisor.Policy{Stall: 2*cfg.cycle + time.Minute}); err != nil {
		return err
	}
	if err := tree.Add("printer", printer{store, out}, supervisor.Policy{}); err != nil {
		return err
	}
	return tree.Serve(ctx)
}

// open returns the source of the first address, with the others behind it, and what closes its connections.
func open(cfg config) (source signal.Source, closeAll func(), err error) {
	if len(cfg.urls) == 0 {
		return nil, nil, errors.New("--url is missing")
	}
	var addresses []feed.NamedSource
	var opened []*httpfeed.Source
	for i, address := range cfg.urls {
		cfg.end.URL = address
		one, err := httpfeed.New(cfg.end)
		if err != nil {
			return nil, nil, err
		}
		opened = append(opened, one)
		addresses = append(addresses, feed.NamedSource{Name: fmt.Sprintf("url %d", i+1), Source: one})
	}
	closeAll = func() {
		for _, one := range opened {
			one.Close()
		}
	}
	if len(opened) == 1 {
		return opened[0], closeAll, nil
	}
	source, err = feed.NewFailover(feed.FailoverConfig{
		Sources: addresses, Timeout: 10 * time.Second,
		OnSwitch: func(symbol, from, to string, why error) {
			slog.Warn("Candles come from another address", "symbol", symbol, "from", from, "to", to, "error", why)
		},
	})
	return source, closeAll, err
}

// newGenerator runs a vote of two that rarely agree: one goes with the trend, one against exaggeration.
func newGenerator(cfg config, source signal.Source, store signal.Store) (*generator.Generator, error) {
	cross, err := strategy.EMACross{}.Spec()
	if err != nil {
		return nil, err
	}
	rsi, err := strategy.RSIReversion{}.Spec()
	if err != nil {
		return nil, err
	}
	vote, err := strategy.Vote{Members: []strategy.Member{{Spec: cross}, {Spec: rsi}}}.Spec()
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(cfg.end.Symbols))
	for name := range cfg.end.Symbols {
		names = append(names, name)
	}
	return generator.New(generator.Config{
		Source: source, Specs: []signal.Spec{vote}, Store: store, Symbols: names, Interval: cfg.end.Interval,
		Cycle: cfg.cycle, Hours: cfg.hours, Logger: slog.Default(),
	})
}

// printer prints each signal as it comes.
type printer struct {
	store *signal.Memory
	out   io.Writer
}

// Serve follows the store until ctx ends.
func (p printer) Serve(ctx context.Context) error {
	for seq := int64(0); ; {
		appended := p.store.Appended() // before reading, so that none falls in between
		found, err := p.store.After(ctx, seq, 100)
		if err != nil {
			return err
		}
		for _, s := range found {
			seq = s.Seq
			if err := p.print(s); err != nil {
				return err
			}
		}
		if len(found) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-appended:
		}
	}
}

func (p printer) print(s signal.Signal) error {
	_, err := fmt.Fprintf(p.out, "%s %s %s at %g, confidence %.2f", s.BarTime.Format(time.DateTime), s.Symbol, s.Direction,
		s.Price, s.Confidence)
	for _, part := range s.Parts {
		if part.Spoke && err == nil {
			_, err = fmt.Fprintf(p.out, " (%s %s)", part.Strategy, part.Direction)
		}
	}
	if err == nil {
		_, err = fmt.Fprintln(p.out)
	}
	return err
}
