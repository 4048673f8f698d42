package indicator_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal/indicator"
)

// updater is what all indicators have in common.
type updater interface {
	Warmup() int
	Update(x float64) (float64, bool)
}

func newEMA(t require.TestingT, period int) *indicator.EMA {
	e, err := indicator.NewEMA(period)
	require.NoError(t, err)
	return &e
}

func newRSI(t require.TestingT, period int) *indicator.RSI {
	r, err := indicator.NewRSI(period)
	require.NoError(t, err)
	return &r
}

// outputs feeds the inputs and returns what came once the indicator was warm.
func outputs(u updater, inputs []float64) []float64 {
	var out []float64
	for _, x := range inputs {
		if v, ok := u.Update(x); ok {
			out = append(out, v)
		}
	}
	return out
}

func TestValuesWorkedOutByHand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		indicator updater
		inputs    []float64
		want      []float64
	}{
		"an EMA of 3 starts at the average of three and then goes half of the way": {
			newEMA(t, 3), []float64{2, 4, 6, 8, 12}, []float64{4, 6, 9},
		},
		"an EMA of 1 is its input":              {newEMA(t, 1), []float64{5, 7, 3}, []float64{5, 7, 3}},
		"an EMA that has not seen enough":       {newEMA(t, 4), []float64{1, 2, 3}, nil},
		"an RSI of 2, changes +1 -1 +2":         {newRSI(t, 2), []float64{10, 11, 10, 12}, []float64{50, 100 * 1.25 / 1.5}},
		"an RSI of nothing but rises":           {newRSI(t, 3), []float64{1, 2, 3, 4}, []float64{100}},
		"an RSI of nothing but falls":           {newRSI(t, 3), []float64{4, 3, 2, 1}, []float64{0}},
		"an RSI of a market that does not move": {newRSI(t, 2), []float64{7, 7, 7, 7}, []float64{50, 50}},
		"an RSI that has one change too few":    {newRSI(t, 3), []float64{1, 2, 3}, nil},
		// The worked example of the ChartSchool page on RSI, in its two decimals.
		"an RSI of 14 as published": {
			newRSI(t, 14),
			[]float64{44.34, 44.09, 44.15, 43.61, 44.33, 44.83, 45.10, 45.42, 45.84, 46.08, 45.89, 46.03, 45.61, 46.28,
				46.28, 46.00, 46.03, 46.41, 46.22, 45.64},
			[]float64{70.46, 66.25, 66.48, 69.35, 66.29, 57.92},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := outputs(c.indicator, c.inputs)
			require.Len(t, got, len(c.want))
			for i := range got {
				tolerance := 1e-12
				if len(c.inputs) == 20 {
					tolerance = 0.005
				}
				require.InDelta(t, c.want[i], got[i], tolerance, "output %d", i)
			}
		})
	}
}

// naiveEMA is the definition, unrolled: each output is worked out anew from the seed.
func naiveEMA(x []float64, period int) []float64 {
	var out []float64
	for end := period; end <= len(x); end++ {
		sum := 0.0
		for _, v := range x[:period] {
			sum += v
		}
		e, k := sum/float64(period), 2/(float64(period)+1)
		for _, v := range x[period:end] {
			e = k*v + (1-k)*e
		}
		out = append(out, e)
	}
	return out
}

// naiveRSI follows Wilder's text: averages, then 100 - 100/(1+RS).
func naiveRSI(x []float64, period int) []float64 {
	var out []float64
	for end := period + 1; end <= len(x); end++ {
		var up, down float64
		for i := 1; i <= period; i++ {
			up += max(x[i]-x[i-1], 0) / float64(period)
			down += max(x[i-1]-x[i], 0) / float64(period)
		}
		for i := period + 1; i < end; i++ {
			up = (up*float64(period-1) + max(x[i]-x[i-1], 0)) / float64(period)
			down = (down*float64(period-1) + max(x[i-1]-x[i], 0)) / float64(period)
		}
		switch {
		case up == 0 && down == 0:
			out = append(out, 50)
		case down == 0:
			out = append(out, 100)
		default:
			out = append(out, 100-100/(1+up/down))
		}
	}
	return out
}

