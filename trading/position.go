package trading

import "github.com/shopspring/decimal"

// costPlaces is how exact the cost of a part of a position is, in decimal places of the quote currency. What is cut off
// stays in the position's cost and comes out when it is closed, so that nothing is lost or made up.
const costPlaces = 18

// Position is what is held of one instrument and what came of it. The zero value holds nothing.
//
// It keeps what was paid instead of an average price: an average of three at 10 and one at 11 is not exact in decimals
// for long, and a sum is.
type Position struct {
	Symbol   string          `json:"symbol"`
	Quantity decimal.Decimal `json:"quantity"` // above zero for a long position, below for a short one
	Cost     decimal.Decimal `json:"cost"`     // paid for what is held; below zero, received, for a short position
	Realized decimal.Decimal `json:"realized"` // profit of what was closed, before fees
	Fees     decimal.Decimal `json:"fees"`
}

// AveragePrice is what one unit of the position cost, to 18 decimal places; zero where nothing is held.
func (p Position) AveragePrice() decimal.Decimal {
	if p.Quantity.IsZero() {
		return decimal.Zero
	}
	return p.Cost.DivRound(p.Quantity, costPlaces)
}

// Unrealized is the profit, before fees, of closing the position at price.
func (p Position) Unrealized(price decimal.Decimal) decimal.Decimal {
	return p.Quantity.Mul(price).Sub(p.Cost)
}

// After returns the position after f. A fill against the position closes it at its average price; what goes beyond
// that opens a position on the other side. A fee that was taken from what was bought counts as if it had been sold again
// at the fill's price, to pay the fee.
func (p Position) After(f Fill) Position {
	p.Symbol = f.Symbol
	p.Fees = plus(p.Fees, f.QuoteFee())
	p = p.moved(f.Side.Signed(f.Quantity), f.Price)
	if f.feeKind() == feeInBase {
		p = p.moved(f.Fee.Neg(), f.Price)
	}
	return p
}

// moved takes a signed quantity in at a price.
func (p Position) moved(signed, price decimal.Decimal) Position {
	if p.Quantity.Sign()*signed.Sign() < 0 {
		held := p.Quantity.Abs()
		if moving := signed.Abs(); moving.LessThanOrEqual(held) {
			return p.closed(moving, price)
		}
		signed = signed.Add(p.Quantity) // what goes beyond flat
		p = p.closed(held, price)
	}
	p.Quantity = plus(p.Quantity, signed)
	p.Cost = plus(p.Cost, signed.Mul(price))
	return p
}

// plus adds, and spares the work where one of the two is nothing: most fees, and what opens from flat.
func plus(x, y decimal.Decimal) decimal.Decimal {
	switch {
	case y.IsZero():
		return x
	case x.IsZero():
		return y
	}
	return x.Add(y)
}

// closed takes quantity, above zero and at most what is held, out of the position.
func (p Position) closed(quantity, price decimal.Decimal) Position {
	released := p.Cost
	held := p.Quantity.Abs()
	if quantity.LessThan(held) {
		released = p.Cost.Mul(quantity).DivRound(held, costPlaces)
	}
	signed := quantity
	if p.Quantity.IsNegative() {
		signed = quantity.Neg()
	}
	p.Realized = p.Realized.Add(signed.Mul(price)).Sub(released)
	p.Cost = p.Cost.Sub(released)
	p.Quantity = p.Quantity.Sub(signed)
	return p
}
