package indicator_test

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal/indicator"
)

// farOff are inputs of a price near 100 that go wrong for a moment, by their name. Each begins at the given place.
var farOff = map[string][]float64{
	"a thousand times":       {1e5},
	"a million times":        {1e8},
	"ten to the 12 times":    {1e14},
	"ten to the 40 times":    {1e42},
	"whose square overflows": {1e160},
	"near the largest":       {1e308},
	"ten in a row":           {1e8, 2e8, 1e8, 3e8, 1e8, 1e8, 1e8, 1e8, 1e8, 1e8},
	"that fades":             {1e12, 1e11, 1e10, 1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3},
	"that fades by halves":   {1024e6, 512e6, 256e6, 128e6, 64e6, 32e6, 16e6, 8e6, 4e6, 2e6, 1e6, 5e5, 25e4, 125e3},
	"that falls to nothing":  {1e-300},
}

// withTicks is a price that moves little, with ticks far off that come after the first of them.
func withTicks(after int, ticks []float64) []float64 {
	var inputs []float64
	for i := range after + len(ticks) + 130 {
		x := walk(i)
		if i >= after && i < after+len(ticks) {
			x = ticks[i-after]
		}
		inputs = append(inputs, x)
	}
	return inputs
}

// twice is the mean of the inputs and their deviation, from one pass over them for each.
func twice(inputs []float64) (mean, deviation float64) {
	n := float64(len(inputs))
	for _, x := range inputs {
		mean += x / n
	}
	for _, x := range inputs {
		deviation += (x - mean) * (x - mean) / n
	}
	return mean, math.Sqrt(deviation)
}

// What leaves a window takes its rounding along, however far off it was.
func TestWindowForgetsATickThatWasFarOffAtOnce(t *testing.T) {
	t.Parallel()
	for name, ticks := range farOff {
		for _, period := range []int{2, 5, 20, 50} {
			t.Run(fmt.Sprint(name, ", of ", period), func(t *testing.T) {
				t.Parallel()
				for after := range period + 2 { // wherever in the ring they stand
					forgetsAtOnce(t, period, withTicks(after, ticks))
				}
			})
		}
	}
}

// forgetsAtOnce compares what comes of the inputs with the definition, but where a deviation is beyond what squares hold.
func forgetsAtOnce(t *testing.T, period int, inputs []float64) {
	average, err := indicator.NewSMA(period)
	require.NoError(t, err)
	deviation, err := indicator.NewStdDev(period)
	require.NoError(t, err)
	bands, err := indicator.NewBollinger(period, 2)
	require.NoError(t, err)
	for i, x := range inputs {
		a, ok := average.Update(x)
		d, _ := deviation.Update(x)
		b, _ := bands.Update(x)
		if !ok {
			continue
		}
		mean, want := twice(inputs[i+1-period : i+1])
		require.InEpsilon(t, mean, a, 1e-12, "the average at %d", i)
		if math.IsInf(want, 1) {
			continue
		}
		require.InDelta(t, want, d, 1e-9*want+1e-13*mean, "the deviation at %d", i)
		require.InEpsilon(t, mean, b.Middle, 1e-12, "the middle band at %d", i)
		require.InEpsilon(t, mean+2*want, b.Upper, 1e-9, "the upper band at %d", i)
		require.InDelta(t, mean-2*want, b.Lower, 1e-9*(mean+want), "the lower band at %d", i)
	}
}

// An average of distances from zero may itself be near zero: that is no reason to work it out anew.
func TestAverageOfWhatGoesUpAndDownIsRight(t *testing.T) {
	t.Parallel()
	for _, period := range []int{2, 20, 1000} {
		average, err := indicator.NewSMA(period)
		require.NoError(t, err)
		var inputs []float64
		for i := range 5000 {
			inputs = append(inputs, (walk(i)-100)*math.Pow(-1, float64(i)))
			got, ok := average.Update(inputs[i])
			if !ok || i%37 != 0 {
				continue
			}
			want, _ := twice(inputs[i+1-period:])
			require.InDelta(t, want, got, 1e-14, "of %d at %d", period, i)
		}
	}
}

// recursion is an average that forgets by a share at each input, to more digits than a float64 has.
type recursion struct {
	seed  int // inputs whose simple average it begins with
	share *big.Float
	n     int
	value *big.Float
}

func exact(x float64) *big.Float { return new(big.Float).SetPrec(256).SetFloat64(x) }

// recursionPeriod is that of the recursions in these tests.
const recursionPeriod = 14

func newRecursion(share *big.Float) *recursion {
	return &recursion{seed: recursionPeriod, share: share, value: exact(0)}
}

func (r *recursion) add(x *big.Float) *big.Float {
	share := r.share
	if r.n < r.seed {
		r.n++
		share = exact(1)
		share.Quo(share, exact(float64(r.n)))
	}
	step := exact(0).Sub(x, r.value)
	r.value = exact(0).Add(r.value, step.Mul(step, share))
	return r.value
}

// What an average never quite forgets fades, and its rounding fades with it.
func TestRecursionIsAsExactAfterATickThatWasFarOff(t *testing.T) {
	t.Parallel()
	for name, ticks := range farOff {
		if ticks[0] > 1e300 {
			continue // their differences overflow
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const period = recursionPeriod
			over := func(a, b float64) *big.Float { return exact(0).Quo(exact(a), exact(b)) }
			ema, rsi := newEMA(t, period), newRSI(t, period)
			atr, err := indicator.NewATR(period)
			require.NoError(t, err)
			mean := newRecursion(over(2, period+1))
			rise, fall := newRecursion(over(1, period)), newRecursion(over(1, period))
			reach := newRecursion(over(1, period))
			inputs := withTicks(30, ticks)
			for i, x := range inputs {
				gotEMA, _ := ema.Update(x)
				gotRSI, _ := rsi.Update(x)
				gotATR, ok := atr.Update(x, x, x)
				wantEMA, _ := mean.add(exact(x)).Float64()
				if i == 0 {
					continue
				}
				move := exact(0).Sub(exact(x), exact(inputs[i-1]))
				up, down := exact(0), exact(0)
				if move.Sign() > 0 {
					up = move
				} else {
					down = exact(0).Neg(move)
				}
				wantATR, _ := reach.add(exact(0).Abs(move)).Float64()
				rises, falls := rise.add(up), fall.add(down)
				if !ok {
					continue
				}
				both := exact(0).Add(rises, falls)
				wantRSI, _ := both.Quo(exact(0).Mul(exact(100), rises), both).Float64()
				require.InEpsilon(t, wantEMA, gotEMA, 1e-12, "EMA at %d", i)
				require.InEpsilon(t, wantATR, gotATR, 1e-12, "ATR at %d", i)
				require.InDelta(t, wantRSI, gotRSI, 1e-10, "RSI at %d", i)
			}
		})
	}
}
