package generator_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
)

// market is a Source whose bars are a function of symbol and time: what was asked before, and when, changes nothing.
type market struct {
	clock    health.Clock
	interval time.Duration
}

func (m market) Bars(_ context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	var bars []signal.Bar
	for at := after.Truncate(m.interval).Add(m.interval).UTC(); len(bars) < limit; at = at.Add(m.interval) {
		b := m.bar(symbol, at)
		if b.End().After(m.clock.Now()) {
			break
		}
		bars = append(bars, b)
	}
	return signal.Batch{Bars: bars}, nil
}

func (m market) bar(symbol string, at time.Time) signal.Bar {
	price := func(at time.Time) float64 {
		h := uint64(at.Unix())
		for _, c := range []byte(symbol) {
			h = (h + uint64(c)) * 0x9e3779b97f4a7c15
		}
		return 100 + float64(h>>32%1000)/100
	}
	open, end := price(at), price(at.Add(m.interval))
	return signal.Bar{Symbol: symbol, Time: at, Interval: m.interval, Open: open, Close: end,
		High: max(open, end) + 1, Low: min(open, end) - 1, Volume: 7}
}

// turns is a strategy with a short memory: it says long where the last three closes rose and short where they fell.
type turns struct{ closes []float64 }

func (*turns) Warmup() int { return 3 }

func (s *turns) OnBar(b signal.Bar) (signal.Signal, bool) {
	s.closes = append(s.closes, b.Close)
	if len(s.closes) < 3 {
		return signal.Signal{}, false
	}
	s.closes = s.closes[len(s.closes)-3:]
	c := s.closes
	switch {
	case c[0] < c[1] && c[1] < c[2]:
		return signal.Signal{Direction: signal.Long, Confidence: (c[2] - c[0]) / c[2]}, true
	case c[0] > c[1] && c[1] > c[2]:
		return signal.Signal{Direction: signal.Short, Confidence: (c[0] - c[2]) / c[0]}, true
	}
	return signal.Signal{}, false
}

// each is a strategy that does the same on every bar.
type each func(signal.Bar) (signal.Signal, bool)

func (each) Warmup() int                                { return 1 }
func (f each) OnBar(b signal.Bar) (signal.Signal, bool) { return f(b) }
func spec(name string, value func() signal.Strategy) signal.Spec {
	return signal.Spec{Name: name, New: value}
}

func turnsSpec() signal.Spec { return spec("turns", func() signal.Strategy { return &turns{} }) }

// always is the spec of a strategy that gives the same signal on each bar.
func always(s signal.Signal) signal.Spec {
	return spec("always", func() signal.Strategy {
		return each(func(signal.Bar) (signal.Signal, bool) { return s, true })
	})
}

// still is a clock that somebody else moves, and on which no wait ever ends.
type still struct{ now *time.Time }

func (c still) Now() time.Time                     { return *c.now }
func (still) After(time.Duration) <-chan time.Time { return nil }

// logbook keeps what is logged, a line for each record: level, message and attributes without stack and duration.
type logbook struct {
	mu    sync.Mutex // guards lines
	lines []string
}

func (b *logbook) logger(level slog.Level) *slog.Logger {
	without := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "stack" {
			return slog.Attr{}
		}
		return a
	}
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: level, ReplaceAttr: without}))
}

func (b *logbook) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, strings.TrimSpace(string(line)))
	return len(line), nil
}

// with returns the lines that contain text.
func (b *logbook) with(text string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.lines), func(line string) bool { return !strings.Contains(line, text) })
}

// config is a Generator of one symbol on one-minute bars, for a test to change.
func config(store signal.Store) generator.Config {
	clk := clock.New() // the bubble's, in a bubble
	return generator.Config{
		Source: market{clock: clk, interval: time.Minute}, Specs: []signal.Spec{turnsSpec()}, Store: store,
		Symbols: []string{"BTC"}, Interval: time.Minute, Cycle: 5 * time.Second, Clock: clk,
		Logger: slog.New(slog.DiscardHandler),
	}
}

func newGenerator(t require.TestingT, cfg generator.Config) *generator.Generator {
	g, err := generator.New(cfg)
	require.NoError(t, err)
	return g
}

// serve runs g until the returned function is called, which waits for its end.
func serve(t *testing.T, g *generator.Generator) (stop func()) {
	return serveIn(t, t.Context(), g)
}

func serveIn(t *testing.T, ctx context.Context, g interface{ Serve(context.Context) error }) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- g.Serve(ctx) }()
	return func() {
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
	}
}

// stored returns the store's signals without what a later production of the same may change.
func stored(t require.TestingT, store signal.Store, symbol string) []signal.Signal {
	all, err := store.After(context.Background(), 0, 1_000_000)
	require.NoError(t, err)
	all = slices.DeleteFunc(all, func(s signal.Signal) bool { return symbol != "" && s.Symbol != symbol })
	for i := range all {
		all[i].Seq, all[i].CreatedAt = 0, time.Time{}
	}
	return all
}
