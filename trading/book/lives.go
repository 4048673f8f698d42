package book

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// lives are those of the positions that are held, by symbol.
type lives map[string]life

// life is since when a position has been held, and the most that it has come to. It ends when it is flat, or turns.
type life struct {
	Opened time.Time       `json:"opened"`
	Most   decimal.Decimal `json:"most"` // unsigned
}

// changed takes note of what became of a position.
func (l lives) changed(at time.Time, before, after trading.Position) {
	switch {
	case after.Quantity.IsZero():
		delete(l, after.Symbol)
	case before.Quantity.Sign()*after.Quantity.Sign() <= 0:
		l[after.Symbol] = life{at, after.Quantity.Abs()}
	case after.Quantity.Abs().GreaterThan(before.Quantity.Abs()):
		held := l[after.Symbol]
		held.Most = decimal.Max(held.Most, after.Quantity.Abs())
		l[after.Symbol] = held
	}
}

// filledAt is when a fill was made, as far as a clock of ours can tell: it was heard of at the given time, and not before it
// was made.
func filledAt(f *trading.Fill, at time.Time) time.Time {
	if f.Time.IsZero() || f.Time.After(at) {
		return at
	}
	return f.Time
}
