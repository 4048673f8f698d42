package tradingtest

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// longID is an ID of the length and the letters of those that an Engine makes. They differ in the last letters.
func longID(n int) string { return fmt.Sprintf("v-%024x", n) }

// canRest skips a case where the Broker takes no orders that rest.
func (b brokerTest) canRest() trading.Canceler {
	b.Helper()
	c, ok := b.Broker.(trading.Canceler)
	if !ok {
		b.Skip("the broker cannot cancel, and takes no orders that may rest")
	}
	return c
}

// needs skips a case where the subject lacks an ability.
func (b brokerTest) needs(a Ability) {
	b.Helper()
	if b.lacks(a) {
		b.Skipf("the venue lacks %s", a)
	}
}

// drives skips a case where something cannot be done at the venue.
func (b brokerTest) drives(can bool, what string) {
	b.Helper()
	if !can {
		b.Skipf("the subject has no %s", what)
	}
}

// send approves and submits an order of so many steps.
func (b brokerTest) send(o trading.Order, steps, held int64) trading.Approved {
	b.Helper()
	a := b.approve(o, steps, held)
	b.submit(a)
	return a
}

// have buys so many steps.
func (b brokerTest) have(n int, steps int64) {
	b.Helper()
	b.send(trading.Order{ClientID: longID(n), Side: trading.Buy, Type: trading.Market}, steps, 0)
}

// price moves the market.
func (b brokerTest) price(p decimal.Decimal) {
	b.Drive.SetPrice(p)
	b.Advance()
}

// offer says how many steps there are.
func (b brokerTest) offer(steps int64) {
	b.Drive.Offer(b.steps(steps))
	b.Advance()
}

// ticks is a number of ticks.
func (b brokerTest) ticks(n int64) decimal.Decimal {
	return b.Instrument.Tick.Mul(decimal.NewFromInt(n))
}

// odd is a price near n times the market's, of which the last digit in ticks is not zero, five or next to them.
func (b brokerTest) odd(n float64) decimal.Decimal {
	tens := b.Instrument.Tick.Mul(decimal.NewFromInt(10))
	return b.times(n).Div(tens).Floor().Mul(tens).Add(b.ticks(3))
}
