package indicator

import (
	"fmt"
	"math"
)

// Bollinger is John Bollinger's bands: the simple average of the last inputs, and that average plus and minus a number of
// their standard deviations. Use NewBollinger.
type Bollinger struct {
	deviation StdDev
	width     float64
}

// Band is a range around a middle.
type Band struct{ Upper, Middle, Lower float64 }

// NewBollinger returns bands that have seen nothing, width deviations to each side (2 is usual). The period is at least
// 2, the width above 0.
func NewBollinger(period int, width float64) (*Bollinger, error) {
	d, err := NewStdDev(period)
	if err != nil {
		return nil, checkPeriod("Bollinger", period, 2)
	}
	if !(width > 0) || math.IsInf(width, 1) {
		return nil, fmt.Errorf("indicator: Bollinger width %v is not a number above 0", width)
	}
	return &Bollinger{deviation: *d, width: width}, nil
}

// Warmup is how many inputs there must be for the first output: the period.
func (b *Bollinger) Warmup() int { return b.deviation.Warmup() }

// Update takes the next input and returns the bands with it, and false while they are warming up.
func (b *Bollinger) Update(x float64) (Band, bool) {
	b.deviation.update(x)
	middle, width := b.deviation.mean, float64(b.width*b.deviation.value())
	return Band{middle + width, middle, middle - width}, b.deviation.window.n == len(b.deviation.window.values)
}

// MarshalBinary returns what it has seen.
func (b *Bollinger) MarshalBinary() ([]byte, error) { return save(b) }

// UnmarshalBinary goes on from what MarshalBinary returned, of bands of the same period and width.
func (b *Bollinger) UnmarshalBinary(data []byte) error { return load(data, b) }

func (b *Bollinger) fields(s *state) {
	s.is("Bands", float64(b.Warmup()), b.width)
	b.deviation.fields(s)
}
