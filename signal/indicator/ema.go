package indicator

// EMA is an exponential moving average with the smoothing factor 2/(period+1). Use NewEMA.
//
// Its first output is the simple average of the first period inputs.
type EMA struct {
	period int
	seed   mean
	factor float64
	value  float64
}

// NewEMA returns an EMA that has seen nothing. The period is at least 1; an EMA of 1 is its input.
func NewEMA(period int) (EMA, error) {
	if err := checkPeriod("EMA", period, 1); err != nil {
		return EMA{}, err
	}
	return EMA{period: period, factor: 2 / float64(period+1)}, nil
}

// Warmup is how many inputs there must be for the first output: the period.
func (e *EMA) Warmup() int { return e.period }

// Factor is the weight of the newest input.
func (e *EMA) Factor() float64 { return e.factor }

// Update takes the next input and returns the average, and false while it is warming up.
func (e *EMA) Update(x float64) (float64, bool) {
	if e.seed.n < e.period {
		e.seed.add(x)
		e.value = e.seed.value
		return e.value, e.seed.n == e.period
	}
	e.value += float64(e.factor * (x - e.value)) // the conversion keeps the product from being fused into the sum
	return e.value, true
}

// MarshalBinary returns what it has seen.
func (e *EMA) MarshalBinary() ([]byte, error) { return save(e) }

// UnmarshalBinary goes on from what MarshalBinary returned, of an EMA of the same period.
func (e *EMA) UnmarshalBinary(data []byte) error { return load(data, e) }

func (e *EMA) fields(s *state) {
	s.is("EMA", float64(e.period))
	s.count(&e.seed.n, e.period)
	s.float(&e.seed.value)
	s.float(&e.value)
}
