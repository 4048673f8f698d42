package metrics_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/metrics"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// BenchmarkScrape is all that a registry does for one scrape, but for writing it: of this collector, with 20 services and 50
// symbols; of vectors of client_golang's own that hold as many series, and cost their part with each change besides; and of
// its collector of Go's run time.
func BenchmarkScrape(b *testing.B) {
	cfg := metrics.Config{
		Registry: health.NewRegistry(health.Config{}), Generator: manySymbols(50), Days: days, Room: func() error { return nil },
		Account: func() (engine.Status, bool) { return account(), true },
	}
	cfg.Tree = manyServices(b, cfg.Registry, 20)
	collector, err := metrics.New(cfg)
	require.NoError(b, err)
	for _, c := range []struct {
		name      string
		collector []prometheus.Collector
	}{
		{"collector", []prometheus.Collector{collector}},
		{"vectors", vectors(b, collector)},
		{"go_runtime", []prometheus.Collector{collectors.NewGoCollector()}},
	} {
		b.Run(c.name, func(b *testing.B) {
			registry := prometheus.NewRegistry()
			registry.MustRegister(c.collector...)
			found, err := registry.Gather()
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = registry.Gather()
			}
			b.ReportMetric(float64(series(found)), "series")
		})
	}
}

func series(families []*dto.MetricFamily) (n int) {
	for _, family := range families {
		n += len(family.GetMetric())
	}
	return n
}

// vectors holds what a collector tells as gauges that somebody has set.
func vectors(b *testing.B, of prometheus.Collector) (all []prometheus.Collector) {
	b.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(of)
	found, err := registry.Gather()
	require.NoError(b, err)
	for _, family := range found {
		var names []string
		for _, pair := range family.GetMetric()[0].GetLabel() {
			names = append(names, pair.GetName())
		}
		vector := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: family.GetName(), Help: family.GetHelp()}, names)
		for _, m := range family.GetMetric() {
			labels := make(prometheus.Labels)
			for _, pair := range m.GetLabel() {
				labels[pair.GetName()] = pair.GetValue()
			}
			vector.With(labels).Set(1)
		}
		all = append(all, vector)
	}
	return all
}

func manySymbols(n int) func() generator.Status {
	symbols := make([]generator.SymbolStatus, n)
	for i := range symbols {
		symbols[i] = generation().Symbols[0]
		symbols[i].Symbol = fmt.Sprintf("S%d/USDT", i)
	}
	return func() generator.Status { return generator.Status{Symbols: symbols} }
}

func manyServices(b *testing.B, registry *health.Registry, n int) *supervisor.Supervisor {
	b.Helper()
	tree, err := supervisor.New(supervisor.Config{Name: "trader", Registry: registry, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	for i := range n {
		require.NoError(b, tree.Add(fmt.Sprintf("service%d", i), serve(func(ctx context.Context) error {
			health.Observe(ctx, nil)
			health.Expect(health.Child(ctx, "part"), health.Limits{MaxSilence: 1 << 40})
			<-ctx.Done()
			return ctx.Err()
		}), supervisor.Policy{}))
	}
	require.NoError(b, tree.Start(context.Background()))
	b.Cleanup(func() { _ = tree.Stop(context.Background()) })
	return tree
}
