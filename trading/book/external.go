package book

import "github.com/shopspring/decimal"

// external is what something else than our own orders did to a position, by symbol: a person, a transfer, a liquidation.
// It counts from when the target was set, as a target is about all that is held then.
type external struct {
	// added is how much of a position came from elsewhere: no target asked for it. It is part of the position, on its side
	// and no larger: what is closed is our own part first.
	added map[string]decimal.Decimal
	// taken is by how much of it something else has brought a position nearer to zero, above zero.
	taken map[string]decimal.Decimal
}

func newExternal() external {
	return external{added: make(map[string]decimal.Decimal), taken: make(map[string]decimal.Decimal)}
}

// settled begins anew, as a target was set.
func (e *external) settled(symbol string) {
	delete(e.added, symbol)
	delete(e.taken, symbol)
}

// moved notes that a position went from before to after, because of something from elsewhere if not of an order of ours.
func (e *external) moved(symbol string, own bool, before, after decimal.Decimal) {
	part, known := e.added[symbol]
	if own && !known {
		return
	}
	if !own {
		part = part.Add(after.Sub(before))
		if taken := before.Abs().Sub(within(after, before).Abs()); taken.IsPositive() {
			e.taken[symbol] = e.taken[symbol].Add(taken)
		}
	}
	if part = within(part, after); part.IsZero() {
		delete(e.added, symbol)
	} else {
		e.added[symbol] = part
	}
}

// within is the quantity nearest to want from zero to what is held.
func within(want, held decimal.Decimal) decimal.Decimal {
	if held.IsNegative() {
		return decimal.Max(held, decimal.Min(want, decimal.Zero))
	}
	return decimal.Min(held, decimal.Max(want, decimal.Zero))
}
