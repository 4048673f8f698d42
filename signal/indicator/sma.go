package indicator

import "math"

// SMA is the simple average of the last inputs. Use NewSMA.
type SMA struct {
	window window
	share  float64 // of one input in the average
	value  float64
	size   float64 // the average without the inputs' signs, but for some rounding
	least  float64 // the value is worked out anew where the size falls below it
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
	if !full {
		m := mean{n: s.window.n - 1, value: s.value}
		m.add(x)
		s.value = m.value
		s.grow(math.Abs(x) * s.share)
		return s.value, s.window.n == len(s.window.values)
	}
	s.value += float64((x - old) * s.share)
	s.grow((math.Abs(x) - math.Abs(old)) * s.share)
	// Once in a period, so that no rounding stays longer, and where much has left the window, which leaves its rounding
	// behind.
	if s.window.next == 0 || s.size < s.least {
		s.restart()
	}
	return s.value, true
}

func (s *SMA) grow(by float64) {
	s.size += by
	s.least = max(s.least, lost*s.size)
}

func (s *SMA) restart() {
	s.value, s.size = s.window.mean(), s.window.size()
	s.least = lost * s.size
}

// MarshalBinary returns what it has seen.
func (s *SMA) MarshalBinary() ([]byte, error) { return save(s) }

// UnmarshalBinary goes on from what MarshalBinary returned, of an SMA of the same period.
func (s *SMA) UnmarshalBinary(data []byte) error { return load(data, s) }

func (s *SMA) fields(t *state) {
	t.is("SMA", float64(s.Warmup()))
	s.window.fields(t)
	t.float(&s.value)
	t.rounding(&s.least, &s.size)
}
