package feed_test

import (
	"context"
	"flag"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
)

const (
	btc = "BTC/USDT:USDT"
	eth = "ETH/USDT:USDT"
	sol = "SOL/USDT:USDT"
)

// frozen is a clock that stands still.
type frozen time.Time

func (f frozen) Now() time.Time { return time.Time(f) }

var noon = time.Date(2024, 6, 3, 12, 0, 0, 0, time.UTC)

func newSynthetic(t require.TestingT, seed uint64, interval time.Duration, now time.Time) *feed.Synthetic {
	s, err := feed.NewSynthetic(feed.SyntheticConfig{
		Seed: seed, Symbols: []string{btc, eth, sol, "ABC/EUR"}, Interval: interval, Clock: frozen(now),
	})
	require.NoError(t, err)
	return s
}

func barsOf(t require.TestingT, s signal.Source, symbol string, after time.Time, limit int) []signal.Bar {
	batch, err := s.Bars(context.Background(), symbol, after, limit)
	require.NoError(t, err)
	return batch.Bars
}

func TestSyntheticRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	good := feed.SyntheticConfig{Symbols: []string{btc}, Interval: time.Second}
	for name, c := range map[string]struct {
		change func(*feed.SyntheticConfig)
		want   string
	}{
		"no interval":         {func(c *feed.SyntheticConfig) { c.Interval = 0 }, "Interval 0s is not above zero"},
		"a negative interval": {func(c *feed.SyntheticConfig) { c.Interval = -time.Second }, "Interval -1s"},
		"no symbols":          {func(c *feed.SyntheticConfig) { c.Symbols = nil }, "Symbols is empty"},
		"a symbol twice":      {func(c *feed.SyntheticConfig) { c.Symbols = []string{btc, eth, btc} }, btc + " is there twice"},
		"a bad symbol":        {func(c *feed.SyntheticConfig) { c.Symbols = []string{"BTCUSDT"} }, `symbol "BTCUSDT" is not of the form`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := good
			c.change(&cfg)
			_, err := feed.NewSynthetic(cfg)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestUnknownSymbolIsSaidSo(t *testing.T) {
	t.Parallel()
	s := newSynthetic(t, 1, time.Minute, noon)
	_, err := s.Bars(t.Context(), "XRP/USDT", noon.Add(-time.Hour), 1)
	require.ErrorIs(t, err, signal.ErrUnknownSymbol)
	require.ErrorContains(t, err, "XRP/USDT")
	_, ok := s.Price("XRP/USDT")
	require.False(t, ok)
	_, ok = s.Tick("XRP/USDT")
	require.False(t, ok)
}

func TestWhichBarsThereAre(t *testing.T) {
	t.Parallel()
	at := func(h, m, s int) time.Time { return time.Date(2024, 6, 3, h, m, s, 0, time.UTC) }
	for name, c := range map[string]struct {
		now, after time.Time
		limit      int
		want       []time.Time // their opens
	}{
		"the last minute of which has just ended":  {at(12, 3, 0), at(12, 0, 0), 9, []time.Time{at(12, 1, 0), at(12, 2, 0)}},
		"one that is not over yet is left out":     {at(12, 2, 59), at(12, 0, 0), 9, []time.Time{at(12, 1, 0)}},
		"after a time within a bar comes the next": {at(12, 3, 0), at(12, 0, 30), 9, []time.Time{at(12, 1, 0), at(12, 2, 0)}},
		"the first ones, where there are too many": {at(12, 9, 0), at(12, 0, 0), 2, []time.Time{at(12, 1, 0), at(12, 2, 0)}},
		"none yet":                                  {at(12, 1, 59), at(12, 0, 0), 9, nil},
		"none in the future":                        {at(12, 0, 0), at(13, 0, 0), 9, nil},
		"none for a limit of none":                  {at(12, 9, 0), at(12, 0, 0), 0, nil},
		"in another zone it is the same moment":     {at(12, 2, 0), at(12, 0, 0).In(time.FixedZone("", 3600)), 9, []time.Time{at(12, 1, 0)}},
		"the zero time asks for the first of all":   {at(12, 0, 0), time.Time{}, 1, []time.Time{time.Date(1900, 1, 1, 0, 1, 0, 0, time.UTC)}},
		"and so does what is before the market was": {at(12, 0, 0), time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), 1, []time.Time{time.Date(1900, 1, 1, 0, 1, 0, 0, time.UTC)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []time.Time
			for _, b := range barsOf(t, newSynthetic(t, 1, time.Minute, c.now), btc, c.after, c.limit) {
				got = append(got, b.Time)
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestPastStaysAsItWas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		interval := time.Duration(rapid.IntRange(1, 100_000_000).Draw(t, "interval")) * time.Millisecond
		symbol := rapid.SampledFrom([]string{btc, eth, sol, "ABC/EUR"}).Draw(t, "symbol")
		after := time.Unix(rapid.Int64Range(-1e9, 4e9).Draw(t, "after"), 0)
		now := after.Add(30 * interval)

		whole := barsOf(t, newSynthetic(t, seed, interval, now), symbol, after, 20)
		require.Len(t, whole, 20)
		later := newSynthetic(t, seed, interval, now.Add(1000*time.Hour)) // another process, long after
		for i := len(whole) - 1; i >= 0; i-- {
			require.NoError(t, whole[i].Validate())
			alone := barsOf(t, later, symbol, whole[i].Time.Add(-1), 1)
			require.Equal(t, whole[i:i+1], alone, "the same bar, asked for alone and last to first")
			if i > 0 {
				require.Equal(t, whole[i-1].Close, whole[i].Open)
				require.Equal(t, whole[i-1].End(), whole[i].Time)
			}
		}
		quote, ok := newSynthetic(t, seed, interval, whole[19].End()).Price(symbol)
		require.True(t, ok)
		require.Equal(t, whole[19].Close, quote, "a bar closes at the quote of that moment")
	})
}

func TestSeedsAndSymbolsDiffer(t *testing.T) {
	t.Parallel()
	first := barsOf(t, newSynthetic(t, 1, time.Minute, noon), btc, noon.Add(-time.Hour), 50)
	second := barsOf(t, newSynthetic(t, 2, time.Minute, noon), btc, noon.Add(-time.Hour), 50)
	other := barsOf(t, newSynthetic(t, 1, time.Minute, noon), eth, noon.Add(-time.Hour), 50)
	for i := range first {
		require.NotEqual(t, first[i].Close, second[i].Close)
		require.NotEqual(t, first[i].Close/first[0].Open, other[i].Close/other[0].Open)
	}
}

func TestPricesArePlausible(t *testing.T) {
	t.Parallel()
	for symbol, want := range map[string]struct{ start, tick float64 }{
		btc: {60_000, 0.1}, eth: {3_000, 0.01}, sol: {150, 0.001},
	} {
		s := newSynthetic(t, 3, 24*time.Hour, noon)
		tick, ok := s.Tick(symbol)
		require.True(t, ok)
		require.Equal(t, want.tick, tick)
		for _, b := range barsOf(t, s, symbol, noon.AddDate(-2, 0, 0), 700) {
			require.InDelta(t, want.start, b.Close, 0.25*want.start)
			ticks := b.Close / want.tick
			require.InDelta(t, math.Round(ticks), ticks, 1e-6, "whole ticks")
			require.Positive(t, b.Volume)
		}
	}
	price, ok := newSynthetic(t, 3, time.Hour, noon).Price("ABC/EUR")
	require.True(t, ok)
	require.Greater(t, price, 0.04)
	require.Less(t, price, 600.0)
}

// It has to look like a market at any scale: moves that are bounded, that go either way, and that do not repeat.
func TestReturnsLookLikeAMarkets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		interval  time.Duration
		low, high float64 // of the standard deviation of a bar's return
		most      float64 // of any return
	}{
		{time.Second, 3e-5, 3e-4, 0.002},
		{5 * time.Second, 1e-4, 1e-3, 0.004},
		{time.Minute, 5e-4, 4e-3, 0.012},
		{time.Hour, 1e-3, 8e-3, 0.04},
		{24 * time.Hour, 4e-3, 4e-2, 0.15},
	} {
		returns := returnsOf(barsOf(t, newSynthetic(t, 7, c.interval, noon), btc, noon.Add(-2001*c.interval), 2000))
		deviation, up := 0.0, 0
		for _, r := range returns {
			require.Less(t, math.Abs(r), c.most, "at %s", c.interval)
			deviation += r * r / float64(len(returns))
			if r > 0 {
				up++
			}
		}
		deviation = math.Sqrt(deviation)
		require.Greater(t, deviation, c.low, "at %s", c.interval)
		require.Less(t, deviation, c.high, "at %s", c.interval)
		require.InDelta(t, 1000, up, 150, "at %s", c.interval)
		for lag := 30; lag < 400; lag++ {
			require.Less(t, math.Abs(correlation(returns, lag)), 0.5, "at %s it repeats after %d bars", c.interval, lag)
		}
	}
}

// There is nothing special about any moment: not where Unix time turns negative, and not where a knot lies.
func TestPricesHaveNoSeams(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{time.Unix(0, 0).UTC(), time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC), noon} {
		const interval = 20 * time.Millisecond
		bars := barsOf(t, newSynthetic(t, 4, interval, at.Add(time.Minute)), btc, at.Add(-10*time.Second), 1000)
		require.Len(t, bars, 1000)
		for _, r := range returnsOf(bars) {
			require.Less(t, math.Abs(r), 2e-4, "at %s", at)
		}
	}
}

