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

// parts are a whole, a tenth and so on: math.Pow10 divides, which takes longer than all the rest.
var parts = [...]float64{1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14, 1e-15, 1e-16}

// Float is d, but for a relative error of 1e-15.
func Float(d decimal.Decimal) float64 {
	if d.NumDigits() > 18 { // It does not fit into an int64.
		return d.InexactFloat64()
	}
	if places := -int(d.Exponent()); places >= 0 && places < len(parts) {
		return float64(d.CoefficientInt64()) * parts[places]
	}
	return float64(d.CoefficientInt64()) * math.Pow10(int(d.Exponent()))
}
