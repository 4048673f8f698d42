// Package indicator computes technical indicators one value at a time, as bars close.
//
// New... checks the parameters, Update takes the next input and returns the output. Update costs the same for any
// period and allocates nothing. Until an indicator has seen Warmup inputs it returns false, and whatever number comes
// with it means nothing. An indicator without a window is a value, and copying it copies what it has seen; one with a
// window (SMA, StdDev, Bollinger, Donchian) is a pointer.
//
// What an indicator has seen can be stored: each is an encoding.BinaryMarshaler and BinaryUnmarshaler. A state goes into
// an indicator that was made with the same parameters; another one is refused, and so are bytes that are no state, and
// then the indicator stays as it was. From there on it gives the same bits as if it had never been stored.
//
// Where it was not stored, an indicator that begins later than another one comes to agree with it. One with a window does
// once it is warm, but for rounding. The others never quite forget: after twenty times its Warmup the start of an EMA or
// a MACD is below rounding, and a few billionths are left in Wilder's averages, which forget half as fast: up to 4e-9 of
// the RSI's scale, and 1e-8 of an ATR. After ten times its Warmup a hundredth of a point may be left in an RSI of 14.
//
// An input that was far off, such as a tick of 10^6 times the price, is in an average for as long as the average's
// definition says, and no rounding stays behind when it has left.
//
// Seeds and smoothing are TA-Lib's, so that figures can be compared with what traders see elsewhere; where this package
// departs from it, the indicator says so (RSI, StdDev). VWAP is one that TA-Lib does not have. Sums are rounded at each
// step, never fused, so the same inputs give the same bits on every processor.
//
// Inputs have to be finite: a NaN would stay in the averages for good, so bars are validated before they get here. No
// indicator is safe for concurrent use.
package indicator

import "fmt"

// maxPeriod is the longest period that is accepted, as in TA-Lib.
const maxPeriod = 100_000

func checkPeriod(name string, period, smallest int) error {
	if period < smallest || period > maxPeriod {
		return fmt.Errorf("indicator: %s period %d is not in %d to %d", name, period, smallest, maxPeriod)
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
