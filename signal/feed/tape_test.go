package feed_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
)

// minute is a bar of the n-th minute after noon.
func minute(symbol string, n int) signal.Bar {
	p := 100 + float64(n)
	return signal.Bar{
		Symbol: symbol, Time: noon.Add(time.Duration(n) * time.Minute), Interval: time.Minute,
		Open: p, High: p + 1, Low: p - 1, Close: p, Volume: 1,
	}
}

func TestATapeKeepsTheLastBars(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 9).Draw(t, "size")
		tape, err := feed.NewTape(size, btc)
		require.NoError(t, err)
		var all []signal.Bar
		n := 0
		for range rapid.IntRange(0, 40).Draw(t, "pushed") {
			n += rapid.IntRange(1, 3).Draw(t, "step")
			all = append(all, minute(btc, n))
			require.NoError(t, tape.Push(minute(btc, n)))
			require.NoError(t, tape.Push(minute(eth, n)), "another symbol has a reel of its own")
		}
		kept := all[max(0, len(all)-size):]
		after := noon.Add(time.Duration(rapid.IntRange(-30, 130*60).Draw(t, "after")) * time.Second)
		limit := rapid.IntRange(0, 12).Draw(t, "limit")
		var want []signal.Bar
		for _, b := range kept {
			if b.Time.After(after) && len(want) < limit {
				want = append(want, b)
			}
		}
		require.Equal(t, want, barsOf(t, tape, btc, after, limit))
	})
}

func TestATapeRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	_, err := feed.NewTape(0)
	require.ErrorContains(t, err, "a tape of 0 bars")

	tape, err := feed.NewTape(5)
	require.NoError(t, err)
	require.NoError(t, tape.Push(minute(btc, 3)))
	broken, wider := minute(btc, 4), minute(btc, 4)
	broken.High = 1
	wider.Interval = time.Hour
	for name, c := range map[string]struct {
		bar  signal.Bar
		want string
	}{
		"the same bar again":      {minute(btc, 3), "at 2024-06-03T12:03:00Z is not later than the last one"},
		"an older bar":            {minute(btc, 2), "is not later than the last one, at 2024-06-03T12:03:00Z"},
		"a bar that is not valid": {broken, "12:04:00Z: high 1 is below"},
		"another interval":        {wider, "is of 1h0m0s, those before of 1m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorContains(t, tape.Push(c.bar), c.want)
			require.Len(t, barsOf(t, tape, btc, time.Time{}, 9), 1)
		})
	}
}

func TestATapeKnowsItsSymbols(t *testing.T) {
	t.Parallel()
	tape, err := feed.NewTape(5, btc)
	require.NoError(t, err)
	require.Empty(t, barsOf(t, tape, btc, time.Time{}, 9), "named, and no bars yet")
	_, err = tape.Bars(t.Context(), eth, time.Time{}, 9)
	require.ErrorIs(t, err, signal.ErrUnknownSymbol)
	require.ErrorContains(t, err, eth)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = tape.Bars(ctx, btc, time.Time{}, 9)
	require.ErrorIs(t, err, context.Canceled)
}

func TestATapeIsReadWhileItIsWritten(t *testing.T) {
	t.Parallel()
	tape, err := feed.NewTape(10, btc)
	require.NoError(t, err)
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			var after time.Time
			for after.Before(minute(btc, 499).Time) {
				bars, err := tape.Bars(context.Background(), btc, after, 100)
				if err != nil {
					t.Error(err)
					return
				}
				for _, b := range bars {
					if !b.Time.After(after) {
						t.Errorf("%s came after %s", b.Time, after)
					}
					after = b.Time
				}
			}
		})
	}
	for n := range 500 {
		require.NoError(t, tape.Push(minute(btc, n)))
	}
	readers.Wait()
}
