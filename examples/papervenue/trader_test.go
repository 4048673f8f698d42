package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/examples/papervenue/client"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
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
	db, err := sqlite.Open(ctx, *path, sqlite.Config{})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	broker, err := client.New(*venue, nil)
	if err != nil {
		return err
	}
	defer broker.Close()
	cfg, err := traderConfig(db, broker)
	if err != nil {
		return err
	}
	plantFault(*plant, &cfg)
	engine, err := engine.New(cfg)
	if err != nil {
		return err
	}
	fmt.Println("ready") //nolint:forbidigo // what the campaign waits for
	if *settle {
		within := 15 * time.Second
		if *plant != "" {
			within = 3 * time.Second // It need not get there.
		}
		return settleDown(ctx, engine, within)
	}
	var making sync.WaitGroup
	making.Go(func() { makeSignals(ctx, db.Signals(), broker) })
	defer making.Wait()
	return engine.Serve(ctx)
}

func traderConfig(db *sqlite.DB, broker trading.Broker) (engine.Config, error) {
	market, err := feed.NewSynthetic(feed.SyntheticConfig{Symbols: campaignSymbols, Interval: time.Second})
	if err != nil {
		return engine.Config{}, err
	}
	var instruments []trading.Instrument
	for _, symbol := range campaignSymbols {
		tick, _ := market.Tick(symbol)
		instruments = append(instruments, trading.Instrument{
			Symbol: symbol, Tick: decimal.NewFromFloat(tick), Step: decimal.New(1, -4),
		})
	}
	return engine.Config{
		Signals: db.Signals(), Journal: db.Journal(), Broker: broker, Instruments: instruments,
		Size: size.FixedNotional{Amount: decimal.NewFromInt(1000)}, Ticket: variety{},
		Risk:    risk.NoLimits(),
		Capital: decimal.RequireFromString(campaignCash), AutoExecute: true, Poll: 5 * time.Millisecond,
		Timeout: 3 * time.Second, SnapshotEvery: 500, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}, nil
}

// restless are the symbols that change their minds all the time, by market orders alone. The others leave what rests the
// time to be met.
var restless = campaignSymbols[:2]

// variety is every way to open a position in turn, by the signal's ID, with a bracket so near that the market meets it.
type variety struct{}

func (variety) Ticket(s trading.Sizing, side trading.Side) (trading.Ticket, error) {
	if slices.Contains(restless, s.Signal.Symbol) {
		return trading.Ticket{}, nil
	}
	tick := s.Instrument.Tick
	away := func(ticks int64) decimal.Decimal {
		return s.Price.Add(side.Signed(tick.Mul(decimal.NewFromInt(ticks))))
	}
	t := trading.Ticket{TakeProfit: away(9), StopLoss: away(-9)}
	switch last := s.Signal.ID[len(s.Signal.ID)-1]; last % 5 {
	case 0:
		t.Type, t.LimitPrice = trading.Limit, away(-2)
	case 1:
		t.Type, t.LimitPrice, t.TimeInForce = trading.Limit, away(3), trading.IOC
	case 2:
		t.Type, t.StopPrice = trading.Stop, away(2)
	case 3:
		t.Type, t.StopPrice, t.LimitPrice = trading.StopLimit, away(1), away(4)
	}
	return t, nil
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
		if i/len(campaignSymbols)%8 > 0 && !slices.Contains(restless, symbol) {
			continue
		}
		_ = store.Append(ctx, signal.Signal{
			ID: signal.Stream{Strategy: "campaign", Symbol: symbol, Interval: time.Millisecond}.ID(now), Strategy: "campaign", Symbol: symbol,
			Interval: time.Millisecond, Direction: signal.Direction((now.UnixNano()/1000+int64(i))%3 - 1), Confidence: 1,
			Price: prices[i%len(prices)], BarTime: now, CreatedAt: now, ValidUntil: now.Add(time.Second),
		})
	}
}

