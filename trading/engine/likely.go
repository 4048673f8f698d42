package engine

import (
	"math/big"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
)

// Splits are of small numbers, such as 4:1, 3:2, 1:20 and 100:1. Those of others, such as 11:10, look like anything.
const (
	mostParts = 1000
	fewParts  = 2
)

// ratio is that of a split which makes one quantity of another; false where none of small numbers does.
func ratio(before, after decimal.Decimal) (oldPart, newPart decimal.Decimal, ok bool) {
	if before.Sign()*after.Sign() <= 0 {
		return decimal.Zero, decimal.Zero, false
	}
	r := new(big.Rat).Quo(after.Rat(), before.Rat())
	if !r.Num().IsInt64() || !r.Denom().IsInt64() {
		return decimal.Zero, decimal.Zero, false
	}
	n, d := r.Num().Int64(), r.Denom().Int64()
	if max(n, d) > mostParts || min(n, d) > fewParts {
		return decimal.Zero, decimal.Zero, false
	}
	return decimal.NewFromInt(d), decimal.NewFromInt(n), true
}

// match adds to each difference what it looks like, if it looks like a conversion: a quantity that is a multiple of the
// other, at a price that goes with it, or the same quantity of another instrument.
func (c *reconciler) match(held map[string]decimal.Decimal, found []difference) []difference {
	for i := range found {
		d := &found[i]
		if d.looksLike.Symbol != "" {
			continue
		}
		price, _ := c.env.price(d.symbol)
		paid := view(c.ledger, func(b *book.Book) decimal.Decimal { return b.Position(d.symbol).AveragePrice() })
		if o, n, ok := ratio(d.inBook, d.atBroker); ok && fits(price, paid, o, n) {
			d.looksLike = trading.Conversion{Symbol: d.symbol, To: d.symbol, Old: o, New: n}
		} else if to := c.sameElsewhere(held, *d); to != "" {
			one := decimal.NewFromInt(1)
			d.looksLike = trading.Conversion{Symbol: d.symbol, To: to, Old: one, New: one}
		}
	}
	return found
}

// fits reports whether a price goes with a split: what was paid is nearer to it in the new units than in the old ones. A
// price that nobody knows goes with any.
func fits(price, paid, oldPart, newPart decimal.Decimal) bool {
	if !price.IsPositive() || !paid.IsPositive() {
		return true
	}
	apart := func(x, y decimal.Decimal) decimal.Decimal {
		return decimal.Max(x, y).DivRound(decimal.Min(x, y), 8)
	}
	return apart(price.Mul(newPart), paid.Mul(oldPart)).LessThan(apart(price, paid))
}

// sameElsewhere is the one instrument of which the Broker holds as much as the book does of one that the Broker holds no
// more, and of which the book knows nothing; "" for none, or several.
func (c *reconciler) sameElsewhere(held map[string]decimal.Decimal, d difference) (to string) {
	if !d.atBroker.IsZero() {
		return ""
	}
	for symbol, quantity := range held {
		inBook := view(c.ledger, func(b *book.Book) decimal.Decimal { return b.Position(symbol).Quantity })
		if !quantity.Equal(d.inBook) || !inBook.IsZero() {
			continue
		}
		if to != "" {
			return ""
		}
		to = symbol
	}
	return to
}
