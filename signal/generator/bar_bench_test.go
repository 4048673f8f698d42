package generator_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/indicator"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
)

// walk is a Source whose closes are a random walk, the same each time. It answers into one page.
type walk struct {
	closes []float64
	page   []signal.Bar
	now    *time.Time
}

func newWalk(now *time.Time) *walk {
	w := &walk{closes: make([]float64, 1<<16), page: make([]signal.Bar, 1000), now: now}
	random, price := rand.New(rand.NewPCG(1, 2)), 100.0
	for i := range w.closes {
		price *= math.Exp(0.001 * random.NormFloat64())
		w.closes[i] = price
	}
	for i := range w.page {
		w.page[i] = signal.Bar{Symbol: "BTC", Interval: time.Minute, Volume: 1}
	}
	return w
}

func (w *walk) Bars(_ context.Context, _ string, after time.Time, limit int) (signal.Batch, error) {
	at := after.Truncate(time.Minute).Add(time.Minute)
	n := min(limit, len(w.page), int(w.now.Sub(at)/time.Minute))
	if n <= 0 {
		return signal.Batch{}, nil
	}
	i := int(at.Unix() / 60)
	for j := range n {
		b := &w.page[j]
		open, end := w.closes[(i+j)%len(w.closes)], w.closes[(i+j+1)%len(w.closes)]
		b.Time = at.Add(time.Duration(j) * time.Minute)
		b.Open, b.High, b.Low, b.Close = open, max(open, end), min(open, end), end
	}
	return signal.Batch{Bars: w.page[:n]}, nil
}

// BenchmarkBarToSignal is the whole way in memory, of one symbol with one EMA cross of 8 and 21: source, checks, strategy,
// store. An operation is a cycle of about ten thousand bars; -benchtime=10x and 1000x are 10^5 and 10^7 of them.
func BenchmarkBarToSignal(b *testing.B) {
	cross, err := strategy.EMACross{Fast: 8, Slow: 21}.Spec()
	require.NoError(b, err)
	now := origin
	cfg := replayConfig(signal.NewMemory(0), &now)
	cfg.Source, cfg.Specs, cfg.Symbols = newWalk(&now), []signal.Spec{cross}, []string{"BTC"}
	cfg.Logger = slog.New(slog.DiscardHandler)
	g := newGenerator(b, cfg)
	require.Empty(b, g.Cycle(b.Context(), now).Errors)
	bars, signals := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(9990 * time.Minute)
		r := g.Cycle(b.Context(), now)
		if len(r.Errors) > 0 {
			b.Fatal(r.Errors)
		}
		bars, signals = bars+r.Bars, signals+r.Signals
	}
	b.ReportMetric(float64(bars)/b.Elapsed().Seconds(), "bars/s")
	b.ReportMetric(float64(signals)/float64(bars)*1e3, "signals/kbar")
}

// tenIndicators is a strategy that turns ten indicators at each bar.
type tenIndicators struct{ update []func(signal.Bar) }

func (*tenIndicators) Warmup() int { return 1 }

func (s *tenIndicators) OnBar(b signal.Bar) (signal.Signal, bool) {
	for _, update := range s.update {
		update(b)
	}
	return signal.Signal{}, false
}

func newTenIndicators(tb testing.TB) *tenIndicators {
	s := &tenIndicators{}
	for _, n := range []int{8, 13, 21, 34, 55} {
		ema, err := indicator.NewEMA(n)
		require.NoError(tb, err)
		rsi, err := indicator.NewRSI(n)
		require.NoError(tb, err)
		s.update = append(s.update, func(b signal.Bar) { ema.Update(b.Close) }, func(b signal.Bar) { rsi.Update(b.Close) })
	}
	return s
}

// BenchmarkThousandSymbols is a cycle in which each of a thousand symbols has a new bar for ten indicators.
func BenchmarkThousandSymbols(b *testing.B) {
	for _, concurrency := range []int{1, 4} {
		b.Run(fmt.Sprintf("concurrency=%d", concurrency), func(b *testing.B) {
			now := origin
			cfg := replayConfig(signal.NewMemory(0), &now)
			cfg.Source, cfg.Concurrency, cfg.Symbols = oneMore{&now}, concurrency, nil
			cfg.Specs = []signal.Spec{spec("ten", func() signal.Strategy { return newTenIndicators(b) })}
			for i := range 1000 {
				cfg.Symbols = append(cfg.Symbols, fmt.Sprint("S", i))
			}
			g := newGenerator(b, cfg)
			require.Empty(b, g.Cycle(b.Context(), now).Errors)
			b.ReportAllocs()
			for b.Loop() {
				now = now.Add(time.Minute)
				if r := g.Cycle(b.Context(), now); len(r.Errors) > 0 || r.Bars != 1000 {
					b.Fatal(r)
				}
			}
		})
	}
}
