package indicator

// ATR is Wilder's average true range: how far a bar goes, the gap before it included, on average. Use NewATR.
//
// The average starts as the simple average of the first period true ranges. The first bar has none, since it has no
// close before it.
type ATR struct {
	period int
	share  float64 // of a true range in the average
	seen   int     // true ranges so far, up to the period
	ready  bool
	last   float64 // close
	value  float64
}

// NewATR returns an ATR that has seen nothing. The period is at least 1.
func NewATR(period int) (ATR, error) {
	if err := checkPeriod("ATR", period, 1); err != nil {
		return ATR{}, err
	}
	return ATR{period: period, share: 1 / float64(period)}, nil
}

// Warmup is how many bars there must be for the first output: the period and one more.
func (a *ATR) Warmup() int { return a.period + 1 }

// Update takes the next bar (last is its close) and returns the average, and false while it is warming up.
func (a *ATR) Update(high, low, last float64) (float64, bool) {
	before := a.last
	a.last = last
	if !a.ready {
		a.ready = true
		return 0, false
	}
	if before > high { // a gap; seldom, and foreseen better than max and min are computed
		high = before
	} else if before < low {
		low = before
	}
	distance := high - low - a.value
	if a.seen < a.period {
		a.seen++
		a.value += distance / float64(a.seen)
		return a.value, a.seen == a.period
	}
	a.value += float64(distance * a.share)
	return a.value, true
}

// MarshalBinary returns what it has seen.
func (a *ATR) MarshalBinary() ([]byte, error) { return save(a) }

// UnmarshalBinary goes on from what MarshalBinary returned, of an ATR of the same period.
func (a *ATR) UnmarshalBinary(data []byte) error { return load(data, a) }

func (a *ATR) fields(s *state) {
	s.is("ATR", float64(a.period))
	s.count(&a.seen, a.period)
	s.flag(&a.ready)
	s.float(&a.last)
	s.float(&a.value)
}
