package assemble_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/assemble"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
)

func TestRecentBarsKeepTheNewestThatAreOver(t *testing.T) {
	t.Parallel()
	clock := feed.NewReplayClock(noon)
	recent := assemble.NewRecentBars(clock)
	for i := range 1203 {
		clock.Set(bar(time.Duration(i) * time.Minute).End())
		recent.Add(bar(time.Duration(i) * time.Minute))
	}
	impossible := bar(1203 * time.Minute)
	impossible.Low = 70
	recent.Add(impossible)
	recent.Add(bar(2000 * time.Minute)) // under way
	recent.Add(bar(time.Minute))        // long known
	kept := recent.Of(coin)
	require.Len(t, kept, 500)
	require.Equal(t, bar(703*time.Minute), kept[0])
	require.Equal(t, bar(1202*time.Minute), kept[499])
	require.Empty(t, recent.Of("ETH/USDT"))
}

// A generator that goes on from a stored state asks for what is new only.
func TestRecentBarsAskOnceForThoseOfBefore(t *testing.T) {
	t.Parallel()
	tape, err := feed.NewTape(1000, coin)
	require.NoError(t, err)
	for i := range 700 {
		require.NoError(t, tape.Push(bar(time.Duration(i)*time.Minute)))
	}
	recent := assemble.NewRecentBars(feed.NewReplayClock(noon.Add(24 * time.Hour)))
	source := recent.From(tape, time.Minute)
	_, wakes := source.(signal.Waker)
	require.True(t, wakes, "as the source does")
	batch, err := source.Bars(t.Context(), coin, noon.Add(698*time.Minute), 10)
	require.NoError(t, err)
	require.Equal(t, []signal.Bar{bar(699 * time.Minute)}, batch.Bars)
	require.Len(t, recent.Of(coin), 500)
	require.Equal(t, bar(699*time.Minute), recent.Of(coin)[499])

	counted := &counting{Source: tape}
	source = recent.From(counted, time.Minute)
	_, err = source.Bars(t.Context(), coin, noon, 1)
	require.NoError(t, err)
	require.Equal(t, 1, counted.asked)
}

type counting struct {
	signal.Source
	asked int
}

func (c *counting) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	c.asked++
	return c.Source.Bars(ctx, symbol, after, limit)
}
