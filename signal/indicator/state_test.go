package indicator_test

import (
	"encoding"
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal/indicator"
)

// stored is what every indicator is.
type stored interface {
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}

var anyPrice = rapid.OneOf(rapid.Float64Range(90, 110), rapid.SampledFrom([]float64{100, 101}),
	rapid.Float64Range(math.SmallestNonzeroFloat64, math.MaxFloat64))

func drawBars(t *rapid.T) []bar {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) bar {
		a, b, c := anyPrice.Draw(t, "a"), anyPrice.Draw(t, "b"), anyPrice.Draw(t, "c")
		return bar{max(a, b, c), min(a, b, c), b, rapid.Float64Range(0, 10).Draw(t, "volume")}
	}), 1, 80).Draw(t, "bars")
}

func TestStoredIndicatorGoesOnWithTheSameBits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		history := drawBars(t)
		cut := rapid.IntRange(0, len(history)).Draw(t, "cut")
		for _, c := range indicators() {
			whole, _, of := c.make(t)
			for _, b := range history[:cut] {
				whole(b)
			}
			data, err := of.(stored).MarshalBinary()
			require.NoError(t, err)
			resumed, _, into := c.make(t)
			for _, b := range history[len(history)/2:] { // what it has seen before has to go
				resumed(b)
			}
			require.NoError(t, into.(stored).UnmarshalBinary(data))
			for i, b := range history[cut:] {
				want, warm := whole(b)
				got, ok := resumed(b)
				require.Equal(t, warm, ok)
				require.Equal(t, want, got, "%s, %d after bar %d", c.name, i, cut)
			}
			again, err := into.(stored).MarshalBinary()
			require.NoError(t, err)
			data, err = of.(stored).MarshalBinary()
			require.NoError(t, err)
			if c.name[:3] != "Don" { // whose ring may begin elsewhere
				require.Equal(t, data, again)
			}
		}
	})
}

func TestOutputIsNeverNaN(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		history := drawBars(t)
		for _, c := range indicators() {
			update, _, _ := c.make(t)
			for i, b := range history {
				out, ok := update(b)
				for _, x := range out {
					require.False(t, ok && math.IsNaN(x), "%s at bar %d: %v", c.name, i, out)
				}
			}
		}
	})
}

func TestStatesThatAreRefused(t *testing.T) {
	t.Parallel()
	for i, c := range indicators() {
		update, _, of := c.make(t)
		for k := range 70 {
			x := 100 + float64(k*7919%100)
			update(bar{x + 1, x - 1, x, 1})
		}
		good, err := of.(stored).MarshalBinary()
		require.NoError(t, err)
		into := of.(stored)
		for want, bad := range map[string][]byte{
			"this is not a state":  {},
			"of another version":   append([]byte{9}, good[1:]...),
			"it is cut off":        good[:len(good)-1],
			"8 bytes are left":     append(good[:len(good):len(good)], make([]byte, 8)...),
			"it is not of this":    append(good[:1:1], append([]byte{1}, good[2:]...)...),
			"what is not a number": append(good[:len(good)-8:len(good)-8], 1, 0, 0, 0, 0, 0, 0xf8, 0x7f),
		} {
			if want == "what is not a number" && (c.name[:3] == "Don" || c.name[:3] == "MAC") {
				continue // their last field is a count
			}
			require.ErrorContains(t, into.UnmarshalBinary(bad), want, c.name)
		}
		after, err := into.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, good, after, "%s stays as it was", c.name)
		for j, other := range indicators() {
			_, _, of := other.make(t)
			if i == j {
				require.NoError(t, of.(stored).UnmarshalBinary(good))
				continue
			}
			require.ErrorContains(t, of.(stored).UnmarshalBinary(good), "it is not of this", "%s into %s", c.name, other.name)
		}
	}
}

// States of version 1 end before what tells how much rounding there is, so there may be any amount of it.
func TestStateOfAnOlderVersionIsReadAndRightAtOnce(t *testing.T) {
	t.Parallel()
	const period = 20
	inputs := withTicks(period, []float64{1e8})
	for kind, layout := range map[string]struct{ more, rounded int }{ // words: new at the end, and how far before it the worst
		"SMA": {2, 1}, "StdDev": {1, 3}, "EMA": {0, 0},
	} {
		for cut := period; cut < len(inputs); cut++ {
			whole, resumed := byKind(t, kind, period), byKind(t, kind, period)
			for _, x := range inputs[:cut] {
				whole.Update(x)
			}
			data, err := whole.(stored).MarshalBinary()
			require.NoError(t, err)
			data = data[:len(data)-8*layout.more]
			data[0] = 1
			if at := len(data) - 8*layout.rounded; layout.rounded > 0 {
				binary.LittleEndian.PutUint64(data[at:], math.Float64bits(54321))
			}
			resumed.Update(1e300) // which has to go
			require.NoError(t, resumed.(stored).UnmarshalBinary(data))
			for i, x := range inputs[cut:] {
				want, _ := whole.Update(x)
				got, ok := resumed.Update(x)
				require.True(t, ok)
				require.InEpsilon(t, want, got, 1e-9, "%s, %d after %d", kind, i, cut)
			}
		}
	}
}

func byKind(t *testing.T, kind string, period int) updater {
	switch kind {
	case "SMA":
		return made(t)(indicator.NewSMA(period))
	case "StdDev":
		return made(t)(indicator.NewStdDev(period))
	}
	return newEMA(t, period)
}

// Whatever bytes it is given, an indicator refuses them or works on.
func FuzzStates(f *testing.F) {
	for _, c := range indicators() {
		update, _, of := c.make(f)
		for k := range 60 {
			x := 100 + float64(k*7919%100)
			update(bar{x + 1, x - 1, x, 1})
		}
		data, err := of.(stored).MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, c := range indicators() {
			update, _, of := c.make(t)
			if of.(stored).UnmarshalBinary(data) != nil {
				continue
			}
			for k := range 120 {
				update(bar{float64(k), float64(k), float64(k), 1})
			}
		}
	})
}

func TestSessionOfVWAPBeginsAnew(t *testing.T) {
	t.Parallel()
	var v indicator.VWAP
	_, ok := v.Update(10, 10, 10, 0)
	require.False(t, ok, "nothing was traded")
	got, ok := v.Update(12, 9, 9, 2)
	require.True(t, ok)
	require.Equal(t, 10.0, got)
	got, _ = v.Update(16, 16, 16, 1)
	require.InDelta(t, 12, got, 1e-12)
	v.Reset()
	got, _ = v.Update(3, 3, 3, 5)
	require.InDelta(t, 3, got, 1e-12)
}
