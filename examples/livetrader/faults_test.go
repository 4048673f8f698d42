package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// A fault is held against what is asked of /health: the verdict turns within a bound, the answer names the cause and the
// way out, and it turns back once the fault is over. docs/guides/faults-in-health.md is the table of all of them.

const (
	btc = "BTC/USDT"
	eth = "ETH/USDT"
)

// plant is a trader with parts that can be broken, and its /health.
type plant struct {
	t         *testing.T
	cfg       vigil.Config
	source    *breakableSource
	puppet    *puppet
	store     *breakableStore
	venue     *tradingtest.Venue
	broker    *tradingtest.Misbehaving
	wrapped   map[string]func(supervisor.Service) supervisor.Service
	probeBack func()
	trader    *vigil.Trader
	health    http.Handler
	done      []func() // called after the trader has been asked to end: what hangs comes back
}

// inBubble builds a trader on paper, or at a venue, lets it run until it is healthy, and hands it to do.
func inBubble(t *testing.T, atVenue bool, prepare, do func(*plant)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPlant(t, atVenue)
		if prepare != nil {
			prepare(p)
		}
		p.serve(do)
	})
}

func newPlant(t *testing.T, atVenue bool) *plant {
	t.Helper()
	market, err := feed.NewSynthetic(feed.SyntheticConfig{Seed: 3, Symbols: []string{btc, eth}, Interval: 5 * time.Second})
	require.NoError(t, err)
	p := &plant{
		t: t, source: &breakableSource{market: market, broken: make(map[string]func(context.Context) (signal.Batch, error))},
		puppet: &puppet{}, store: newBreakableStore(), wrapped: make(map[string]func(supervisor.Service) supervisor.Service),
	}
	instruments := []trading.Instrument{
		{Symbol: btc, Tick: decimal.New(1, -1), Step: decimal.New(1, -4)},
		{Symbol: eth, Tick: decimal.New(1, -2), Step: decimal.New(1, -3)},
	}
	p.cfg = vigil.Config{
		Source: p.source, Strategies: []signal.Spec{p.puppet.spec()}, Interval: 5 * time.Second, Instruments: instruments,
		Store: p.store, Logger: slog.New(slog.DiscardHandler), AutoRestart: true,
		Size: size.FixedNotional{Amount: decimal.NewFromInt(1000)},
		Risk: risk.Limits{
			MaxPosition: decimal.NewFromInt(2000), MaxOrder: decimal.NewFromInt(2000), MaxDailyLoss: decimal.NewFromInt(500),
		},
		Wrap: func(name string, s supervisor.Service) supervisor.Service {
			if wrap := p.wrapped[name]; wrap != nil {
				return wrap(s)
			}
			return s
		},
	}
	if !atVenue {
		p.cfg.Paper = &paper.Config{Cash: decimal.NewFromInt(10_000)}
		return p
	}
	p.venue = tradingtest.NewVenue(machine{}, trading.Traits{}, instruments...)
	p.broker = tradingtest.Misbehave(p.venue)
	p.cfg.Broker, p.cfg.Capital = p.broker, decimal.NewFromInt(10_000)
	p.quote()
	p.cfg.Services = append(p.cfg.Services, vigil.Child{Name: "prices", Service: service(func(ctx context.Context) error {
		for ctx.Err() == nil {
			p.quote()
			health.Observe(ctx, nil)
			_ = sleepOr(ctx, time.Second)
		}
		return ctx.Err()
	})})
	return p
}

// machine is the time of the bubble.
type machine struct{}

func (machine) Now() time.Time                         { return time.Now() }
func (machine) After(d time.Duration) <-chan time.Time { return time.After(d) }

