package book

import (
	"strings"

	"github.com/shopspring/decimal"
)

// Two legs that a venue takes as one are mates (trading.Pairer): what one of them fills the other does not. Their client IDs
// differ in the lowest bit of the last digit, so that each is found from the other, and nothing else has to be remembered.

const (
	hexDigits = "0123456789abcdef"
	matesID   = 26 // characters of a client ID that can have a mate: v-, and 24 digits
)

// MateID is the client ID of the mate of a leg; "" where an ID is none that an Engine makes.
func MateID(clientID string) string {
	id, ok := mateID(clientID)
	if !ok {
		return ""
	}
	return string(id[:])
}

func mateID(clientID string) (id [matesID]byte, ok bool) {
	if len(clientID) != matesID {
		return id, false
	}
	copy(id[:], clientID)
	digit := strings.IndexByte(hexDigits, id[matesID-1])
	if digit < 0 {
		return id, false
	}
	id[matesID-1] = hexDigits[digit^1]
	return id, true
}

// Mate returns the leg that was made to be taken as one with a leg, whatever became of it; false where none was.
func (b *Book) Mate(o OrderState) (OrderState, bool) {
	if mate := b.orders.mate(&o); mate != nil {
		return *mate, true
	}
	return OrderState{}, false
}

func (s *orders) mate(o *OrderState) *OrderState {
	id, ok := mateID(o.ClientID)
	if o.Leg == "" || !ok {
		return nil
	}
	mate := s.live[string(id[:])]
	if mate == nil || mate.Leg == "" || mate.Leg == o.Leg || mate.Symbol != o.Symbol {
		return nil
	}
	return mate
}

// rest is what an order may still fill: less what its mate has filled in its place.
func (s *orders) rest(o *OrderState) decimal.Decimal {
	rest := o.Remaining()
	if mate := s.mate(o); mate != nil && mate.Filled.IsPositive() {
		return decimal.Max(rest.Sub(mate.Filled), decimal.Zero)
	}
	return rest
}