func TestStreamingEqualsTheDefinition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		period := rapid.IntRange(2, 30).Draw(t, "period")
		inputs := rapid.SliceOfN(rapid.Float64Range(0.01, 1e5), 0, 120).Draw(t, "inputs")
		for name, c := range map[string]struct {
			streaming updater
			naive     []float64
		}{
			"EMA": {newEMA(t, period), naiveEMA(inputs, period)},
			"RSI": {newRSI(t, period), naiveRSI(inputs, period)},
		} {
			got := outputs(c.streaming, inputs)
			require.Len(t, got, len(c.naive), name)
			require.Equal(t, max(0, len(inputs)-c.streaming.Warmup()+1), len(got), "%s: Warmup is honest", name)
			for i := range got {
				require.InDelta(t, c.naive[i], got[i], 1e-9*max(1, math.Abs(c.naive[i])), "%s output %d", name, i)
			}
		}
	})
}

func TestOutputsStayWithinTheirBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		inputs := rapid.SliceOfN(rapid.Float64Range(math.SmallestNonzeroFloat64, math.MaxFloat64), 3, 60).Draw(t, "inputs")
		lowest, highest := math.Inf(1), math.Inf(-1)
		ema, rsi := newEMA(t, 3), newRSI(t, 2)
		for _, x := range inputs {
			lowest, highest = min(lowest, x), max(highest, x)
			if v, ok := ema.Update(x); ok {
				require.True(t, v >= lowest*(1-1e-9) && v <= highest, "EMA %v outside %v to %v", v, lowest, highest)
			}
			if v, ok := rsi.Update(x); ok {
				require.True(t, v >= 0 && v <= 100, "RSI %v", v)
			}
		}
	})
}

func TestCopyIsAnIndicatorOfItsOwn(t *testing.T) {
	t.Parallel()
	first := newEMA(t, 2)
	outputs(first, []float64{1, 2})
	second := *first
	outputs(first, []float64{1000})
	v, ok := second.Update(1.5)
	require.True(t, ok)
	require.InDelta(t, 1.5, v, 1e-12)
}

func TestPeriodsThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make func() error
		want string
	}{
		"an EMA of nothing":        {func() error { _, err := indicator.NewEMA(0); return err }, "EMA period 0"},
		"an EMA of less":           {func() error { _, err := indicator.NewEMA(-3); return err }, "EMA period -3"},
		"an EMA that never starts": {func() error { _, err := indicator.NewEMA(1e9); return err }, "not in 1 to 100000"},
		"an ATR of nothing":        {func() error { _, err := indicator.NewATR(0); return err }, "ATR period 0"},
		"an SMA of nothing":        {func() error { _, err := indicator.NewSMA(0); return err }, "SMA period 0"},
		"a deviation of one input": {func() error { _, err := indicator.NewStdDev(1); return err }, "StdDev period 1 "},
		"bands of one input":       {func() error { _, err := indicator.NewBollinger(1, 2); return err }, "Bollinger period 1 "},
		"bands without a width":    {func() error { _, err := indicator.NewBollinger(20, 0); return err }, "Bollinger width 0 "},
		"bands of NaN":             {func() error { _, err := indicator.NewBollinger(20, math.NaN()); return err }, "Bollinger width NaN"},
		"bands without end":        {func() error { _, err := indicator.NewBollinger(20, math.Inf(1)); return err }, "Bollinger width +Inf"},
		"a channel of nothing":     {func() error { _, err := indicator.NewDonchian(0); return err }, "Donchian period 0"},
		"a MACD the wrong way":     {func() error { _, err := indicator.NewMACD(26, 12, 9); return err }, "MACD fast period 26 is not below the slow period 12"},
		"a MACD without a fast":    {func() error { _, err := indicator.NewMACD(0, 12, 9); return err }, "MACD fast period 0"},
		"a MACD that never starts": {func() error { _, err := indicator.NewMACD(2, 1e9, 9); return err }, "MACD slow period 1000000000"},
		"a MACD without a signal":  {func() error { _, err := indicator.NewMACD(2, 3, 0); return err }, "MACD signal period 0"},
		"an RSI of one change":     {func() error { _, err := indicator.NewRSI(1); return err }, "RSI period 1 "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, c.make(), c.want)
		})
	}
}

//nolint:paralleltest // it counts allocations
func TestUpdateAllocatesNothing(t *testing.T) {
	update := together(t)
	d, err := indicator.NewDonchian(20)
	require.NoError(t, err)
	i := 0
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		i++
		update(walk(i))
		d.Update(walk(i)+1, walk(i)-1)
	}))
}
