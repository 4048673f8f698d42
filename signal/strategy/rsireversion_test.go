package strategy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
)

// With a period of 2 each bar halves what was before, so the RSI goes where a case wants it; the comments say where.
func TestRSIReversionGoesAgainstExaggeration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		closes []float64
		want   map[int]signal.Direction
	}{
		"back up through Low is long": { // RSI 0, 0, 33
			[]float64{10, 9, 8, 7, 7.5}, map[int]signal.Direction{5: signal.Long},
		},
		"back down through High is short": { // RSI 100, 100, 67
			[]float64{10, 11, 12, 13, 12.5}, map[int]signal.Direction{5: signal.Short},
		},
		"the middle after a long is flat": { // RSI 0, 0, 33, 67
			[]float64{10, 9, 8, 7, 7.5, 8.25}, map[int]signal.Direction{5: signal.Long, 6: signal.Flat},
		},
		"the middle after a short is flat": { // RSI 100, 100, 67, 33
			[]float64{10, 11, 12, 13, 12.5, 11.75}, map[int]signal.Direction{5: signal.Short, 6: signal.Flat},
		},
		"through Low and the middle in one bar opens nothing": { // RSI 0, 0, 83; the flat is the first one
			[]float64{10, 9, 8, 7, 12}, map[int]signal.Direction{5: signal.Flat},
		},
		"the first crossing of the middle is flat, the second is silent": { // RSI 43, 64, 37
			[]float64{10, 8, 9.5, 10.5, 9.5}, map[int]signal.Direction{4: signal.Flat},
		},
		"staying beyond a level says nothing": {
			[]float64{10, 9, 8, 7, 6, 5, 4}, map[int]signal.Direction{},
		},
		"a market that does not move says nothing": {
			[]float64{5, 5, 5, 5, 5, 5}, map[int]signal.Direction{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec, err := strategy.RSIReversion{Period: 2}.Spec()
			require.NoError(t, err)
			require.Equal(t, c.want, directions(run(spec.New(), bars(c.closes...))))
		})
	}
}

func TestDeeperExcursionIsMoreConfident(t *testing.T) {
	t.Parallel()
	spec, err := strategy.RSIReversion{Period: 2, Low: 40, High: 60}.Spec()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		closes []float64
		want   said
	}{
		"all the way to 0":            {[]float64{10, 9, 8, 7, 7.8}, said{5, signal.Long, 1}},      // RSI 0, 0, 44
		"down to 20, half of the way": {[]float64{10, 9, 9.5, 9, 9.3}, said{5, signal.Long, 0.75}}, // RSI 33, 20, 46
		"all the way to 100":          {[]float64{10, 11, 12, 13, 12.2}, said{5, signal.Short, 1}}, // RSI 100, 100, 56
		"up to 80, half of the way":   {[]float64{10, 11, 10.5, 11, 10.7}, said{5, signal.Short, 0.75}},
		"the deepest point counts, not the last": { // RSI 0, 17, 40.5
			[]float64{10, 9.5, 9, 9.1, 9.22}, said{5, signal.Long, 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, []said{c.want}, run(spec.New(), bars(c.closes...)))
		})
	}
}

// Two changes of -2 and +0.5 are an RSI of exactly 20.
func TestRSIThatStandsOnItsLevelIsBeyondIt(t *testing.T) {
	t.Parallel()
	spec, err := strategy.RSIReversion{Period: 2, Low: 20, High: 80}.Spec()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		closes []float64
		want   []said
	}{
		"leaving Low from on it is long":         {[]float64{10, 8, 8.5, 8.75}, []said{{4, signal.Long, 0.5}}},         // RSI 20, 33
		"reaching Low from below says nothing":   {[]float64{10, 9, 8, 8.25}, nil},                                     // RSI 0, 20
		"leaving High from on it is short":       {[]float64{10, 12, 11.5, 11.25}, []said{{4, signal.Short, 0.5}}},     // RSI 80, 67
		"reaching High from above says nothing":  {[]float64{10, 11, 12, 11.75}, nil},                                  // RSI 100, 80
		"the highest point counts, not the last": {[]float64{10, 10.5, 11, 10.95, 10.8}, []said{{5, signal.Short, 1}}}, // RSI 100, 83, 53
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, run(spec.New(), bars(c.closes...)))
		})
	}
}
