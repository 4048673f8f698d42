package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/examples/papervenue/client"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/sqlstore"
)

var campaignSymbols = []string{"BTC/USDT", "ETH/USDT", "SOL/USDT", "ADA/USDT", "DOT/USDT", "XRP/USDT"}

const campaignCash = "1000000"

// trade is the process that is killed: an Engine over a database of its own, and signals that change their minds all
// the time. With --settle it makes no signals, trades until nothing is pending, and ends.
func trade(ctx context.Context) error {
	flags := flag.NewFlagSet("trader", flag.ContinueOnError)
	path, venue := flags.String("db", "", ""), flags.String("venue", "", "")
	settle, plant := flags.Bool("settle", false, ""), flags.String("plant", "", "")
	if err := flags.Parse(os.Args[1:]); err != nil {
		return err
	}
	db, err := sqlstore.Open(ctx, *path, sqlstore.Config{})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	broker, err := client.New(*venue, nil)
	if err != nil {
		return err
	}
	defer broker.Close()
	cfg := traderConfig(db, broker)
	plantFault(*plant, &cfg)
	engine, err := trading.NewEngine(cfg)
	if err != nil {
		return err
	}
	fmt.Println("ready") //nolint:forbidigo // what the campaign waits for
	if *settle {
		return settleDown(ctx, engine)
	}
	var making sync.WaitGroup
	making.Go(func() { makeSignals(ctx, db.Signals(), broker) })
	defer making.Wait()
	return engine.Serve(ctx)
}

func traderConfig(db *sqlstore.DB, broker trading.Broker) trading.EngineConfig {
	var instruments []trading.Instrument
	for _, symbol := range campaignSymbols {
		instruments = append(instruments, trading.Instrument{Symbol: symbol, Tick: decimal.New(1, -8), Step: decimal.New(1, -4)})
	}
	return trading.EngineConfig{
		Signals: db.Signals(), Journal: db.Journal(), Broker: broker, Instruments: instruments,
		Size: trading.FixedNotional{Amount: decimal.NewFromInt(1000)},
		Limits: trading.Limits{
			MaxPosition: trading.Unlimited, MaxOrder: trading.Unlimited, MaxDailyLoss: trading.Unlimited,
		},
		Capital: decimal.RequireFromString(campaignCash), AutoExecute: true, Poll: 5 * time.Millisecond,
		Timeout: 3 * time.Second, SnapshotEvery: 500, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}
}

// makeSignals changes a target every few milliseconds. One that cannot be stored is not made up for.
func makeSignals(ctx context.Context, store signal.Store, venue *client.Client) {
	prices := make([]float64, len(campaignSymbols))
	var asking sync.WaitGroup
	for i, symbol := range campaignSymbols {
		asking.Go(func() {
			if price, err := venue.PriceOf(ctx, symbol); err == nil {
				prices[i] = price.InexactFloat64()
			}
		})
	}
	asking.Wait()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-time.After(3 * time.Millisecond):
		}
		now := time.Now().UTC()
		symbol := campaignSymbols[i%len(campaignSymbols)]
		_ = store.Append(ctx, signal.Signal{
			ID: signal.NewID("campaign", "", symbol, time.Millisecond, now), Strategy: "campaign", Symbol: symbol,
			Interval: time.Millisecond, Direction: signal.Direction((now.UnixNano()/1000+int64(i))%3 - 1), Confidence: 1,
			Price: prices[i%len(prices)], BarTime: now, CreatedAt: now, ValidUntil: now.Add(time.Second),
		})
	}
}

// settleDown trades on until nothing is pending, and stays so for a while.
func settleDown(ctx context.Context, engine *trading.Engine) error {
	quiet, enough := 0, time.Now().Add(15*time.Second)
	for time.Now().Before(enough) {
		err := engine.Step(ctx)
		if s := engine.Status(); err == nil && s.Reconciled && len(s.Orders) == 0 {
			quiet++
		} else {
			quiet = 0
		}
		if quiet == 10 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	return fmt.Errorf("it does not settle: %+v", engine.Status())
}

// plantFault breaks the trader in a way that the campaign must see.
func plantFault(name string, cfg *trading.EngineConfig) {
	switch name {
	case "send-then-record":
		cfg.Journal = &hasty{Journal: cfg.Journal}
	case "blind-retry":
		risk, err := trading.NewRisk(cfg.Limits)
		if err != nil {
			panic(err)
		}
		cfg.Broker = stubborn{cfg.Broker, risk, cfg.Instruments}
	}
}

// hasty is a Journal that says durable before it is: it writes a little later, in order.
type hasty struct {
	trading.Journal
	mu     sync.Mutex
	queued []func() error
	once   sync.Once
}

func (h *hasty) Append(ctx context.Context, at time.Time, events ...trading.Event) error {
	h.mu.Lock()
	h.queued = append(h.queued, func() error { return h.Journal.Append(context.WithoutCancel(ctx), at, events...) })
	h.mu.Unlock()
	h.once.Do(func() { go h.write() })
	return nil
}

func (h *hasty) write() {
	for {
		<-time.After(100 * time.Millisecond)
		h.mu.Lock()
		queued := h.queued
		h.queued = nil
		h.mu.Unlock()
		for _, write := range queued {
			if write() != nil {
				return
			}
		}
	}
}

// stubborn sends an order that got no answer once more, as a new one.
type stubborn struct {
	trading.Broker
	risk        *trading.Risk
	instruments []trading.Instrument
}

func (s stubborn) Submit(ctx context.Context, a trading.Approved) error {
	err := s.Broker.Submit(ctx, a)
	if err == nil || errors.Is(err, trading.ErrRejected) || errors.Is(err, trading.ErrDuplicate) {
		return err
	}
	o := a.Order()
	o.ClientID += "-again"
	for _, i := range s.instruments {
		if i.Symbol != o.Symbol {
			continue
		}
		if again, err := s.risk.Approve(o, i, decimal.Zero, o.DecisionPrice); err == nil {
			return s.Broker.Submit(ctx, again)
		}
	}
	return err
}
