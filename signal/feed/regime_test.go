package feed_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
)

// minutesOf are the bars of three hours around noon, an hour and a half to each side.
func minutesOf(t *testing.T, symbol string, regimes ...feed.Regime) []signal.Bar {
	s, err := feed.NewSynthetic(feed.SyntheticConfig{
		Seed: 3, Symbols: []string{btc, eth}, Interval: time.Minute, Clock: frozen(noon.Add(90 * time.Minute)), Regimes: regimes,
	})
	require.NoError(t, err)
	bars := barsOf(t, s, symbol, noon.Add(-91*time.Minute), 180)
	require.Len(t, bars, 180)
	for _, b := range bars {
		require.NoError(t, b.Validate())
	}
	return bars
}

func deviation(bars []signal.Bar) float64 {
	var sum float64
	for _, r := range returnsOf(bars) {
		sum += r * r / float64(len(bars))
	}
	return math.Sqrt(sum)
}

// Bar 90 opens at noon.
func TestRegimes(t *testing.T) {
	t.Parallel()
	usual := minutesOf(t, btc)
	for name, c := range map[string]struct {
		regime feed.Regime
		moved  float64 // behind it
		half   float64 // of that, in the middle of it; NaN for whatever it is
		noise  float64 // how much larger the returns are in it, at least or at most
	}{
		"calm":    {feed.Quiet(noon, time.Hour), 0, math.NaN(), 0.4},
		"a trend": {feed.Trend(noon, time.Hour, 0.1), 0.1, 0.5, 1},
		"a crash": {feed.Crash(noon, time.Hour, -0.3), -0.3, math.NaN(), 2},
		"a jump":  {feed.Jump(noon, 0.05), 0.05, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bars := minutesOf(t, btc, c.regime)
			require.Equal(t, usual[:89], bars[:89], "nothing changes before it")
			for i := 150; i < 180; i++ {
				require.InDelta(t, usual[i].Close*(1+c.moved), bars[i].Close, 0.11, "it stays")
			}
			if !math.IsNaN(c.half) {
				require.InDelta(t, math.Log1p(c.moved)*c.half, math.Log(bars[119].Close/usual[119].Close), 1e-4)
			}
			within := deviation(bars[90:150]) / deviation(usual[90:150])
			if c.noise < 1 {
				for i := 89; i < 150; i++ { // it goes straight to where the usual market gets
					line := usual[89].Close + (usual[149].Close-usual[89].Close)*float64(i-89)/60
					require.InDelta(t, line, bars[i].Close, 0.2*60_000*0.02)
				}
			}
			switch {
			case c.noise < 1:
				require.Less(t, within, c.noise)
			case c.noise > 1:
				require.Greater(t, within, c.noise)
			}
			for i := 1; i < len(bars); i++ {
				require.Equal(t, bars[i-1].Close, bars[i].Open)
			}
		})
	}
}

func TestRegimeMayBeOneSymbols(t *testing.T) {
	t.Parallel()
	crash := feed.Crash(noon, time.Hour, -0.99999)
	crash.Symbol = btc
	require.Equal(t, minutesOf(t, eth), minutesOf(t, eth, crash))
	bars := minutesOf(t, btc, crash, crash, crash)
	require.Equal(t, 0.1, bars[179].Close, "a tick is the least")
}

func TestQuoteHasASpread(t *testing.T) {
	t.Parallel()
	for spread, want := range map[float64]float64{0: 0, 0.0002: 12.2, 0.01: 605} {
		s, err := feed.NewSynthetic(feed.SyntheticConfig{Symbols: []string{btc}, Interval: time.Minute, Clock: frozen(noon), Spread: spread})
		require.NoError(t, err)
		bid, ask, ok := s.Quote(btc)
		require.True(t, ok)
		price, _ := s.Price(btc)
		require.InDelta(t, price, (bid+ask)/2, 1e-6)
		require.InEpsilon(t, 1+want, 1+ask-bid, 0.15)
		_, _, ok = s.Quote("XRP/USDT")
		require.False(t, ok)
	}
}

func TestRegimesThatCannotBe(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]feed.SyntheticConfig{
		"Regimes[0]: From is the zero time":         {Regimes: []feed.Regime{{}}},
		"Regimes[1]: For -1s is negative":           {Regimes: []feed.Regime{feed.Jump(noon, 1), feed.Quiet(noon, -time.Second)}},
		"Regimes[0]: Move -1 is not above -1":       {Regimes: []feed.Regime{feed.Jump(noon, -1)}},
		"Regimes[0]: Move NaN is not above -1":      {Regimes: []feed.Regime{feed.Jump(noon, math.NaN())}},
		"Regimes[0]: Noise -2 is not a number":      {Regimes: []feed.Regime{{From: noon, Volatility: -2}}},
		"Regimes[0]: Noise 1001 is not a number":    {Regimes: []feed.Regime{{From: noon, Volatility: 1001}}},
		"Regimes[0]: From 2300-01-01T00:00:00Z is":  {Regimes: []feed.Regime{feed.Jump(time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC), 1)}},
		"Regimes[0]: ETH/USDT is not among Symbols": {Regimes: []feed.Regime{{From: noon, Symbol: "ETH/USDT"}}},
		"Spread -0.1 is not 0 or more":              {Spread: -0.1},
		"Spread 1 is not 0 or more":                 {Spread: 1},
	} {
		cfg.Symbols, cfg.Interval = []string{btc}, time.Minute
		_, err := feed.NewSynthetic(cfg)
		require.ErrorContains(t, err, want)
	}
}

// However wild the regimes are, and however many of them meet, each bar is one that a market could have.
func TestRegimesMakeNoBarThatCannotBe(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var regimes []feed.Regime
		for range rapid.IntRange(1, 6).Draw(t, "regimes") {
			regimes = append(regimes, feed.Regime{
				From:       noon.Add(time.Duration(rapid.IntRange(-90, 30).Draw(t, "from")) * time.Minute),
				For:        time.Duration(rapid.SampledFrom([]int64{0, 1, int64(time.Hour), math.MaxInt64}).Draw(t, "for")),
				Move:       rapid.SampledFrom([]float64{-1 + 1e-16, -0.9, 0, 3, 1e300, math.MaxFloat64}).Draw(t, "move"),
				Volatility: rapid.SampledFrom([]float64{0, 1e-300, 1, 1000}).Draw(t, "noise"),
				Steep:      rapid.Bool().Draw(t, "steep"),
			})
		}
		s, err := feed.NewSynthetic(feed.SyntheticConfig{
			Seed: rapid.Uint64().Draw(t, "seed"), Symbols: []string{btc}, Interval: time.Minute, Regimes: regimes,
			Clock: feed.NewReplayClock(noon.Add(time.Hour)),
		})
		require.NoError(t, err)
		for _, b := range barsOf(t, s, btc, noon.Add(-time.Hour), 120) {
			require.NoError(t, b.Validate())
		}
	})
}
