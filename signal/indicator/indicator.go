// Package indicator computes technical indicators one value at a time, as bars close.
//
// Each indicator is a small value: New... checks the parameters, Update takes the next input and returns the output,
// and copying the value copies its state. Update costs the same for any period and allocates nothing. Until an
// indicator has seen Warmup inputs it returns false, and whatever number comes with it means nothing.
//
// Seeds and smoothing are TA-Lib's, so that figures can be compared with what traders see elsewhere; where this package
// departs from it, the indicator says so. Sums are rounded at each step, never fused, so the same inputs give the same
// bits on every processor.
//
// Inputs have to be finite: a NaN would stay in the averages for good, so bars are validated before they get here. No
// indicator is safe for concurrent use.
package indicator

import "fmt"

// MaxPeriod is the longest period that is accepted, as in TA-Lib.
const MaxPeriod = 100_000

func checkPeriod(name string, period, smallest int) error {
	if period < smallest || period > MaxPeriod {
		return fmt.Errorf("indicator: %s period %d is not in %d to %d", name, period, smallest, MaxPeriod)
	}
	return nil
}

// mean is a running mean. It is updated rather than summed up, because a sum of valid prices may overflow.
type mean struct {
	n     int
	value float64
}

func (m *mean) add(x float64) {
	m.n++
	m.value += (x - m.value) / float64(m.n)
}
