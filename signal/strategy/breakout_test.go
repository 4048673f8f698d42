package strategy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
)

func TestMACDSpeaksAtCrossesOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		closes []float64
		want   map[int]signal.Direction
	}{
		"a market that does not move crosses nothing": {[]float64{5, 5, 5, 5, 5, 5, 5}, map[int]signal.Direction{}},
		"leaving stillness upwards is a cross":        {[]float64{5, 5, 5, 5, 5, 5, 6, 7}, map[int]signal.Direction{7: signal.Long}},
		"leaving stillness downwards is a cross":      {[]float64{5, 5, 5, 5, 5, 5, 4, 3}, map[int]signal.Direction{7: signal.Short}},
		"up, and slower again": {
			[]float64{5, 5, 5, 5, 5, 5, 9, 9, 9, 9}, map[int]signal.Direction{7: signal.Long, 9: signal.Short},
		},
		"a cross before it is warm is not told later": {[]float64{5, 5, 5, 9, 12, 16, 21}, map[int]signal.Direction{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := spec(t, strategy.MACD{Fast: 2, Slow: 4, Signal: 2}).New()
			require.Equal(t, c.want, directions(run(s, bars(c.closes...))))
		})
	}
}

// Of five closes four of which are equal the fifth is 2 deviations from the average, the furthest there is.
func TestBollingerBreakout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		closes []float64
		want   []said
	}{
		"out of stillness it is as sure as can be": {[]float64{5, 5, 5, 5, 5, 6}, []said{{6, signal.Long, 1}}},
		"below it is a short":                      {[]float64{5, 5, 5, 5, 5, 4}, []said{{6, signal.Short, 1}}},
		"a market that does not move says nothing": {[]float64{5, 5, 5, 5, 5, 5, 5}, nil},
		"beyond the band already when it is warm":  {[]float64{5, 5, 5, 5, 6, 9}, nil},
		"the average after a long is flat": {
			[]float64{5, 5, 5, 5, 5, 6, 6, 5}, []said{{6, signal.Long, 1}, {8, signal.Flat, 1}},
		},
		"flat is said once": {
			[]float64{5, 5, 5, 5, 5, 6, 6, 5, 6, 5}, []said{{6, signal.Long, 1}, {8, signal.Flat, 1}},
		},
		"through both bands at once is the other side": {
			[]float64{5, 5, 5, 5, 5, 6, 1}, []said{{6, signal.Long, 1}, {7, signal.Short, 0.95}},
		},
		"the first crossing of the average is a flat": {
			[]float64{5, 6, 5, 6, 5.6, 5.4}, []said{{6, signal.Flat, 1}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := spec(t, strategy.BollingerBreakout{Period: 5, Width: 1.5}).New()
			require.Equal(t, c.want, run(s, bars(c.closes...)))
		})
	}
}

func TestDonchianGoesWithNewExtremes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		closes []float64
		want   map[int]signal.Direction
	}{
		"the first new high is a long":             {[]float64{3, 2, 3, 2, 4}, map[int]signal.Direction{5: signal.Long}},
		"the next ones are not said":               {[]float64{3, 2, 3, 4, 5, 6}, map[int]signal.Direction{4: signal.Long}},
		"the first new low is a short":             {[]float64{3, 2, 3, 1}, map[int]signal.Direction{4: signal.Short}},
		"as high as before is none":                {[]float64{3, 2, 3, 3, 2, 3}, map[int]signal.Direction{}},
		"higher than three bars, not than four":    {[]float64{9, 3, 3, 2, 3, 4}, map[int]signal.Direction{4: signal.Short, 6: signal.Long}},
		"one side after the other":                 {[]float64{3, 2, 3, 4, 3, 1, 5}, map[int]signal.Direction{4: signal.Long, 6: signal.Short, 7: signal.Long}},
		"a new high before it is warm is not told": {[]float64{3, 4, 5, 5, 5}, map[int]signal.Direction{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := spec(t, strategy.Donchian{Period: 3}).New()
			require.Equal(t, c.want, directions(run(s, bars(c.closes...))))
		})
	}
}

// The channel of closes 3, 2, 3 is 1 wide, and a close of 4 is 1 beyond it: x is the square root of 3.
func TestConfidenceOfANewExtremeByHand(t *testing.T) {
	t.Parallel()
	s := spec(t, strategy.Donchian{Period: 3}).New()
	require.Equal(t, []said{{4, signal.Long, 0.634}}, run(s, bars(3, 2, 3, 4)))
	s = spec(t, strategy.Donchian{Period: 3}).New()
	require.Equal(t, []said{{4, signal.Long, 1}}, run(s, bars(3, 3, 3, 4)), "a channel without a width")
}