func returnsOf(bars []signal.Bar) []float64 {
	var out []float64
	for _, b := range bars {
		out = append(out, math.Log(b.Close/b.Open))
	}
	return out
}

func correlation(x []float64, lag int) float64 {
	var product, square float64
	for i, v := range x {
		square += v * v
		if i >= lag {
			product += v * x[i-lag]
		}
	}
	return product / square
}

// crossesAt returns at which of the given bars, after a warm-up, an EMA cross of 8 and 21 speaks.
func crossesAt(spec signal.Spec, bars []signal.Bar, warm int) []int {
	s := spec.New()
	var at []int
	for i, b := range bars {
		if _, ok := s.OnBar(b); ok && i >= warm {
			at = append(at, i-warm)
		}
	}
	return at
}

var starts = flag.Int("starts", 40, "how many starts of the synthetic market are looked at")

// Somebody who tries the program on 5 s bars must see it work: a signal within a minute, and one for each of the three
// symbols within four and a half. A few markets and starts that never change stand for more.
func TestMinuteShowsASignal(t *testing.T) {
	t.Parallel()
	const warm, window = 44, 54 // bars; the window is 4 min 30 s
	spec, err := strategy.EMACross{}.Spec()
	require.NoError(t, err)
	minuteMissed, windowMissed := 0, 0
	for i := range *starts {
		now := noon.Add(time.Duration(i) * 7 * time.Hour)
		s := newSynthetic(t, uint64(i), 5*time.Second, now)
		soon, all := false, true
		for _, symbol := range []string{btc, eth, sol} {
			bars := barsOf(t, s, symbol, now.Add(-(warm+window+1)*5*time.Second), warm+window)
			require.Len(t, bars, warm+window)
			at := crossesAt(spec, bars, warm)
			all = all && len(at) > 0
			soon = soon || len(at) > 0 && at[0] < 12
		}
		if !soon {
			minuteMissed++
		}
		if !all {
			windowMissed++
		}
	}
	require.LessOrEqual(t, minuteMissed, *starts/100)
	require.Zero(t, windowMissed)
}

