package feed_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
)

// minute is a bar of the n-th minute after noon.
func minute(symbol string, n int) signal.Bar {
	p := 100 + float64(n)
	return signal.Bar{
		Symbol: symbol, Time: noon.Add(time.Duration(n) * time.Minute), Interval: time.Minute,
		Open: p, High: p + 1, Low: p - 1, Close: p, Volume: 1,
	}
}

func TestTapeKeepsTheLastBars(t *testing.T) {
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

func TestTapeRefusesWhatCannotBe(t *testing.T) {
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

func TestTapeKnowsItsSymbols(t *testing.T) {
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

func TestTapeIsReadWhileItIsWritten(t *testing.T) {
	t.Parallel()
	tape, err := feed.NewTape(10, btc)
	require.NoError(t, err)
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			var after time.Time
			for after.Before(minute(btc, 499).Time) {
				batch, err := tape.Bars(context.Background(), btc, after, 100)
				if err != nil {
					t.Error(err)
					return
				}
				for _, b := range batch.Bars {
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

// A bar that is pushed becomes a signal at once, and not at the next cycle.
func TestTapeWakesAGenerator(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tape, err := feed.NewTape(50, btc, eth)
		require.NoError(t, err)
		store := signal.NewMemory(0)
		spec, err := strategy.EMACross{Fast: 2, Slow: 3}.Spec()
		require.NoError(t, err)
		const cycle = 24 * time.Hour // so that nothing comes from a cycle
		g, err := generator.New(generator.Config{
			Source: tape, Specs: []signal.Spec{spec}, Store: store, Symbols: []string{btc, eth},
			Interval: time.Minute, Cycle: cycle, Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- g.Serve(ctx) }()
		time.Sleep(cycle / 50) // a wake-up begins a cycle no sooner than a hundredth of one after the last

		begun, closes := time.Now().UTC(), []float64{9, 8, 7, 6, 9, 12}
		for i, c := range closes {
			time.Sleep(cycle / 50)
			bar := minute(btc, 0)
			bar.Time = begun.Add(time.Duration(i)*cycle/50 - time.Minute)
			bar.Open, bar.High, bar.Low, bar.Close = c, c, c, c
			require.NoError(t, tape.Push(bar))
			synctest.Wait()
			require.Equal(t, i+1, g.Status().Bars)
		}
		found, err := store.Latest(t.Context(), signal.Query{})
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.Equal(t, begun.Add(5*cycle/50), found[0].CreatedAt, "when the fifth bar was pushed")
		stop()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

func TestPushWakesWhoAskedBefore(t *testing.T) {
	t.Parallel()
	tape, err := feed.NewTape(5, btc)
	require.NoError(t, err)
	woken := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	for n := range 3 {
		first, second := tape.Wake(), tape.Wake()
		require.False(t, woken(first))
		if n > 0 {
			require.Error(t, tape.Push(minute(btc, n-1)), "what is refused is no news")
		}
		require.False(t, woken(first))
		require.NoError(t, tape.Push(minute(btc, n)))
		require.True(t, woken(first) && woken(second))
	}
}