func sleepOr(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// quote brings the market's prices to the venue.
func (p *plant) quote() {
	for _, symbol := range []string{btc, eth} {
		if price, ok := p.source.Price(symbol); ok {
			p.venue.SetPrice(symbol, decimal.NewFromFloat(price).Round(2))
		}
	}
}

// make builds the trader and its /health.
func (p *plant) make() {
	t := p.t
	t.Helper()
	var err error
	p.trader, err = vigil.New(p.cfg)
	require.NoError(t, err)
	generation, account := console.SignalGeneration("trader/signal_generation"), console.Trading("trader/trading", p.trader.Account)
	p.health, err = healthhttp.New(healthhttp.Config{
		Registry: p.trader.Registry(), Version: p.trader.AccountVersion,
		Extra: func(report health.Report) map[string]any {
			extra := generation(report)
			maps.Copy(extra, account(report))
			return extra
		},
	})
	require.NoError(t, err)
}

// begin runs the trader, and returns what ends it.
func (p *plant) begin() (end func()) {
	ctx, cancel := context.WithCancel(p.t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = p.trader.Serve(ctx) // some have hung, which is what is wanted
	}()
	return func() {
		cancel()
		for _, release := range p.done {
			release()
		}
		<-stopped
		if len(p.done) > 0 {
			time.Sleep(time.Hour) // what hung comes back
		}
	}
}

// serve runs the trader until it is healthy, calls do, and ends it.
func (p *plant) serve(do func(*plant)) {
	p.make()
	end := p.begin()
	defer end()
	p.awaits(2*time.Minute, "healthy")
	time.Sleep(time.Minute)
	p.awaits(time.Second, "healthy")
	do(p)
}

// ask returns the verdict and the text of /health.
func (p *plant) ask() (verdict, text string) {
	p.t.Helper()
	began := time.Now()
	w := httptest.NewRecorder()
	p.health.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/health", http.NoBody))
	require.Equal(p.t, began, time.Now(), "no answer waits for anything")
	var answer struct {
		Status string `json:"status"`
	}
	require.NoError(p.t, json.Unmarshal(w.Body.Bytes(), &answer))
	if answer.Status == "unhealthy" {
		require.Equal(p.t, http.StatusServiceUnavailable, w.Code)
	} else {
		require.Equal(p.t, http.StatusOK, w.Code)
	}
	return answer.Status, w.Body.String()
}

// ready returns the status of /readyz.
func (p *plant) ready() int {
	w := httptest.NewRecorder()
	p.health.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", http.NoBody))
	return w.Code
}

// awaits waits, no longer than the bound, until /health has that verdict and says all these words. It asks four times a second,
// or 240 times.
func (p *plant) awaits(bound time.Duration, verdict string, words ...string) {
	p.t.Helper()
	var text string
	pause := max(250*time.Millisecond, bound/240)
	for began := time.Now(); time.Since(began) <= bound; time.Sleep(pause) {
		synctest.Wait()
		var got string
		if got, text = p.ask(); got == verdict && containsAll(text, words) {
			p.t.Logf("%s after %s", verdict, time.Since(began))
			return
		}
	}
	require.FailNow(p.t, fmt.Sprintf("/health is not %s and does not say %q within %s", verdict, words, bound), text)
}

func containsAll(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// rearms lifts the halt that stands, as a person does.
func (p *plant) rearms() {
	p.t.Helper()
	require.NoError(p.t, p.trader.Rearm(p.t.Context(), p.trader.Status().Trading.Halt.Seq, "ann"))
}

// passes lets time pass.
func (p *plant) passes(d time.Duration) { time.Sleep(d); synctest.Wait() }

// holds requires that the verdict stays for a while.
func (p *plant) holds(d time.Duration, verdict string) {
	p.t.Helper()
	for began := time.Now(); time.Since(began) < d; time.Sleep(5 * time.Second) {
		synctest.Wait()
		got, text := p.ask()
		require.Equal(p.t, verdict, got, text)
	}
}

// wants has the strategy say a signal on a symbol, and waits until it is acted on.
func (p *plant) wants(symbol string, direction signal.Direction) {
	p.t.Helper()
	p.puppet.say(symbol, direction)
	time.Sleep(15 * time.Second)
	synctest.Wait()
}
