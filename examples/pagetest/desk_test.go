package pagetest_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

const (
	coin     = "BTC/USDT"
	deskName = "desk"
)

// script is a strategy that says what the test tells it to.
type script struct{ say chan signal.Direction }

func (*script) Warmup() int { return 1 }

func (s *script) OnBar(signal.Bar) (signal.Signal, bool) {
	select {
	case d := <-s.say:
		return signal.Signal{Direction: d, Confidence: 0.9}, true
	default:
		return signal.Signal{}, false
	}
}

// part is a service of the host's that dies when the test says so, again and again until it is mended.
type part struct {
	broken atomic.Bool
	again  chan struct{}
}

func (p *part) Serve(ctx context.Context) error {
	if p.broken.Load() {
		return errors.New("the venue hung up")
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-p.again:
		return errors.New("the venue hung up")
	}
}

func (p *part) kill() {
	p.broken.Store(true)
	p.again <- struct{}{}
}

// desk is a Trader on paper whose strategy is the test's, and its page.
type desk struct {
	*site
	trader *vigil.Trader
	script *script
	part   *part
	store  vigil.Store
}

func number(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// newDesk starts it. change is the last word on both configurations.
func newDesk(t testing.TB, change func(*vigil.Config, *console.Config)) *desk {
	t.Helper()
	const interval = time.Second
	market, err := feed.NewSynthetic(feed.SyntheticConfig{Seed: 5, Symbols: []string{coin}, Interval: interval})
	require.NoError(t, err)
	d := &desk{script: &script{make(chan signal.Direction, 1)}, part: &part{again: make(chan struct{})}}
	log := slog.New(slog.DiscardHandler)
	d.store = vigil.NewMemoryStore()
	registry := health.NewRegistry(health.Config{})
	events, err := console.NewEvents(console.EventsConfig{Registry: registry, History: d.store.Journal().(journal.History), Logger: log})
	require.NoError(t, err)
	trading := vigil.Config{
		Name: deskName, Source: market, Interval: interval, Registry: registry, Logger: log, AutoRestart: true,
		Strategies:  []signal.Spec{{Name: "script", Params: "by=hand", New: func() signal.Strategy { return d.script }}},
		Instruments: []trading.Instrument{{Symbol: coin, Tick: number("0.1"), Step: number("0.0001")}},
		Paper:       &paper.Config{FeeRate: number("0.0004")}, Store: d.store,
		Generator: generator.Config{Cycle: 200 * time.Millisecond, Validity: time.Hour},
		Services: []vigil.Child{
			{Name: "events", Service: events},
			{Name: "venue_feed", Service: d.part, Policy: supervisor.Policy{
				MaxRestarts: supervisor.Unlimited, Verify: supervisor.Off, Backoff: supervisor.Backoff{Initial: time.Second},
			}},
		},
		OnEvent: events.Service,
	}
	shown := console.Config{Name: deskName, TradingPath: deskName + "/trading", Registry: registry, Events: events, Logger: log}
	if change != nil {
		change(&trading, &shown)
	}
	d.trader, err = vigil.New(trading)
	require.NoError(t, err)
	d.show(t, shown, trading)
	run(t, d.trader.Serve)
	require.Eventually(t, func() bool { _, ok := d.trader.Account(); return ok }, patience, 20*time.Millisecond)
	return d
}

// show serves the page of the Trader.
func (d *desk) show(t testing.TB, cfg console.Config, trading vigil.Config) {
	t.Helper()
	tr := d.trader
	probes, err := healthhttp.New(healthhttp.Config{Registry: tr.Registry(), Extra: console.Trading(cfg.TradingPath, tr.Account)})
	require.NoError(t, err)
	cfg.Signals, cfg.Health, cfg.Tree = d.store.Signals(), probes, tr.Tree()
	cfg.Account, cfg.Orders, cfg.History, cfg.Performance = tr.Account, tr.Orders, tr.History(), tr.Performance
	cfg.Equity = tr.Equity
	cfg.Generator = func() generator.Status { return tr.Status().Generator }
	cfg.Symbols = func() (all []string) {
		for _, i := range trading.Instruments {
			all = append(all, i.Symbol)
		}
		return all
	}
	cfg.Bars = func(symbol string) ([]signal.Bar, bool) {
		batch, err := trading.Source.Bars(context.Background(), symbol, time.Now().Add(-5*time.Minute), 300)
		return batch.Bars, err == nil
	}
	cfg.Control = console.Control{
		Token: cfg.Control.Token, Authorize: cfg.Control.Authorize, Audit: cfg.Events.Act,
		Pause: tr.Pause, Resume: tr.Resume, SetSymbols: tr.SetSymbols, SetMinConfidence: tr.SetMinConfidence,
		SetCycle: tr.SetCycle, Halt: tr.Halt, Rearm: tr.Rearm, SetReduceOnly: tr.SetReduceOnly, Flatten: tr.Flatten,
		Lock: tr.Lock, Unlock: tr.Unlock, Cancel: tr.Cancel, Approve: tr.Approve, GiveUp: tr.GiveUp,
		Kill: func(ctx context.Context, by string) error { _, err := tr.Kill(ctx, by); return err },
	}
	if cfg.Control.Token == "" && cfg.Control.Authorize == nil {
		cfg.Control.Authorize = anybody
	}
	d.site = serve(t, cfg)
}

// signalLong has the strategy say long on the next bar, once it has seen its history: what it says of that makes no signal.
func (d *desk) signalLong() {
	d.t.Helper()
	require.Eventually(d.t, func() bool {
		symbols := d.trader.Status().Generator.Symbols
		return len(symbols) > 0 && symbols[0].Bars > 1 && !symbols[0].Loading
	}, patience, 20*time.Millisecond)
	d.script.say <- signal.Long
}
