package strategy_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
)

func TestEMACrossSpeaksAtCrossesOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		closes []float64
		want   map[int]signal.Direction
	}{
		"a steady rise crosses nothing after the start": {
			[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, map[int]signal.Direction{},
		},
		"a steady fall neither": {
			[]float64{9, 8, 7, 6, 5, 4, 3, 2, 1}, map[int]signal.Direction{},
		},
		"a market that does not move crosses nothing": {
			[]float64{5, 5, 5, 5, 5, 5, 5}, map[int]signal.Direction{},
		},
		"a fall that turns is a long": {
			[]float64{9, 8, 7, 6, 5, 4, 9, 12}, map[int]signal.Direction{7: signal.Long},
		},
		"a rise that turns is a short": {
			[]float64{1, 2, 3, 4, 5, 6, 1, 0.5}, map[int]signal.Direction{7: signal.Short},
		},
		"leaving equality upwards is a cross": {
			[]float64{5, 5, 5, 5, 5, 6, 7}, map[int]signal.Direction{6: signal.Long},
		},
		"leaving equality downwards is a cross": {
			[]float64{5, 5, 5, 5, 5, 4, 3}, map[int]signal.Direction{6: signal.Short},
		},
		"a cross before it is warm is not told later": {
			[]float64{5, 5, 5, 9, 9, 9, 10}, map[int]signal.Direction{},
		},
		"there and back again": {
			[]float64{9, 8, 7, 6, 5, 9, 12, 3, 1}, map[int]signal.Direction{6: signal.Long, 8: signal.Short},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec, err := strategy.EMACross{Fast: 2, Slow: 4}.Spec()
			require.NoError(t, err)
			require.Equal(t, c.want, directions(run(spec.New(), bars(c.closes...))))
		})
	}
}

func TestSharperCrossIsMoreConfident(t *testing.T) {
	t.Parallel()
	spec, err := strategy.EMACross{Fast: 2, Slow: 4}.Spec()
	require.NoError(t, err)
	last := 0.0
	for _, turn := range []float64{8, 10, 15, 40} {
		got := run(spec.New(), bars(9, 8, 7, 6, 5, turn))
		require.Len(t, got, 1)
		require.Greater(t, got[0].confidence, last)
		last = got[0].confidence
	}
	require.Less(t, last, 1.0)
}

// Worked out by hand: Fast 1 is the close, Slow 3 halves the distance. Closes 4, 3, 2 give slow 3 and lead -1; the
// close of 5 gives slow 4 and lead 1, so the averages part by 2. The close moved by 1, 1 and 3, on average 5/3. The
// factors 1 and 1/2 differ by 1/2. So x = 2 / (1/2 * 5/3) = 2.4 and the confidence is 2.4/3.4.
func TestConfidenceOfACrossByHand(t *testing.T) {
	t.Parallel()
	spec, err := strategy.EMACross{Fast: 1, Slow: 3}.Spec()
	require.NoError(t, err)
	require.Equal(t, []said{{4, signal.Long, 0.7059}}, run(spec.New(), bars(4, 3, 2, 5)))
}

// At the smallest numbers there are the average movement rounds to nothing, and what is divided by it has no end.
func TestMovementTooSmallToAverageIsFullConfidence(t *testing.T) {
	t.Parallel()
	const least = math.SmallestNonzeroFloat64
	spec, err := strategy.EMACross{Fast: 2, Slow: 4}.Spec()
	require.NoError(t, err)
	require.Equal(t, []said{{6, signal.Long, 1}}, run(spec.New(), bars(least, least, least, least, least, 2*least)))
}
