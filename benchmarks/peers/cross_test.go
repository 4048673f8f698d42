package peers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
)

const (
	fast, slow = 8, 21
	minute     = time.Minute
	// settled is from which bar on the crosses are compared. Some begin an average with the mean of the first closes and
	// some with the first close; after 500 bars the difference is 2e-21 of what it was.
	settled = 500
)

// origin is the time of the first bar.
var origin = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// bars are n minutes of a random walk, the same each time, in whole cents: some peers calculate in decimals.
func bars(n int) []signal.Bar {
	random, price := rand.New(rand.NewPCG(1, 2)), 30_000.0
	all := make([]signal.Bar, n)
	for i := range all {
		open := price
		price = math.Round(price*math.Exp(0.001*random.NormFloat64())*100) / 100
		all[i] = signal.Bar{
			Symbol: "BTCUSDT", Time: origin.Add(time.Duration(i) * minute), Interval: minute,
			Open: open, High: max(open, price), Low: min(open, price), Close: price, Volume: 1,
		}
	}
	return all
}

// cross is where the fast average came to lie on the other side of the slow one.
type cross struct {
	bar int // its place among the bars
	up  bool
}

// run is one peer with one series before it.
type run struct {
	work  func() error   // from the first bar to the last
	found func() []cross // what work came upon
}

// peer is one way to find the crosses of two exponential averages.
type peer struct {
	name string
	bars []int // how many a pass of the benchmark has: some take longer for each the more there are
	new  func(tb testing.TB, bars []signal.Bar) run
}

func peers() []peer {
	few, many := []int{2_000, 10_000}, []int{100_000}
	return []peer{
		{"vigil", many, newVigil},
		{"bbgo/backtest", many, newBbgoBacktest},
		{"bbgo/indicators", many, newBbgoIndicators},
		{"gocryptotrader/from_history", few, newGocryptotraderFromHistory},
		{"gocryptotrader/kept", few, newGocryptotraderKept},
		{"cinar", many, newCinar},
		{"techan", few, newTechan},
		{"talib/window", many, newTalibWindow},
		{"talib/batch", many, newTalibBatch},
	}
}

// after leaves out the crosses of the bars before one.
func after(bar int, found []cross) []cross {
	i := slices.IndexFunc(found, func(c cross) bool { return c.bar >= bar })
	if i < 0 {
		return nil
	}
	return found[i:]
}

func TestPeersFindTheSameCrosses(t *testing.T) {
	t.Parallel()
	all := bars(2_000)
	want := crosses(t, newVigil(t, all))
	require.Greater(t, len(want), 50)
	for _, p := range peers() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, want, crosses(t, p.new(t, all)))
		})
	}
}

// crosses has a peer work and returns what it found where averages are settled.
func crosses(tb testing.TB, r run) []cross {
	require.NoError(tb, r.work())
	return after(settled, r.found())
}

// BenchmarkCross is the way from bars to crosses, in a pass over all bars. Making a peer ready for one is left out.
func BenchmarkCross(b *testing.B) {
	for _, p := range peers() {
		for _, n := range p.bars {
			b.Run(fmt.Sprintf("%s/bars=%d", p.name, n), func(b *testing.B) { passes(b, p, bars(n)) })
		}
	}
}

func passes(b *testing.B, p peer, all []signal.Bar) {
	want := crosses(b, newVigil(b, all))
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		r := p.new(b, all)
		b.StartTimer()
		err := r.work()
		b.StopTimer()
		require.NoError(b, err)
		require.Equal(b, want, after(settled, r.found()))
		b.StartTimer()
	}
	b.ReportMetric(float64(len(all))*float64(b.N)/b.Elapsed().Seconds(), "bars/s")
}
