package generator_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// BenchmarkCycle is the Generator's own cost: the source answers at once and the strategy does nothing.
func BenchmarkCycle(b *testing.B) {
	for _, symbols := range []int{3, 1000} {
		for _, bars := range []int{0, 1} {
			b.Run(fmt.Sprintf("symbols=%d/bars=%d", symbols, bars), func(b *testing.B) { benchmarkCycle(b, symbols, bars) })
		}
	}
}

func benchmarkCycle(b *testing.B, symbols, bars int) {
	now := origin
	cfg := replayConfig(signal.NewMemory(1000), &now)
	cfg.Source, cfg.Concurrency = oneMore{&now}, 4
	cfg.Specs = []signal.Spec{spec("none", func() signal.Strategy {
		return each(func(signal.Bar) (signal.Signal, bool) { return signal.Signal{}, false })
	})}
	cfg.Symbols = nil
	for i := range symbols {
		cfg.Symbols = append(cfg.Symbols, fmt.Sprint("S", i))
	}
	g := newGenerator(b, cfg)
	require.Empty(b, g.Cycle(b.Context(), now).Errors)
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Duration(bars) * time.Minute)
		if r := g.Cycle(b.Context(), now); len(r.Errors) > 0 || r.Bars != bars*symbols {
			b.Fatal(r)
		}
	}
}

// oneMore has the bar that has just closed.
type oneMore struct{ now *time.Time }

func (s oneMore) Bars(_ context.Context, symbol string, after time.Time, _ int) (signal.Batch, error) {
	at := s.now.Add(-time.Minute)
	if !at.After(after) {
		return signal.Batch{}, nil
	}
	bars := []signal.Bar{{Symbol: symbol, Time: at, Interval: time.Minute, Open: 1, High: 1, Low: 1, Close: 1}}
	return signal.Batch{Bars: bars}, nil
}
