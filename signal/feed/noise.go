package feed

import (
	"math"
	"time"
)

// The synthetic market's logarithm of the price is a sum of octaves. Each octave is a line through knots at uneven heights
// and uneven distances, smooth between them. The knots are hashes of their number, so any moment is computed on its own.
// The amplitudes grow with the square root of the period, as a random walk's moves do.
//
// In a random walk two moving averages of 8 and 21 bars cross every twenty bars: too seldom for somebody who tries the
// program for a minute on bars of 5 s, and now and then not once in ten. So there is one line more, the swing. Most of
// its knots are in turn above and below zero and none is near it, which makes the averages cross about every ten bars.
// In groups of four the turns begin anew with a side of their own; otherwise the swing would beat like a clock for ever.
// It has the period of eight bars of 5 s, and of eight bars where they are shorter: with one for all, averages crossed
// every 43 bars of 1 s and every 80 of 250 ms.
const (
	octaves  = 25
	shortest = 100 * time.Millisecond // period of the first octave; the last has 19 days

	swing     = swingBars * 5 * time.Second
	swingBars = 8
	swingSize = 2.4e-3 // its amplitude, as a fraction of the price
	swingLow  = 0.4    // of the amplitude: how near to zero its knots come
	stepSize  = 3e-4   // amplitude of an octave that had the period of the swing

	jitter = 0.6 // of the period: how far a knot may be late; above 1 knots would change places
)

// octave is one of the lines.
type octave struct {
	key       uint64
	period    int64 // nanoseconds
	offset    int64 // nanoseconds, so that no two have their knots together
	amplitude float64
	swings    bool
}

// noise is the sum of them all. Their amplitudes together, 0.21, bound it.
type noise [octaves + 1]octave

func newNoise(key uint64, interval time.Duration) *noise {
	var n noise
	for i := range n {
		key = mix(key)
		period, size := min(swing, swingBars*min(interval, swing)), swingSize
		if i < octaves {
			period, size = shortest<<i, stepSize
		}
		amplitude := size * math.Sqrt(period.Seconds()/swing.Seconds())
		n[i] = octave{
			key: key, period: int64(period), offset: int64(key % uint64(period)),
			amplitude: amplitude, swings: i == octaves,
		}
	}
	return &n
}

// at is the noise at a time in Unix nanoseconds.
func (n *noise) at(ns int64) float64 {
	var sum float64
	for i := range n {
		sum += n[i].at(ns)
	}
	return sum
}

// at is the octave's value. Products are converted so that they are not fused into sums: every processor then gives the
// same bits.
func (o *octave) at(ns int64) float64 {
	ns += o.offset
	i := ns / o.period
	rest := ns - i*o.period
	if rest < 0 { // before 1970 the division rounds the wrong way
		i--
		rest += o.period
	}
	x := float64(rest) / float64(o.period)
	from, v := o.knot(i)
	var to, w float64
	if x < from {
		to, w = from, v
		from, v = o.knot(i - 1)
		from--
	} else {
		to, w = o.knot(i + 1)
		to++
	}
	x = (x - from) / (to - from)
	x = float64(x*x) * (3 - float64(2*x))
	return v + float64((w-v)*x)
}

// knot returns how late in its period the i-th knot is, as a fraction, and its value.
func (o *octave) knot(i int64) (late, value float64) {
	h := o.hash(i)
	late, height := jitter*unit(h>>32), unit(h)
	if !o.swings {
		return late, o.amplitude * (2*height - 1)
	}
	value = o.amplitude * (swingLow + float64((1-swingLow)*height))
	if side := uint64(i) ^ o.hash(i>>2)>>63; side%2 == 1 {
		value = -value
	}
	return late, value
}

func (o *octave) hash(i int64) uint64 { return mix(o.key ^ uint64(i)*0xd1342543de82ef95) }

// unit maps the lower 32 bits to a fraction, 0 up to but not 1.
func unit(h uint64) float64 { return float64(uint32(h)) / (1 << 32) }

// mix is the output function of SplitMix64 (Steele, Lea and Flood, 2014): neighbours in, strangers out.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
