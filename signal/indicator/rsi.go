package indicator

// RSI is the relative strength index with Wilder's smoothing (J. Welles Wilder, New Concepts in Technical Trading
// Systems, 1978): 100 times the average rise over the sum of the average rise and the average fall. Use NewRSI.
//
// The averages start as the simple averages of the first period changes. Where nothing has ever moved the RSI is 50:
// neither side has any strength. TA-Lib says 0 there, which a strategy would take for the deepest fall.
type RSI struct {
	period     int
	seen       int // changes so far, up to period
	primed     bool
	last       float64
	rise, fall float64 // averages once seen is period
}

// neutral is the RSI of a market in which neither side is stronger.
const neutral = 50

// NewRSI returns an RSI that has seen nothing. The period is at least 2.
func NewRSI(period int) (RSI, error) {
	if err := checkPeriod("RSI", period, 2); err != nil {
		return RSI{}, err
	}
	return RSI{period: period}, nil
}

// Warmup is how many inputs there must be for the first output: the period and one more, since it is changes that count.
func (r *RSI) Warmup() int { return r.period + 1 }

// Update takes the next input and returns the index, 0 to 100, and false while it is warming up.
func (r *RSI) Update(x float64) (float64, bool) {
	if !r.primed {
		r.primed, r.last = true, x
		return neutral, false
	}
	rise, fall := max(x-r.last, 0), max(r.last-x, 0)
	r.last = x
	// While warming up the divisor is the count so far, which gives the simple average; afterwards it is the period.
	r.seen = min(r.seen+1, r.period)
	r.rise += (rise - r.rise) / float64(r.seen)
	r.fall += (fall - r.fall) / float64(r.seen)
	return r.value(), r.seen == r.period
}

// value divides before it adds up: the sum of two averages may overflow, their quotient means the same.
func (r *RSI) value() float64 {
	switch {
	case r.rise == 0 && r.fall == 0:
		return neutral
	case r.rise >= r.fall:
		return 100 / (1 + r.fall/r.rise)
	default:
		return 100 - 100/(1+r.rise/r.fall)
	}
}
