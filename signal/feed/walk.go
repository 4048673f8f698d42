package feed

import (
	"math"
	"time"
)

// The synthetic market's logarithm of the price is a sum of waves. Each wave is a line through points at uneven heights
// and uneven distances, smooth between them. The points are hashes of their number, so any moment is computed on its
// own. The amplitudes grow with the square root of the period, as a random walk's moves do.
//
// In a random walk two moving averages of 8 and 21 bars cross every twenty bars: too seldom for a user who tries the
// program for a minute on bars of 5 s, and now and then not once in ten. So there is one line more, the cycle. Most of
// its points are in turn above and below zero and none is near it, which makes the averages cross about every ten bars.
// In groups of four the turns begin anew with a side of their own; otherwise the cycle would beat like a clock for
// ever. It has the period of eight bars of 5 s, and of eight bars where they are shorter: with one for all, averages
// crossed every 43 bars of 1 s and every 80 of 250 ms.
const (
	waveCount = 25
	shortest  = 100 * time.Millisecond // period of the first wave; the last has 19 days

	cycle     = cycleBars * 5 * time.Second
	cycleBars = 8
	cycleSize = 2.4e-3 // its amplitude, as a fraction of the price
	cycleLow  = 0.4    // of the amplitude: how near to zero its points come
	stepSize  = 3e-4   // amplitude of an wave that had the period of the cycle

	jitter = 0.6 // of the period: how far a point may be late; above 1 points would change places
)

// wave is one of the lines.
type wave struct {
	key       uint64
	period    int64 // nanoseconds
	offset    int64 // nanoseconds, so that no two have their points together
	amplitude float64
	cycles    bool
}

// walk is the sum of them all. Their amplitudes together, 0.21, bound it.
type walk [waveCount + 1]wave

func newWalk(key uint64, interval time.Duration) *walk {
	var n walk
	for i := range n {
		key = mix(key)
		period, size := min(cycle, cycleBars*min(interval, cycle)), cycleSize
		if i < waveCount {
			period, size = shortest<<i, stepSize
		}
		amplitude := size * math.Sqrt(period.Seconds()/cycle.Seconds())
		n[i] = wave{
			key: key, period: int64(period), offset: int64(key % uint64(period)),
			amplitude: amplitude, cycles: i == waveCount,
		}
	}
	return &n
}

// at is the walk at a time in Unix nanoseconds.
func (n *walk) at(ns int64) float64 {
	var sum float64
	for i := range n {
		sum += n[i].at(ns)
	}
	return sum
}

// at is the wave's value. Products are converted so that they are not fused into sums: every processor then gives the
// same bits.
func (o *wave) at(ns int64) float64 {
	ns += o.offset
	i := ns / o.period
	rest := ns - i*o.period
	if rest < 0 { // before 1970 the division rounds the wrong way
		i--
		rest += o.period
	}
	x := float64(rest) / float64(o.period)
	from, v := o.point(i)
	var to, w float64
	if x < from {
		to, w = from, v
		from, v = o.point(i - 1)
		from--
	} else {
		to, w = o.point(i + 1)
		to++
	}
	x = (x - from) / (to - from)
	x = float64(x*x) * (3 - float64(2*x))
	return v + float64((w-v)*x)
}

// point returns how late in its period the i-th point is, as a fraction, and its value.
func (o *wave) point(i int64) (offset, value float64) {
	h := o.hash(i)
	offset, height := jitter*unit(h>>32), unit(h)
	if !o.cycles {
		return offset, o.amplitude * (2*height - 1)
	}
	value = o.amplitude * (cycleLow + float64((1-cycleLow)*height))
	if side := uint64(i) ^ o.hash(i>>2)>>63; side%2 == 1 {
		value = -value
	}
	return offset, value
}

func (o *wave) hash(i int64) uint64 { return mix(o.key ^ uint64(i)*0xd1342543de82ef95) }

// unit maps the lower 32 bits to a fraction, 0 up to but not 1.
func unit(h uint64) float64 { return float64(uint32(h)) / (1 << 32) }

// mix is the output function of SplitMix64 (Steele, Lea and Flood, 2014): neighbours in, strangers out.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
