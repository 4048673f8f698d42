// Package exit has ready-made exits: a stop that trails the price, one that moves to the entry, a close after a time, and
// profits that are taken in parts.
//
// Each is a trading.Exit, for engine.Config.Exits, and pure: what it decides depends on the position, its guard as it
// stands, and the price alone. All they remember is the guard itself, which the engine's journal has, so that they go on
// through a crash as if nothing had been. They never loosen a stop. All are safe for concurrent use.
package exit

import (
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

var one = decimal.NewFromInt(1)

// gain is the part of what was paid for a position that it has gained at a price.
func gain(h trading.Held, price decimal.Decimal) decimal.Decimal {
	if !h.Paid.IsPositive() {
		return decimal.Zero
	}
	return h.Side().Signed(price.Sub(h.Paid)).Div(h.Paid)
}

// isPart reports whether d is a fraction from 0 to below 1.
func isPart(d decimal.Decimal) bool { return !d.IsNegative() && d.LessThan(one) }

// BreakEven moves the stop to the entry once enough was gained: from there on the trade costs nothing any more.
type BreakEven struct {
	Gain   decimal.Decimal // what must have been gained, as a fraction of the entry: 0.01 is one percent
	Offset decimal.Decimal // how far beyond the entry the stop moves, such as the fees of both orders; below Gain
}

// Name implements trading.Exit.
func (BreakEven) Name() string { return "break_even" }

// String says how it is set.
func (b BreakEven) String() string {
	return fmt.Sprintf("break_even after %s with an offset of %s", b.Gain, b.Offset)
}

// Validate says what of it cannot be.
func (b BreakEven) Validate() error {
	switch {
	case !b.Gain.IsPositive():
		return fmt.Errorf("exit: BreakEven.Gain %s is not above zero", b.Gain)
	case b.Offset.IsNegative() || b.Offset.GreaterThanOrEqual(b.Gain):
		return fmt.Errorf("exit: BreakEven.Offset %s is not from zero to below the Gain %s", b.Offset, b.Gain)
	}
	return nil
}

// Adjust implements trading.Exit.
func (b BreakEven) Adjust(h trading.Held) trading.Adjustment {
	if !h.Price.IsPositive() || !h.Paid.IsPositive() || gain(h, h.Price).LessThan(b.Gain) {
		return trading.Adjustment{}
	}
	return trading.Adjustment{
		StopLoss: h.Paid.Add(h.Side().Signed(h.Paid.Mul(b.Offset))),
		Reason:   fmt.Sprintf("%s of %s was gained", b.Gain, h.Paid),
	}
}

// After closes a position that has been held for too long.
type After struct {
	Hold time.Duration // for how long at the most, from its first fill on
}

// Name implements trading.Exit.
func (After) Name() string { return "after" }

// String says how it is set.
func (a After) String() string { return "after " + a.Hold.String() }

// Validate says what of it cannot be.
func (a After) Validate() error {
	if a.Hold <= 0 {
		return fmt.Errorf("exit: After.Hold %s is not above zero", a.Hold)
	}
	return nil
}

// Adjust implements trading.Exit.
func (a After) Adjust(h trading.Held) trading.Adjustment {
	if h.Opened.IsZero() || h.Now.Sub(h.Opened) < a.Hold {
		return trading.Adjustment{}
	}
	return trading.Adjustment{
		Close: h.Quantity.Abs(), Reason: fmt.Sprintf("held since %s", h.Opened.UTC().Format(time.RFC3339)),
	}
}

// Ladder takes profits in parts: at each rung a part of the most that was held is closed. Where the venue lets orders rest
// beside each other, each rung is a limit order there; elsewhere it is closed at market once the price has reached it. What
// a fall of the price has left behind is not closed again when it comes back. What no rung closes is left to the guard, and
// to other exits.
type Ladder []struct {
	Gain decimal.Decimal // what must have been gained, as a fraction of the entry
	Part decimal.Decimal // what is closed then, as a fraction of the most that was held
}

// Name implements trading.Exit.
func (Ladder) Name() string { return "ladder" }

// String says how it is set.
func (l Ladder) String() string {
	text := "ladder"
	for _, rung := range l {
		text += fmt.Sprintf(" %s at %s", rung.Part, rung.Gain)
	}
	return text
}

// Validate says what of it cannot be.
func (l Ladder) Validate() error {
	sum, last := decimal.Zero, decimal.Zero
	for i, rung := range l {
		switch {
		case !rung.Part.IsPositive():
			return fmt.Errorf("exit: Ladder[%d].Part %s is not above zero", i, rung.Part)
		case !rung.Gain.GreaterThan(last):
			return fmt.Errorf("exit: Ladder[%d].Gain %s is not above %s", i, rung.Gain, last)
		}
		sum, last = sum.Add(rung.Part), rung.Gain
	}
	switch {
	case len(l) == 0:
		return errors.New("exit: a Ladder has no rung")
	case sum.GreaterThan(one):
		return fmt.Errorf("exit: the Parts of a Ladder add up to %s, and there is 1", sum)
	}
	return nil
}

// Adjust implements trading.Exit.
func (l Ladder) Adjust(h trading.Held) trading.Adjustment {
	if !h.Paid.IsPositive() {
		return trading.Adjustment{}
	}
	rungs, keep := make([]trading.Rung, len(l)), one
	for i, rung := range l {
		keep = keep.Sub(rung.Part)
		rungs[i] = trading.Rung{
			Price: h.Paid.Add(h.Side().Signed(h.Paid.Mul(rung.Gain))), Keep: h.Most.Mul(keep),
		}
	}
	return trading.Adjustment{Rungs: rungs, Reason: fmt.Sprintf("parts by the gain from %s", h.Paid)}
}
