package metrics_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/metrics"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// serve is a Service made of a function.
type serve func(ctx context.Context) error

func (f serve) Serve(ctx context.Context) error { return f(ctx) }

func number(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// working makes progress each second, of one symbol as well.
func working(ctx context.Context) error {
	time.Sleep(300 * time.Millisecond) // it beats between two looks of the watch
	for {
		child := health.Child(ctx, "BTC/USDT")
		health.Expect(child, health.Limits{MaxSilence: 20 * time.Second})
		health.Observe(child, nil)
		health.Count(ctx, "looks", 1)
		health.Beat(ctx)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// troubled ends by a panic once, and then has something to say.
func troubled() serve {
	run := 0
	return func(ctx context.Context) error {
		if run++; run == 1 {
			panic("ouch")
		}
		health.Raise(ctx, health.Condition{Key: "unguarded/BTC/USDT", Verdict: health.Unhealthy, Text: "no stop-loss", Person: true})
		health.Raise(ctx, health.Condition{Key: "unguarded/ETH/USDT", Verdict: health.Unhealthy, Text: "no stop-loss", Person: true})
		health.Observe(ctx, errors.New("order v-0011 of /home/someone was refused"))
		health.Beat(ctx)
		health.Idle(ctx, time.Time{})
		<-ctx.Done()
		return ctx.Err()
	}
}

// tree serves services until the test ends.
func tree(t *testing.T, registry *health.Registry, services map[string]supervisor.Service) *supervisor.Supervisor {
	t.Helper()
	s, err := supervisor.New(supervisor.Config{Name: "trader", Registry: registry, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	for name, service := range services {
		require.NoError(t, s.Add(name, service, supervisor.Policy{
			Stall: 10 * time.Second, Backoff: supervisor.Backoff{Initial: 3 * time.Second, Max: 3 * time.Second},
		}))
	}
	require.NoError(t, s.Start(context.Background()))
	t.Cleanup(func() { require.NoError(t, s.Stop(context.Background())) })
	return s
}

// account is one with something of everything.
func account() engine.Status {
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	return engine.Status{
		At: at, Reconciled: true, ReduceOnly: true, Error: "the broker does not answer",
		Halt: book.Halt{Reason: "the day's loss", At: at.Add(-time.Hour), Seq: 7},
		Positions: []trading.Position{
			{Symbol: "BTC/USDT", Quantity: number("0.1"), Cost: number("9000")},
			{Symbol: "ETH/USDT", Quantity: number("-2"), Cost: number("-6000")},
		},
		Orders: []book.OrderState{{Status: trading.StatusOpen}, {Status: trading.StatusOpen}, {Status: trading.StatusUnknown}},
		Offers: []journal.SignalSeen{{SignalID: "s1"}},
		Counts: book.Counts{
			Signals: map[journal.Outcome]int{journal.OutcomeActed: 5, journal.OutcomeRefused: 2},
			Orders:  9, Rejected: 1, Fills: 6, ForeignFills: 1, Fees: number("12.5"), Realized: number("-40"),
			Moved: map[trading.CashKind]decimal.Decimal{trading.CashDeposit: number("500")},
		},
		Day:     journal.DayOpened{Day: "2026-11-28", Equity: number("10300")},
		Capital: number("10000"), Cash: number("7000"), Unrealized: number("50"), Equity: number("10100"),
		Unpriced: []string{"ETH/USDT"}, NeedPerson: []string{"v-0011"}, Differences: []string{"BTC: 1, not 2"},
		Unguarded: map[string]decimal.Decimal{"BTC/USDT": number("0.1")}, Orphaned: []string{"ETH/USDT"},
		Refusals: 2, Rejections: 1,
	}
}

func days() []book.Day {
	return []book.Day{
		{Day: "2026-11-26", Equity: decimal.NewNullDecimal(number("10200"))},
		{Day: "2026-11-27", Equity: decimal.NewNullDecimal(number("10800")), PaidIn: number("500")},
		{Day: "2026-11-28"},
	}
}

func generation() generator.Status {
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	return generator.Status{
		Paused: true, Cycles: 100, Overruns: 2, Bars: 400, Signals: 7, Errors: 3, LeftBehind: 1, Refused: 4, Conflicts: 1,
		NotEmitted: generator.NotEmitted{Threshold: 5, NoData: 6}, Faults: generator.DataFaults{Gaps: 1, Missing: 8},
		Symbols: []generator.SymbolStatus{
			{Symbol: "BTC/USDT", LastBar: at.Add(-time.Minute), DataAge: 1500 * time.Millisecond, LastSuccess: at, Bars: 300, Signals: 7},
			{Symbol: "ETH/USDT", Stale: true, Loading: true, ErrorRun: 3, Bars: 100, Pending: 2, BusySince: at.Add(-time.Second)},
		},
	}
}

// whole is a Config with everything, once all of it has something to tell. It is for a bubble.
func whole(t *testing.T) metrics.Config {
	t.Helper()
	registry := health.NewRegistry(health.Config{})
	s := tree(t, registry, map[string]supervisor.Service{
		"generator": serve(working), "engine": troubled(),
		"feed": serve(func(context.Context) error { return errors.New("no route to 10.0.0.1") }),
	})
	time.Sleep(10*time.Second + 500*time.Millisecond)
	synctest.Wait()
	return metrics.Config{
		Registry: registry, Tree: s, Account: func() (engine.Status, bool) { return account(), true },
		Generator: generation, Days: days, Room: func() error { return nil }, Mode: "paper", Version: "v1",
	}
}

// gather scrapes once, and holds the answer to all that a registry can find wrong with it.
func gather(t *testing.T, cfg metrics.Config) []*dto.MetricFamily {
	t.Helper()
	c, err := metrics.New(cfg)
	require.NoError(t, err)
	return scrape(t, c)
}

func scrape(t *testing.T, c prometheus.Collector) []*dto.MetricFamily {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(c))
	found, err := registry.Gather()
	require.NoError(t, err)
	return found
}

// exposition is an answer as Prometheus reads it.
func exposition(t *testing.T, families []*dto.MetricFamily) string {
	t.Helper()
	var out bytes.Buffer
	for _, family := range families {
		_, err := expfmt.MetricFamilyToText(&out, family)
		require.NoError(t, err)
	}
	return out.String()
}

// labelOf is the value of a label; "" where there is none.
func labelOf(m *dto.Metric, name string) string {
	for _, pair := range m.GetLabel() {
		if pair.GetName() == name {
			return pair.GetValue()
		}
	}
	return ""
}
