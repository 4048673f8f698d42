package generator_test

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"sort"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
)

// The whole month takes a minute under the race detector: go test -run Month -month .
var wholeMonth = flag.Bool("month", false, "cut the month of real minutes at every bar, not only those of two days")

// past is a Source of the bars of a file, as far as the clock has come.
type past struct {
	bars []signal.Bar
	now  *time.Time
}

func (m past) Bars(_ context.Context, _ string, after time.Time, limit int) (signal.Batch, error) {
	first := sort.Search(len(m.bars), func(i int) bool { return m.bars[i].Time.After(after) })
	end := first
	for end < len(m.bars) && end < first+limit && !m.bars[end].End().After(*m.now) {
		end++
	}
	return signal.Batch{Bars: m.bars[first:end]}, nil
}

// readReal reads a file of real market data, which lies beside the repository and is not a part of it.
func readReal(t *testing.T, name string, opt candle.Config) ([]signal.Bar, candle.Report) {
	path := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("there is no real market data here: %v", err)
	}
	opt.Symbol = "BTC"
	candles, err := candle.Open(path, opt)
	require.NoError(t, err)
	defer func() { require.NoError(t, candles.Close()) }()
	var bars []signal.Bar
	for {
		bar, err := candles.Next()
		if errors.Is(err, io.EOF) {
			return bars, candles.Report()
		}
		require.NoError(t, err)
		bars = append(bars, bar)
	}
}

// realSpecs are strategies as they are run: with states, in a vote of which the parts are told, and one without a state,
// which is warmed up from history each time.
func realSpecs(t *testing.T) []signal.Spec {
	var specs []signal.Spec
	add := func(spec signal.Spec, err error) signal.Spec {
		require.NoError(t, err)
		specs = append(specs, spec)
		return spec
	}
	cross := add(strategy.EMACross{Fast: 3, Slow: 8}.Spec())
	rsi := add(strategy.RSIReversion{Period: 7}.Spec())
	add(strategy.Vote{Members: []strategy.Member{{Spec: cross, Weight: 2}, {Spec: rsi}}}.Spec())
	return append(specs, averageSpec(), turnsSpec())
}

// Real minutes, once in one run and once with a new Generator for every bar: the same signals to the last digit, in the
// same order and at the same times.
func TestMonthThatIsCutAtEveryBar(t *testing.T) {
	t.Parallel()
	bars, _ := readReal(t, "btc-perp_1m_2022-01.csv.gz", candle.Config{})
	require.Len(t, bars, 45_031)
	if !*wholeMonth {
		bars = bars[:2*24*60]
	}
	specs := realSpecs(t)
	run := func(cut bool) []signal.Signal {
		now, store := bars[0].End(), signal.NewMemory(len(specs)*len(bars))
		cfg := replayConfig(store, &now)
		cfg.Source, cfg.Symbols, cfg.States, cfg.Specs = past{bars, &now}, []string{"BTC"}, store, specs
		g := newGenerator(t, cfg)
		for _, bar := range bars {
			now = bar.End()
			require.Empty(t, g.Cycle(t.Context(), now).Errors)
			if cut {
				g = newGenerator(t, cfg)
			}
		}
		all, err := store.After(t.Context(), 0, len(specs)*len(bars))
		require.NoError(t, err)
		return all
	}
	want, got := run(false), run(true)
	said := make(map[string]int)
	for _, s := range want {
		said[s.Strategy]++
	}
	for _, spec := range specs {
		require.Greater(t, said[spec.Name], len(bars)/100, spec.Name)
	}
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, want[i], got[i])
	}
}

// What a strategy sees of a file with gaps and duplicates, through the Generator: each bar of the file once, in the order
// of time, and nothing where the file has nothing. Each gap is counted, with what is missing in it.
func TestStrategySeesRealHoursWithGapsAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"btcusdt_1h_gaps.csv", "ethusdt_1h_gaps.csv"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bars, report := readReal(t, name, candle.Config{
				Policy: candle.Skip, Columns: "timestamp,open,close,low,high,volume",
			})
			require.Equal(t, []int{7, 12, 5}, []int{report.Gaps, report.Missing, report.Duplicates})
			now := bars[0].End()
			var seen []signal.Bar
			cfg := replayConfig(signal.NewMemory(0), &now)
			cfg.Source, cfg.Symbols, cfg.Interval = past{bars, &now}, []string{"BTC"}, time.Hour
			cfg.Specs = []signal.Spec{spec("looks", func() signal.Strategy {
				return each(func(b signal.Bar) (signal.Signal, bool) {
					seen = append(seen, b)
					return signal.Signal{}, false
				})
			})}
			g := newGenerator(t, cfg)
			for !now.After(report.Last.Add(time.Hour)) {
				require.Empty(t, g.Cycle(t.Context(), now).Errors)
				now = now.Add(30 * time.Minute)
			}
			require.Equal(t, bars, seen)
			require.Equal(t, generator.DataFaults{Gaps: 7, Missing: 12}, g.Status().Faults)
		})
	}
}
