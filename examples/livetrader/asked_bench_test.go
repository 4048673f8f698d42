package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/console/metrics"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

const (
	askedBar    = 20 * time.Millisecond // from one bar to the next
	askedCycles = 300
)

// asking is who asks for what, and how long each waits between two times.
type asking struct {
	clients int
	pause   time.Duration
	paths   []string
}

var (
	callers  = []string{"/health", "/api/status"}
	scrapers = []string{"/metrics"}
)

// BenchmarkAsked is from a new bar, as its source gives it, to the intent of the order on it, durable in SQLite: checks,
// strategy, signal stored, risk, journal. Ten clients ask for /health and /api/status meanwhile, in the process: each
// ten times a second, or without a pause. Or one scrapes /metrics ten times a second, where Prometheus does so once in 15 s.
// An operation is five interleaved pairs, with and without them.
func BenchmarkAsked(b *testing.B) {
	for _, way := range []struct {
		name string
		asking
	}{
		{"each 100ms", asking{10, 100 * time.Millisecond, callers}},
		{"without a pause", asking{10, 0, callers}},
		{"scraped each 100ms", asking{1, 100 * time.Millisecond, scrapers}},
	} {
		b.Run(way.name, func(b *testing.B) {
			const pairs = 5
			for b.Loop() {
				var ratios, quiet, asked []float64
				for range pairs {
					alone := p99OfCycles(b, asking{})
					beside := p99OfCycles(b, way.asking)
					quiet, asked = append(quiet, alone), append(asked, beside)
					ratios = append(ratios, beside/alone)
				}
				b.ReportMetric(middle(quiet), "alone-p99-us")
				b.ReportMetric(middle(asked), "asked-p99-us")
				b.ReportMetric(middle(ratios), "asked/alone")
			}
		})
	}
}

func middle(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// p99OfCycles runs a trader that so many clients ask, and returns the 99th percentile of its cycles in microseconds.
func p99OfCycles(b *testing.B, by asking) float64 {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	db, err := sqlite.Open(ctx, filepath.Join(b.TempDir(), "asked.db"), sqlite.Config{})
	require.NoError(b, err)
	defer func() { require.NoError(b, db.Close()) }()
	defer running.Wait()
	defer stop()
	cycles := &timedCycles{first: time.Now().UTC().Truncate(askedBar), took: make(chan time.Duration, 1)}
	trader, err := vigil.New(vigil.Config{
		Source: cycles, Interval: askedBar, Store: timedStore{db, cycles}, Logger: slog.New(slog.DiscardHandler),
		Strategies:  []signal.Spec{{Name: "turns", New: func() signal.Strategy { return new(turns) }}},
		Instruments: []trading.Instrument{{Symbol: "BTC/USDT", Tick: decimal.New(1, -2), Step: decimal.New(1, -5)}},
		Generator:   generator.Config{Cycle: askedBar, MaxAge: time.Minute, Validity: time.Minute},
		Paper:       &paper.Config{},
	})
	require.NoError(b, err)
	running.Go(func() { _ = trader.Serve(ctx) })
	probes, err := healthhttp.New(healthhttp.Config{
		Registry: trader.Registry(), Extra: console.Trading("trader/trading", trader.Account), Version: trader.AccountVersion,
	})
	require.NoError(b, err)
	api, err := console.New(console.Config{
		Signals: db.Signals(), Health: probes, Account: trader.Account, Tree: trader.Tree(), Registry: trader.Registry(),
		TradingPath: "trader/trading", Orders: trader.Orders, History: trader.History(), Performance: trader.Performance,
		Generator: func() generator.Status { return trader.Status().Generator }, Metrics: scraped(b, trader, db),
	})
	require.NoError(b, err)
	for range by.clients {
		running.Go(func() { ask(ctx, api, by) })
	}
	took := make([]time.Duration, askedCycles)
	for i := range took {
		select {
		case took[i] = <-cycles.took:
		case <-time.After(time.Minute):
			b.Fatal("no order for a minute")
		}
	}
	slices.Sort(took)
	return float64(took[len(took)*99/100].Nanoseconds()) / 1000
}

// scraped answers /metrics.
func scraped(b *testing.B, trader *vigil.Trader, db vigil.Store) http.Handler {
	b.Helper()
	collector, err := metrics.New(metrics.Config{
		Registry: trader.Registry(), Tree: trader.Tree(), Account: trader.Account, Days: trader.Performance, Room: db.Room,
		Generator: func() generator.Status { return trader.Status().Generator },
	})
	require.NoError(b, err)
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// ask asks as a client does, until ctx ends.
func ask(ctx context.Context, api http.Handler, by asking) {
	for ctx.Err() == nil {
		for _, path := range by.paths {
			r := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:8000"+path, http.NoBody)
			w := httptest.NewRecorder()
			api.ServeHTTP(w, r)
			if w.Code != http.StatusOK && w.Code != http.StatusServiceUnavailable { // as before the first step
				panic(fmt.Sprint(path, " was refused: ", w.Code))
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(by.pause):
		}
	}
}

// timedCycles is a Source that has a bar each askedBar at one price, and times what becomes of it.
type timedCycles struct {
	first time.Time
	began atomic.Int64 // when the newest bar was given, since first; 0 once its order was made
	took  chan time.Duration
}

func (c *timedCycles) Bars(_ context.Context, symbol string, after time.Time, limit int) (batch signal.Batch, _ error) {
	at := c.first
	if after.After(at) || after.Equal(at) {
		at = after.Truncate(askedBar).Add(askedBar)
	}
	for ; len(batch.Bars) < limit && !at.Add(askedBar).After(time.Now()); at = at.Add(askedBar) {
		batch.Bars = append(batch.Bars, signal.Bar{Symbol: symbol, Time: at, Interval: askedBar,
			Open: 100, High: 100, Low: 100, Close: 100, Volume: 1})
	}
	if len(batch.Bars) > 0 {
		c.began.Store(int64(time.Since(c.first)))
	}
	return batch, nil
}

func (*timedCycles) Price(string) (float64, bool) { return 100, true }

// timedStore is a Store whose journal says when an order's intent is durable.
type timedStore struct {
	*sqlite.DB

	cycles *timedCycles
}

func (s timedStore) Claim(ctx context.Context) (journal.Journal, error) {
	j, err := s.DB.Claim(ctx)
	return timedJournal{j, s.cycles}, err
}

type timedJournal struct {
	journal.Journal

	cycles *timedCycles
}

func (j timedJournal) Append(ctx context.Context, at time.Time, events ...journal.Event) error {
	err := j.Journal.Append(ctx, at, events...)
	for _, e := range events {
		if _, ok := e.(journal.IntentMade); !ok {
			continue
		}
		if began := j.cycles.began.Swap(0); began > 0 {
			select {
			case j.cycles.took <- time.Since(j.cycles.first) - time.Duration(began):
			default: // The benchmark has enough of them.
			}
		}
	}
	return err
}

// turns is a Strategy that is long after every other bar.
type turns struct{ long bool }

func (*turns) Warmup() int { return 1 }

func (t *turns) OnBar(signal.Bar) (signal.Signal, bool) {
	t.long = !t.long
	s := signal.Signal{Confidence: 1}
	if t.long {
		s.Direction = signal.Long
	}
	return s, true
}
