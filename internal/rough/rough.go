// Package rough answers from a float64 what an exact sum would say, where it is far from the point at which it matters.
//
// Most bars change nothing: an account that carries its positions still does, and a day's loss is nowhere near its limit.
// Exact sums cost ten allocations each; whoever asks on every bar asks roughly first, and exactly where that does not
// tell.
package rough

import (
	"math"

	"github.com/shopspring/decimal"
)

// Error bounds what is lost by adding up a few hundred products of Floats, as a fraction of the sum of their sizes.
const Error = 1e-9

// Float is d, but for a relative error of 1e-15.
func Float(d decimal.Decimal) float64 {
	if d.NumDigits() > 18 { // It does not fit into an int64.
		return d.InexactFloat64()
	}
	return float64(d.CoefficientInt64()) * math.Pow10(int(d.Exponent()))
}
