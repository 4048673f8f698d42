package book

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// PriceFunc says what an instrument is worth, and false if that is not known.
type PriceFunc func(symbol string) (decimal.Decimal, bool)

// positions are those of every instrument that was ever traded, by symbol.
type positions map[string]trading.Position

// Position returns what is held of symbol.
func (s positions) Position(symbol string) trading.Position {
	p := s[symbol]
	p.Symbol = symbol
	return p
}

// Positions returns every instrument that was ever traded, by symbol; those that are flat now keep what they realized.
func (s positions) Positions() []trading.Position {
	all := make([]trading.Position, 0, len(s))
	for _, p := range s {
		all = append(all, p)
	}
	slices.SortFunc(all, func(x, y trading.Position) int { return cmp.Compare(x.Symbol, y.Symbol) })
	return all
}

// Unrealized is the profit, before fees, of closing all positions at the given prices. A position without a price
// counts as nothing and is named in missing.
func (s positions) Unrealized(price PriceFunc) (profit decimal.Decimal, missing []string) {
	for _, p := range s.Positions() {
		if p.Quantity.IsZero() {
			continue
		}
		at, ok := price(p.Symbol)
		if !ok {
			missing = append(missing, p.Symbol)
			continue
		}
		profit = profit.Add(p.Unrealized(at))
	}
	return profit, missing
}

// add takes a fill in, and returns the position before and after it.
func (s positions) add(f *trading.Fill) (before, after trading.Position) {
	before = s[f.Symbol]
	after = before.After(*f)
	s[f.Symbol] = after
	return before, after
}
