package indicator

// SMA is the simple average of the last inputs. Use NewSMA.
type SMA struct {
	window window
	share  float64 // of one input in the average
	value  float64
}

// NewSMA returns an SMA that has seen nothing. The period is at least 1; an SMA of 1 is its input.
func NewSMA(period int) (*SMA, error) {
	if err := checkPeriod("SMA", period, 1); err != nil {
		return nil, err
	}
	return &SMA{window: window{values: make([]float64, period)}, share: 1 / float64(period)}, nil
}

// Warmup is how many inputs there must be for the first output: the period.
func (s *SMA) Warmup() int { return len(s.window.values) }

// Update takes the next input and returns the average, and false while it is warming up.
func (s *SMA) Update(x float64) (float64, bool) {
	old, full := s.window.push(x)
	switch {
	case !full:
		m := mean{n: s.window.n - 1, value: s.value}
		m.add(x)
		s.value = m.value
	case s.window.next == 0: // once in a period, so that no rounding stays longer
		s.value = s.window.mean()
	default:
		s.value += float64((x - old) * s.share)
	}
	return s.value, s.window.n == len(s.window.values)
}

// MarshalBinary returns what it has seen.
func (s *SMA) MarshalBinary() ([]byte, error) { return save(s) }

// UnmarshalBinary goes on from what MarshalBinary returned, of an SMA of the same period.
func (s *SMA) UnmarshalBinary(data []byte) error { return load(data, s) }

func (s *SMA) fields(t *state) {
	t.is("SMA", float64(s.Warmup()))
	s.window.fields(t)
	t.float(&s.value)
}
