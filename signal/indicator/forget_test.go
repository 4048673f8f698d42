package indicator_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// uneven is a market that is quiet and wild by turns, which an average that began in another mood takes longest to follow.
func uneven(seed uint64, n int) []bar {
	random := rand.New(rand.NewPCG(seed, 9))
	all := make([]bar, n)
	x, mood := 100.0, 1.0
	for i := range all {
		if random.IntN(50) == 0 {
			mood = math.Exp(random.NormFloat64())
		}
		x *= math.Exp(mood * random.NormFloat64() / 1000)
		reach := x * mood * random.Float64() / 1000
		all[i] = bar{high: x + reach, low: x - reach, close: x, volume: 1}
	}
	return all
}

// What one that begins twenty warm-ups ago says is held against what one says that never stopped. Ten warm-ups leave a
// hundredth of an RSI's scale of 100.
func TestTwentyWarmUpsLeaveBillionthsOfTheStart(t *testing.T) {
	t.Parallel()
	const warmups, seeds = 20, 40
	for _, c := range indicators() {
		if c.name == "VWAP" {
			continue // which begins with its session
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, warmup, _ := c.make(t)
			for seed := range uint64(seeds) {
				history := uneven(seed, 2*warmups*warmup+500)
				cut := len(history) - warmups*warmup
				whole, _, _ := c.make(t)
				begun, _, _ := c.make(t)
				var want, got []float64
				for i, b := range history {
					want, _ = whole(b)
					if i >= cut {
						got, _ = begun(b)
					}
				}
				left := 1e-13 * history[len(history)-1].close // what rounding leaves
				switch c.name[:3] {
				case "RSI":
					left = 4e-9 * 100
				case "ATR":
					left = 1e-8 * want[0]
				}
				require.InDeltaSlice(t, want, got, left, "seed %d", seed)
			}
		})
	}
}
