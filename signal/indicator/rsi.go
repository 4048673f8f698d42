package indicator

import "math"

// RSI is the relative strength index with Wilder's smoothing (J. Welles Wilder, New Concepts in Technical Trading
// Systems, 1978): 100 times the average rise over the sum of the average rise and the average fall. Use NewRSI.
//
// The averages start as the simple averages of the first period changes. Where nothing has ever moved the RSI is 50:
// neither side has any strength. TA-Lib says 0 there, which a strategy would take for the deepest fall, and does so
// wherever the averages together are below 1e-14: for a coin at 0.00002, after some still minutes. Here the scale of a
// price plays no part.
type RSI struct {
	period     int
	share      float64 // of a change in the averages
	seen       int     // changes so far, up to period
	ready      bool
	last       float64
	gain, loss float64 // averages once seen is period
}

// neutral is the RSI of a market in which neither side is stronger.
const neutral = 50

// NewRSI returns an RSI that has seen nothing. The period is at least 2.
func NewRSI(period int) (RSI, error) {
	if err := checkPeriod("RSI", period, 2); err != nil {
		return RSI{}, err
	}
	return RSI{period: period, share: 1 / float64(period)}, nil
}

// Warmup is how many inputs there must be for the first output: the period and one more, since it is changes that count.
func (r *RSI) Warmup() int { return r.period + 1 }

// Update takes the next input and returns the index, 0 to 100, and false while it is warming up.
func (r *RSI) Update(x float64) (float64, bool) {
	if !r.ready {
		r.ready, r.last = true, x
		return neutral, false
	}
	half := 0.5 * (x - r.last) // from halves, since which way it goes is what no processor can foresee
	gain, loss := math.Abs(half)+half, math.Abs(half)-half
	r.last = x
	if r.seen < r.period { // the simple average of those so far
		r.seen++
		r.gain += (gain - r.gain) / float64(r.seen)
		r.loss += (loss - r.loss) / float64(r.seen)
		return r.value(), r.seen == r.period
	}
	r.gain += float64((gain - r.gain) * r.share)
	r.loss += float64((loss - r.loss) * r.share)
	return r.value(), true
}

// value is one division, but for moves so large that their sum overflows, where it is two.
func (r *RSI) value() float64 {
	switch both := r.gain + r.loss; {
	case both == 0:
		return neutral
	case both > math.MaxFloat64:
		return 100 / (1 + r.loss/r.gain)
	default:
		return 100 * (r.gain / both)
	}
}

// MarshalBinary returns what it has seen.
func (r *RSI) MarshalBinary() ([]byte, error) { return save(r) }

// UnmarshalBinary goes on from what MarshalBinary returned, of an RSI of the same period.
func (r *RSI) UnmarshalBinary(data []byte) error { return load(data, r) }

func (r *RSI) fields(s *state) {
	s.is("RSI", float64(r.period))
	s.count(&r.seen, r.period)
	s.flag(&r.ready)
	s.float(&r.last)
	s.float(&r.gain)
	s.float(&r.loss)
}
