package trading

import (
	"cmp"
	"fmt"
	"math"
	"time"
)

// Forever is a Traits.Remembers without an end.
const Forever time.Duration = math.MaxInt64

// Traits are what a Broker promises. The zero value promises least.
type Traits struct {
	// RefusesDuplicates: a client ID that was accepted once is refused from then on, for ever. Only then may an
	// order whose fate is unknown, and of which the Broker has not heard, be sent again at once.
	RefusesDuplicates bool
	// MaxFlight is the longest time that a request can be under way before it takes effect or never will, from Begin on.
	// It is waited out before the Broker's "unknown order" is believed: before the order is sent again where duplicates
	// are not refused, and before it is given up in any case. 0 means that no bound is known: the order is then left
	// to a person.
	MaxFlight time.Duration
	// Remembers is for how long after an order was sent the Broker can tell what became of it. What it says of an older
	// one, that it does not know it above all, means nothing, and a person decides. 0 means 24 h; Forever is without end.
	Remembers time.Duration
	// Replaces says how an order that guards a position gives way to the next one; "" means ByGap.
	Replaces Replacing
	// MaxGap is, with ByGap, the longest time from the cancel of the old order until the new one rests, and so the longest
	// time without a guard. 0 means that no bound is known.
	MaxGap time.Duration
	// Reserves: the venue reserves what is held for the order that rests to close it. It refuses a second one beside that, and
	// an order for more than is held. An Engine then sends both legs of a bracket as one, where the Broker is a Pairer and
	// Replaces is ByGap. Otherwise it lets the stop-loss rest, and closes at market at the take-profit. It turns a position by
	// two orders.
	Reserves bool
	// Simulated: no money is real, as in a simulator or the test network of a venue. A console shows anything else as live.
	Simulated bool
}

// Replacing is how an order that guards a position, such as a stop, gives way to another one.
type Replacing string

// The ways.
const (
	// Beside: both may rest for a while, as they only reduce. The new one is there before the old one goes.
	Beside Replacing = "beside"
	// Atomic: the venue puts one in the place of the other in one act. The Broker is a Replacer.
	Atomic Replacing = "atomic"
	// ByGap: the old one has to go before the new one is taken, and between the two nothing guards.
	ByGap Replacing = "gap"
)

// Remembered reports whether the Broker can still tell what became of an order, at now by the clock that dated it.
func (t Traits) Remembered(ref OrderRef, now time.Time) bool {
	return now.Sub(ref.SentAt) < cmp.Or(t.Remembers, 24*time.Hour)
}

// Validate says which promise cannot be.
func (t Traits) Validate() error {
	switch {
	case t.MaxFlight < 0:
		return fmt.Errorf("trading: Traits.MaxFlight %s is negative", t.MaxFlight)
	case t.Remembers < 0:
		return fmt.Errorf("trading: Traits.Remembers %s is negative", t.Remembers)
	case t.MaxGap < 0:
		return fmt.Errorf("trading: Traits.MaxGap %s is negative", t.MaxGap)
	}
	switch t.Replaces {
	case "", ByGap:
		return nil
	case Beside, Atomic:
		if t.MaxGap > 0 {
			return fmt.Errorf("trading: Traits.MaxGap %s goes with %q only", t.MaxGap, ByGap)
		}
		return nil
	}
	return fmt.Errorf("trading: Traits.Replaces %q is not known", t.Replaces)
}
