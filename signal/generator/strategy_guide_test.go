package generator_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
)

// Breakout holds what closes above its last N closes, and lets go of it below them.
type Breakout struct{ N int }

func (b Breakout) Spec() (signal.Spec, error) {
	if b.N < 2 {
		return signal.Spec{}, fmt.Errorf("breakout: N %d is below 2", b.N)
	}
	return signal.Spec{
		Name:   "breakout",
		Params: fmt.Sprintf("n=%d", b.N),
		New:    func() signal.Strategy { return &breakout{closes: make([]float64, b.N)} },
	}, nil
}

type breakout struct {
	closes []float64 // the last N, a ring
	seen   int
}

func (b *breakout) Warmup() int { return len(b.closes) + 1 }

func (b *breakout) OnBar(bar signal.Bar) (signal.Signal, bool) {
	high, low := b.closes[0], b.closes[0]
	for _, c := range b.closes {
		high, low = max(high, c), min(low, c)
	}
	b.closes[b.seen%len(b.closes)] = bar.Close
	b.seen++
	switch {
	case b.seen < b.Warmup():
		return signal.Signal{}, false
	case bar.Close > high: // the further above, in terms of the range, the surer
		return signal.Signal{Direction: signal.Long, Confidence: (bar.Close - high) / (bar.Close - low)}, true
	case bar.Close < low:
		return signal.Signal{Direction: signal.Flat, Confidence: 1}, true
	}
	return signal.Signal{}, false
}

func Example_strategy() {
	spec, err := Breakout{N: 3}.Spec()
	if err != nil {
		fmt.Println(err)
		return
	}
	store := signal.NewMemory(0)
	g, err := generator.New(generator.Config{
		Source:   prices{10, 12, 11, 11, 14, 13, 10},
		Specs:    []signal.Spec{spec},
		Store:    store,
		Symbols:  []string{"BTC/USDT"},
		Interval: time.Minute,
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	g.Cycle(context.Background(), time.Date(2026, 1, 1, 12, 1, 0, 0, time.UTC))
	signals, _ := store.After(context.Background(), 0, 10)
	for _, s := range signals {
		fmt.Printf("%s at %g: %s, confidence %.2f\n", s.BarTime.Format("15:04"), s.Price, s.Direction, s.Confidence)
	}
	// Output:
	// 12:04 at 14: long, confidence 0.67
	// 12:06 at 10: flat, confidence 1.00
}

// TestGuidesCodeIsThisFiles keeps the guide compiled.
func TestGuidesCodeIsThisFiles(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/guides/write-a-strategy.md")
	require.NoError(t, err)
	code, err := os.ReadFile("strategy_guide_test.go")
	require.NoError(t, err)
	blocks := strings.Split(string(guide), "```go\n")[1:]
	require.Len(t, blocks, 2)
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		require.Contains(t, string(code), block)
	}
}
