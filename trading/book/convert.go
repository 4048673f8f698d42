package book

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// keepConverted is how many conversions are remembered by their IDs.
const keepConverted = 100

// checkConverted says why an instrument cannot have become that. Less than one unit may be missing of what the ratio gives:
// a fraction that was paid out.
func (b *Book) checkConverted(e journal.Converted) error {
	c := e.Conversion
	if err := c.Validate(); err != nil {
		return fmt.Errorf("book: converted: %w", err)
	}
	held := b.Position(c.Symbol).Quantity
	whole := c.Quantity(held)
	switch {
	case e.By == "":
		return fmt.Errorf("book: converted: %s: by nobody", c)
	case e.Tick.IsNegative():
		return fmt.Errorf("book: converted: %s: a tick of %s", c, e.Tick)
	case c.ID != "" && slices.Contains(b.converted, c.ID):
		return fmt.Errorf("book: converted: %s: %s was taken in before", c, c.ID)
	case held.IsZero():
		return fmt.Errorf("book: converted: %s: nothing of %s is held", c, c.Symbol)
	case e.Quantity.Sign() != held.Sign() || e.Quantity.Abs().GreaterThan(whole.Abs()) ||
		whole.Sub(e.Quantity).Abs().GreaterThanOrEqual(decimal.NewFromInt(1)):
		return fmt.Errorf("book: converted: %s: of %s there would be %s, and not %s", c, held, whole, e.Quantity)
	case c.Symbol != c.To && b.wasTraded(c.To):
		return fmt.Errorf("book: converted: %s: %s was traded before by its own name", c, c.To)
	}
	return nil
}

// wasTraded reports whether an instrument was ever traded, or has a target.
func (b *Book) wasTraded(symbol string) bool {
	_, traded := b.positions[symbol]
	return traded || b.targets[symbol] != nil
}

// convert takes a conversion in. What was paid stays what was paid, so that no profit comes of it; all that is reckoned in
// units goes by the ratio, and all of it goes by the new name.
func (b *Book) convert(at time.Time, e journal.Converted) {
	c := e.Conversion
	if c.ID != "" {
		b.converted = append(b.converted, c.ID)
		b.converted = slices.Delete(b.converted, 0, max(len(b.converted)-keepConverted, 0))
	}
	held := b.positions[c.Symbol].Quantity
	b.convertTarget(e, held)
	if s := b.stakes[c.Symbol]; s != nil {
		s.convert(e, b.targets.quantity(c.To))
		delete(b.stakes, c.Symbol)
		b.stakes[c.To] = s
	}
	b.positions.convert(e)
	b.external.convert(c, e.Quantity)
	b.signals.forget(c.Symbol)
	l := b.lives[c.Symbol]
	l.Most = decimal.Max(c.Quantity(l.Most), e.Quantity.Abs())
	if !c.Old.Equal(c.New) { // The prices of before are in other units: exits look at none of them.
		l.Opened = at
	}
	b.lives[c.Symbol] = l
	if c.Symbol != c.To {
		b.rename(c.Symbol, c.To)
	}
}

func (s positions) convert(e journal.Converted) {
	c := e.Conversion
	p := s[c.Symbol]
	p.Quantity = e.Quantity
	p.Symbol = c.To
	delete(s, c.Symbol)
	s[c.To] = p
}

// convertTarget has what is asked for be in the new units. An order that is done was in the old ones, and says no more of
// what is missing; one that rests gives way to one of the new shape.
func (b *Book) convertTarget(e journal.Converted, held decimal.Decimal) {
	c := e.Conversion
	t := b.targets[c.Symbol]
	if t == nil {
		return
	}
	t.Symbol, t.Ticket = c.To, c.Of(t.Ticket, e.Tick)
	if t.Quantity = targetOf(e, t.Quantity, held); !t.ToClose(e.Quantity).IsZero() {
		t.Deferred = true
	}
	for _, o := range b.orders.pending[c.Symbol] {
		t.Deferred = t.Deferred || o.Rests() && o.Leg == ""
	}
	for _, last := range []*string{&t.Last, &t.LastStop, &t.LastProfit} {
		if o := b.orders.find(*last); o == nil || o.Status.Done() {
			*last = ""
		}
	}
	delete(b.targets, c.Symbol)
	b.targets[c.To] = t
}

// targetOf is what becomes of a target: one that was reached is so still, also where a fraction was paid out.
func targetOf(e journal.Converted, target, held decimal.Decimal) decimal.Decimal {
	if target.Equal(held) {
		return e.Quantity
	}
	return e.Conversion.Quantity(target)
}

// convert has the stakes be in the new units: their parts add up to what is held then, and to what is asked for.
func (s *shared) convert(e journal.Converted, target decimal.Decimal) {
	c := e.Conversion
	rest, largest := e.Quantity, s.nobody()
	for i := range s.stakes {
		one := &s.stakes[i]
		if one.Quantity.Abs().GreaterThan(largest.Quantity.Abs()) {
			largest = one
		}
	}
	for i := range s.stakes {
		one := &s.stakes[i]
		one.Symbol = c.To
		one.Quantity = c.Quantity(one.Quantity)
		rest = rest.Sub(one.Quantity)
	}
	largest.Quantity = largest.Quantity.Add(rest)
	s.give(target, func(one *Stake) decimal.Decimal { return c.Quantity(one.Target) })
	if s.price.IsPositive() {
		s.price = c.Price(s.price, e.Tick)
	}
}

func (e *external) convert(c trading.Conversion, held decimal.Decimal) {
	if part, ok := e.added[c.Symbol]; ok {
		e.added[c.Symbol] = within(c.Quantity(part), held)
	}
	if taken, ok := e.taken[c.Symbol]; ok {
		e.taken[c.Symbol] = c.Quantity(taken)
	}
}

// forget drops what signals would have done of an instrument: a person who approves it would mean the old units.
func (s *signals) forget(symbol string) {
	for line := range s.offers {
		if line.symbol == symbol {
			delete(s.offers, line)
		}
	}
}

// rename has what is known of an instrument go by its new name.
func (b *Book) rename(from, to string) {
	move(b.added, from, to)
	move(b.taken, from, to)
	move(b.lives, from, to)
	move(b.trades.open, from, to)
	move(b.losses.Profits, from, to)
	move(b.losses.Lost, from, to)
	if l, ok := b.locks[from]; ok {
		l.Symbol = to
		b.locks[to] = l
		delete(b.locks, from)
	}
}

func move[V any](all map[string]V, from, to string) {
	if one, ok := all[from]; ok {
		all[to] = one
		delete(all, from)
	}
}
