package signal_test

import (
	"context"
	"os"
	"path/filepath"
	"sort"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
)

// month is a Source of the bars of a file, as far as the clock has come.
type month struct {
	bars []signal.Bar
	now  *time.Time
}

func (m month) Bars(_ context.Context, _ string, after time.Time, limit int) ([]signal.Bar, error) {
	first := sort.Search(len(m.bars), func(i int) bool { return m.bars[i].Time.After(after) })
	end := first
	for end < len(m.bars) && end < first+limit && !m.bars[end].End().After(*m.now) {
		end++
	}
	return m.bars[first:end], nil
}

// readMonth reads a month of real minutes, which lies beside the repository and is not a part of it.
func readMonth(t *testing.T) []signal.Bar {
	path := filepath.Join("..", "..", "shared", "data", "btc-perp_1m_2022-01.csv.gz")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("there is no real market data here: %v", err)
	}
	candles, err := feed.OpenCandles(path, feed.CandleOptions{Symbol: "BTC"})
	require.NoError(t, err)
	defer func() { require.NoError(t, candles.Close()) }()
	var bars []signal.Bar
	for {
		bar, err := candles.Next()
		if err != nil {
			break
		}
		bars = append(bars, bar)
	}
	require.Greater(t, len(bars), 40_000)
	return bars
}

// A month of real minutes, once in one run and once with a new Generator for every bar: the same signals to the last
// digit, in the same order and at the same times.
func TestAMonthThatIsCutAtEveryBar(t *testing.T) {
	t.Parallel()
	bars := readMonth(t)
	run := func(cut bool) []signal.Signal {
		now, store := bars[0].End(), signal.NewMemory(3*len(bars))
		cfg := replayConfig(store, &now)
		cfg.Source, cfg.Symbols, cfg.States = month{bars, &now}, []string{"BTC"}, store
		cfg.Specs = []signal.Spec{averageSpec(), turnsSpec()} // one with a state, one that is warmed up each time
		g := generator(t, cfg)
		for _, bar := range bars {
			now = bar.End()
			require.Empty(t, g.Cycle(t.Context(), now).Errors)
			if cut {
				g = generator(t, cfg)
			}
		}
		all, err := store.After(t.Context(), 0, 3*len(bars))
		require.NoError(t, err)
		return all
	}
	want, got := run(false), run(true)
	require.Greater(t, len(want), len(bars))
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, want[i], got[i])
	}
}
