package strategy_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
)

// A run that is cut at any bar, stored, and taken up by a new value says the same as one that is not.
func TestCutRunGoesOnToTheLastDigit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		price := rapid.OneOf(rapid.Float64Range(90, 110), rapid.SampledFrom([]float64{100, 101}),
			rapid.Float64Range(math.SmallestNonzeroFloat64, math.MaxFloat64))
		history := bars(rapid.SliceOfN(price, 1, 60).Draw(t, "closes")...)
		for _, spec := range specs(t) {
			want := run(spec.New(), history)
			s := spec.New()
			var got []said
			for i, b := range history {
				got = append(got, shift(run(s, []signal.Bar{b}), i)...)
				data, err := s.(signal.Stateful).MarshalBinary()
				require.NoError(t, err)
				s = spec.New()
				require.NoError(t, s.(signal.Stateful).UnmarshalBinary(data), "%s after bar %d", spec.Name, i)
			}
			require.Equal(t, want, got, spec.Name)
		}
	})
}

func TestStatesThatAreRefused(t *testing.T) {
	t.Parallel()
	all := specs(t)
	for i, spec := range all {
		s := spec.New()
		run(s, bars(5, 4, 3, 2, 3, 5, 8, 6, 3, 2, 1, 4, 9))
		good, err := s.(signal.Stateful).MarshalBinary()
		require.NoError(t, err)
		for want, bad := range map[string][]byte{
			"this is not a state":   {},
			"of another version":    append([]byte{9}, good[1:]...),
			"it is cut off":         good[:len(good)-1],
			"1 bytes are left over": append(good[:len(good):len(good)], 0),
		} {
			require.ErrorContains(t, spec.New().(signal.Stateful).UnmarshalBinary(bad), want, spec.Name)
		}
		for j, other := range all {
			if err := other.New().(signal.Stateful).UnmarshalBinary(good); i != j {
				require.Error(t, err, "the state of %s in %s", spec.Name, other.Name)
			} else {
				require.NoError(t, err)
			}
		}
	}
	finer := spec(t, strategy.EMACross{Fast: 3, Slow: 4}).New().(signal.Stateful)
	state, err := all[0].New().(signal.Stateful).MarshalBinary()
	require.NoError(t, err)
	require.ErrorContains(t, finer.UnmarshalBinary(state), "it is not of this EMA")
}

// Whatever bytes it is given, a strategy refuses them or works on.
func FuzzStates(f *testing.F) {
	for _, spec := range specs(f) {
		s := spec.New()
		run(s, bars(5, 4, 3, 2, 3, 5, 8, 6, 3, 2, 1, 4, 9))
		data, err := s.(signal.Stateful).MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, spec := range specs(t) {
			s := spec.New().(signal.Stateful)
			if s.UnmarshalBinary(data) != nil {
				continue
			}
			for _, g := range run(s, bars(5, 4, 3, 2, 3, 5, 8, 6, 3, 2, 1, 4, 9)) {
				require.False(t, math.IsNaN(g.confidence), spec.Name)
			}
		}
	})
}
