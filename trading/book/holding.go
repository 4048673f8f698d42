package book

import (
	"iter"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/shopspring/decimal"
)

// Holding is what is held of an instrument, beside what is to be held.
type Holding struct {
	trading.Position

	Target   Target // the zero Target where there is none
	Last     OrderState
	External decimal.Decimal // the part of the position that no target asked for, signed as the position
	Taken    decimal.Decimal // what something else than our orders has sold of it, or bought back, since the target was set
	Opened   time.Time       // when the first of it was filled
	Most     decimal.Decimal // the most that was held since then, without sign
}

// Holding returns what is held of symbol, beside what is to be held.
func (b *Book) Holding(symbol string) Holding {
	h := Holding{Position: b.Position(symbol), External: b.added[symbol], Taken: b.taken[symbol]}
	held := b.lives[symbol]
	h.Opened, h.Most = held.Opened, held.Most
	if t := b.targets[symbol]; t != nil {
		h.Target = *t
		h.Last, _ = b.Order(t.Last)
	}
	return h
}

// Holdings yields what is held, in no order: an Engine looks at it in every step, where seldom anything is held.
func (b *Book) Holdings() iter.Seq[Holding] {
	return func(yield func(Holding) bool) {
		for symbol, p := range b.positions {
			if p.Quantity.IsZero() {
				continue
			}
			if !yield(b.Holding(symbol)) {
				return
			}
		}
	}
}

// endOf is the status of an order of which nothing is to come any more.
func endOf(e journal.Canceled) trading.OrderStatus {
	if e.Complete {
		return trading.StatusFilled
	}
	return trading.StatusCanceled
}

// ToClose is how much of what is held is more than the target, or on its other side: signed as the position is.
func (h Holding) ToClose() decimal.Decimal { return h.Target.ToClose(h.Quantity) }

// Excess is how much more is held, of what came from our own orders, than the target asks for: signed as the position.
func (h Holding) Excess() decimal.Decimal { return h.Target.ToClose(h.Quantity.Sub(h.External)) }

// ToClose is how much of what is held is more than the target, or on its other side: signed as what is held.
func (t Target) ToClose(held decimal.Decimal) decimal.Decimal {
	if t.Quantity.Sign()*held.Sign() <= 0 {
		return held
	}
	if held.IsNegative() {
		return decimal.Min(held.Sub(t.Quantity), decimal.Zero)
	}
	return decimal.Max(held.Sub(t.Quantity), decimal.Zero)
}
