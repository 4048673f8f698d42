package book

import (
	"math/bits"

	"github.com/shopspring/decimal"
)

// volume adds up products. It is exact, and most additions allocate nothing: they go into a machine word, which has the
// exponent of the finest product so far, until it is full.
type volume struct {
	sum  decimal.Decimal // without the word
	word uint64
	exp  int32
}

// add adds a quantity at a price, neither of them negative.
func (v *volume) add(quantity, price decimal.Decimal) {
	if quantity.NumDigits()+price.NumDigits() > 19 { // 10^19 is less than a word holds
		v.sum = v.sum.Add(quantity.Mul(price))
		return
	}
	product := uint64(quantity.CoefficientInt64()) * uint64(price.CoefficientInt64()) //nolint:gosec // not negative
	exp := quantity.Exponent() + price.Exponent()
	scaled, fits := product, true
	switch {
	case exp > v.exp:
		scaled, fits = scale(product, exp-v.exp)
	case exp < v.exp:
		var word uint64
		if word, fits = scale(v.word, v.exp-exp); fits {
			v.word, v.exp = word, exp
		}
	}
	word, carry := bits.Add64(v.word, scaled, 0)
	if !fits || carry != 0 {
		v.flush()
		word, v.exp = product, exp
	}
	v.word = word
}

// flush moves the word into the sum.
func (v *volume) flush() { v.sum, v.word = v.total(), 0 }

func (v *volume) total() decimal.Decimal {
	if v.word == 0 {
		return v.sum
	}
	return v.sum.Add(decimal.NewFromUint64(v.word).Shift(v.exp))
}

// scale multiplies by a power of ten, and says whether that fits.
func scale(x uint64, places int32) (uint64, bool) {
	for ; places > 0 && x > 0; places-- {
		high, low := bits.Mul64(x, 10)
		if high != 0 {
			return 0, false
		}
		x = low
	}
	return x, true
}