// settleDown trades on until everything that is held is guarded, closes it all, and trades on until nothing is pending.
func settleDown(ctx context.Context, eng *engine.Engine, within time.Duration) error {
	if err := tradeUntil(ctx, eng, within, guarded); err != nil {
		return err
	}
	for _, p := range eng.Status().Positions {
		if err := eng.Flatten(ctx, p.Symbol, "the campaign"); err != nil {
			return err
		}
	}
	return tradeUntil(ctx, eng, within, func(s engine.Status) bool { return len(s.Orders)+len(s.Positions) == 0 })
}

// tradeUntil trades on until the engine has been in a state for ten steps.
func tradeUntil(
	ctx context.Context, engine *engine.Engine, within time.Duration, reached func(engine.Status) bool,
) error {
	quiet, enough := 0, time.Now().Add(within)
	for time.Now().Before(enough) {
		err := engine.Step(ctx)
		if s := engine.Status(); err == nil && s.Reconciled && reached(s) {
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

// guarded tells whether nothing rests but the legs of brackets, and each of those is as large as what it guards.
func guarded(s engine.Status) bool {
	legs := make(map[string]decimal.Decimal) // what is left of each leg of each symbol
	for _, o := range s.Orders {
		if o.Leg == "" || o.CancelAsked || o.Status != trading.StatusOpen {
			return false
		}
		legs[o.Symbol+string(o.Leg)] = legs[o.Symbol+string(o.Leg)].Add(o.Remaining())
	}
	want := 0
	for _, p := range s.Positions {
		if slices.Contains(restless, p.Symbol) {
			continue
		}
		want += 2
		for _, leg := range []trading.Leg{trading.TakeProfit, trading.StopLoss} {
			if !legs[p.Symbol+string(leg)].Equal(p.Quantity.Abs()) {
				return false
			}
		}
	}
	return len(legs) == want
}

// plantFault breaks the trader in a way that the campaign must see.
func plantFault(name string, cfg *engine.Config) {
	switch name {
	case "send-then-record":
		cfg.Journal = &hasty{Journal: cfg.Journal}
	case "cancel-on-faith":
		cfg.Broker = &believer{Client: cfg.Broker.(*client.Client), asked: make(map[string]bool)}
	case "blind-retry":
		cfg.Broker = stubborn{cfg.Broker.(*client.Client), cfg.Risk, cfg.Instruments}
	}
}

// hasty is a Journal that says durable before it is: it writes a little later, in order.
type hasty struct {
	journal.Journal
	mu     sync.Mutex
	queued []func() error
	once   sync.Once
}

func (h *hasty) Append(ctx context.Context, at time.Time, events ...journal.Event) error {
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
	*client.Client
	risk        engine.Risk
	instruments []trading.Instrument
}

func (s stubborn) Submit(ctx context.Context, a trading.Approved) error {
	err := s.Client.Submit(ctx, a)
	if err == nil || errors.Is(err, trading.ErrRejected) || errors.Is(err, trading.ErrDuplicate) {
		return err
	}
	o := a.Order()
	o.ClientID += "-again"
	for _, i := range s.instruments {
		if i.Symbol != o.Symbol {
			continue
		}
		if again, err := s.risk.Approve(o, trading.View{Instrument: i, Held: decimal.Zero, Price: o.DecisionPrice}); err == nil {
			return s.Client.Submit(ctx, again)
		}
	}
	return err
}

// believer takes an order that is to be canceled for canceled, and tells nobody.
type believer struct {
	*client.Client
	mu    sync.Mutex // guards asked
	asked map[string]bool
}

func (b *believer) Cancel(_ context.Context, ref trading.OrderRef) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked[ref.ClientID] = true
	return nil
}

func (b *believer) Order(ctx context.Context, ref trading.OrderRef) (trading.OrderReport, error) {
	report, err := b.Client.Order(ctx, ref)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil && b.asked[ref.ClientID] && !report.Status.Done() {
		report.Status = trading.StatusCanceled
	}
	return report, err
}
