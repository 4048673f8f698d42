// Package approx makes float64 of exact numbers, cheaply, so that what is far from a limit costs no exact sum.
package approx

import (
	"math"

	"github.com/shopspring/decimal"
)

// Slack is by which part of the largest number among them a sum of such float64 may be wrong, with much to spare: each of
// them is wrong by 2^-52, and no account has a million positions.
const Slack = 1e-9

// digits is how many decimal digits an int64 holds for certain.
const digits = 18

// tens are the powers of ten that a float64 holds exactly.
var tens = [...]float64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// Float returns d as a float64 that is wrong by 2^-52 of it at the most. For up to 18 digits it allocates nothing.
func Float(d decimal.Decimal) float64 {
	if d.NumDigits() > digits {
		return d.InexactFloat64()
	}
	coefficient, exponent := float64(d.CoefficientInt64()), int(d.Exponent())
	switch {
	case exponent >= 0 && exponent < len(tens):
		return coefficient * tens[exponent]
	case exponent < 0 && -exponent < len(tens):
		return coefficient / tens[-exponent]
	}
	return coefficient * math.Pow10(exponent)
}
