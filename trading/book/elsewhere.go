package book

import (
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/shopspring/decimal"
)

// elsewhere is how much of a position came from elsewhere, by symbol: bought by hand, transferred, adopted. No target
// asked for it, and it is left alone until one is set that takes the place of all that is held. It is part of the
// position, on its side and no larger: what is closed is our own part first.
type elsewhere map[string]decimal.Decimal

// came notes that a position is another one, and by how much of that it is so because of something from elsewhere.
func (e elsewhere) came(symbol string, by, held decimal.Decimal) {
	part, known := e[symbol]
	if !known && by.IsZero() {
		return
	}
	if part = within(part.Add(by), held); part.IsZero() {
		delete(e, symbol)
	} else {
		e[symbol] = part
	}
}

// filled does so for a fill, of our own order or of another.
func (e elsewhere) filled(f trading.Fill, ours bool, held decimal.Decimal) {
	by := decimal.Zero
	if !ours {
		by = f.Held()
	}
	e.came(f.Symbol, by, held)
}

// within is the quantity nearest to want from zero to what is held.
func within(want, held decimal.Decimal) decimal.Decimal {
	if held.IsNegative() {
		return decimal.Max(held, decimal.Min(want, decimal.Zero))
	}
	return decimal.Min(held, decimal.Max(want, decimal.Zero))
}
