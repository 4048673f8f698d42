package tradingtest

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// reducesOfEachType closes more than is held, by orders whose price is there. A venue may refuse them.
func reducesOfEachType(b brokerTest) {
	b.canRest()
	b.needs(ReduceOnly)
	for i, o := range []trading.Order{
		{Type: trading.Market}, {Type: trading.Limit, LimitPrice: b.times(0.95)}, {Type: trading.Stop, StopPrice: b.times(1.05)},
	} {
		b.have(i, 20)
		o.ClientID, o.Side = longID(10+i), trading.Sell
		a := b.approve(o, 50, 50)
		_ = b.Broker.Submit(b.Context(), a)
		b.Advance()
		b.soldAtMost(a, 20)
		b.closeRest(20*int64(i+1), i)
	}
	if !b.Short {
		return
	}
	b.send(trading.Order{ClientID: longID(20), Side: trading.Sell, Type: trading.Market}, 20, 0)
	a := b.approve(trading.Order{ClientID: longID(21), Side: trading.Buy, Type: trading.Market}, 50, -50)
	_ = b.Broker.Submit(b.Context(), a)
	b.Advance()
	b.soldAtMost(a, 20)
}

// restingReduces sends orders that close more than is held, and lets their price come.
func restingReduces(b brokerTest) {
	b.canRest()
	b.needs(ReduceOnly)
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	for i, o := range []trading.Order{
		{Type: trading.Limit, LimitPrice: b.odd(1.03)}, {Type: trading.Stop, StopPrice: b.odd(0.97)},
	} {
		b.price(b.Price)
		b.have(i, 20)
		o.ClientID, o.Side = longID(10+i), trading.Sell
		a := b.approve(o, 50, 50)
		_ = b.Broker.Submit(b.Context(), a)
		b.Advance()
		b.price(o.LimitPrice.Add(o.StopPrice))
		b.soldAtMost(a, 20)
		b.closeRest(20*int64(i+1), i)
	}
}

// reducesNothing closes where nothing is held: to refuse it is as good as to end it unfilled.
func reducesNothing(b brokerTest) {
	b.needs(ReduceOnly)
	a := b.approved(longID(1), trading.Sell, 10, 10)
	err := b.Broker.Submit(b.Context(), a)
	b.Advance()
	b.consistent(a, err)
	b.soldAtMost(a, 0)
	b.holds(0, "after an order that only reduces, where nothing is held,")
}

// soldAtMost demands that an order which only reduces has sold, or bought back, no more than was held.
func (b brokerTest) soldAtMost(a trading.Approved, steps int64) {
	b.Helper()
	sum := decimal.Zero
	for _, f := range b.fills(time.Time{}) {
		if f.ClientID == a.Order().ClientID {
			sum = sum.Add(f.Quantity)
		}
	}
	if sum.GreaterThan(b.steps(steps)) {
		b.Errorf("%s was held, and %s has filled %s: it is reduce-only", b.steps(steps), words(a.Order()), sum)
	}
}

// closeRest sells what the case still holds, of what it has bought.
func (b brokerTest) closeRest(bought int64, n int) {
	b.Helper()
	sold := decimal.Zero
	for _, f := range b.fills(time.Time{}) {
		if f.Side == trading.Sell {
			sold = sold.Add(f.Quantity)
		}
	}
	left := b.steps(bought).Sub(sold).Div(b.Instrument.Step).IntPart()
	if left <= 0 {
		return
	}
	a := b.approve(trading.Order{ClientID: longID(900 + n), Side: trading.Sell, Type: trading.Market}, left, left)
	_ = b.Broker.Submit(b.Context(), a)
	b.Advance()
}