func TestAveragesCrossAtAnyBarSize(t *testing.T) {
	t.Parallel()
	spec, err := strategy.EMACross{}.Spec()
	require.NoError(t, err)
	for interval, most := range map[time.Duration]int{ // bars from one to the next, on average
		10 * time.Millisecond: 12, 250 * time.Millisecond: 12, time.Second: 12, 5 * time.Second: 12,
		time.Minute: 60, time.Hour: 60,
	} {
		for _, symbol := range []string{btc, eth, sol} {
			bars := barsOf(t, newSynthetic(t, 5, interval, noon), symbol, noon.Add(-2001*interval), 2000)
			require.Greater(t, len(crossesAt(spec, bars, 0)), 2000/most, "%s at %s", symbol, interval)
		}
	}
}

// A seed's market is the same for ever, whatever is made livelier.
func TestSeedIsAPromise(t *testing.T) {
	t.Parallel()
	for interval, want := range map[time.Duration][]float64{
		time.Second: {63_137.9, 63_158.6}, 5 * time.Second: {63_086.5, 63_100.4},
		time.Minute: {63_111.5, 63_100.4}, 24 * time.Hour: {62_300.9, 63_203},
	} {
		var got []float64
		for _, b := range barsOf(t, newSynthetic(t, 42, interval, noon), btc, noon.Add(-3*interval), 2) {
			got = append(got, b.Close)
		}
		require.Equal(t, want, got, "at %s", interval)
	}
}

func TestHugeRangeCostsWhatItReturns(t *testing.T) {
	t.Parallel()
	s := newSynthetic(t, 1, time.Nanosecond, noon) // 4e18 bars since 1900
	require.Len(t, barsOf(t, s, btc, time.Time{}, 3), 3)
}

func TestLongAnswerEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := newSynthetic(t, 1, time.Second, noon)
	_, err := s.Bars(ctx, btc, noon.AddDate(-1, 0, 0), 10)
	require.ErrorIs(t, err, context.Canceled)
	_, err = newSynthetic(t, 1, time.Nanosecond, noon).Bars(ctx, btc, time.Time{}, math.MaxInt)
	require.ErrorIs(t, err, context.Canceled, "and no room was made for 4e18 bars")
}

func TestSyntheticLivesOnItsClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s, err := feed.NewSynthetic(feed.SyntheticConfig{Symbols: []string{btc}, Interval: 5 * time.Second})
		require.NoError(t, err)
		require.Empty(t, barsOf(t, s, btc, start, 10))
		before, _ := s.Price(btc)
		time.Sleep(10 * time.Second)
		require.Len(t, barsOf(t, s, btc, start.Add(-1), 10), 2)
		after, _ := s.Price(btc)
		require.NotEqual(t, before, after)
	})
	mock := clock.NewMock()
	s, err := feed.NewSynthetic(feed.SyntheticConfig{Symbols: []string{btc}, Interval: time.Second, Clock: mock})
	require.NoError(t, err)
	require.Len(t, barsOf(t, s, btc, mock.Now().Add(-time.Minute), 100), 59, "there is history before 1970")
}

func BenchmarkSyntheticBars(b *testing.B) {
	b.ReportAllocs()
	s := newSynthetic(b, 1, 5*time.Second, noon)
	after := noon.Add(-time.Hour)
	for b.Loop() {
		barsOf(b, s, btc, after, 100)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/bar")
}
