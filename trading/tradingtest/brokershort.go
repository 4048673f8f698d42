package tradingtest

import (
	"errors"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// shortCases are about what was sold short: what closes it buys, and stands above it.
var shortCases = []brokerCase{
	{"an order that rests and closes what was sold short buys, and no more than that", shortReduces},
	{"a stop-limit that closes keeps its limit, and closes no more than is held", stopLimitReduces},
	{"a pair that closes what was sold short buys", shortPair},
	{"a guard of an entry that sells stands on its other side", shortGuard},
	{"a guard may have one leg", oneLeg},
}

// shorted sells short so many steps.
func (b brokerTest) shorted(n int, steps int64) {
	b.Helper()
	if !b.Short {
		b.Skip("the account holds nothing less than nothing")
	}
	b.price(b.Price)
	b.send(trading.Order{ClientID: longID(n), Side: trading.Sell, Type: trading.Market}, steps, 0)
}

func shortReduces(b brokerTest) {
	b.canRest()
	b.needs(ReduceOnly)
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	for i, o := range []trading.Order{
		{Type: trading.Limit, LimitPrice: b.odd(0.97)}, {Type: trading.Stop, StopPrice: b.odd(1.03)},
	} {
		b.shorted(i, 20)
		o.ClientID, o.Side = longID(10+i), trading.Buy
		a := b.send(o, 10, -20)
		b.price(o.LimitPrice.Add(o.StopPrice))
		b.stands(a, "an order that closes a part of what was sold short, and its price has come", 10, trading.StatusFilled)
		b.holds(-10, "after half of what was sold short was bought back")
		b.price(b.Price)
		o.ClientID = longID(20 + i)
		a = b.approve(o, 50, -50)
		_ = b.Broker.Submit(b.Context(), a)
		b.Advance()
		b.price(o.LimitPrice.Add(o.StopPrice))
		b.soldAtMost(a, 10)
		b.buyBack(20*int64(i+1), 30+i)
	}
}

// buyBack buys what the case still owes, of what it has sold short.
func (b brokerTest) buyBack(sold int64, n int) {
	b.Helper()
	bought := decimal.Zero
	for _, f := range b.fills(time.Time{}) {
		if f.Side == trading.Buy {
			bought = bought.Add(f.Quantity)
		}
	}
	left := b.steps(sold).Sub(bought).Div(b.Instrument.Step).IntPart()
	if left <= 0 {
		return
	}
	a := b.approve(trading.Order{ClientID: longID(900 + n), Side: trading.Buy, Type: trading.Market}, left, -left)
	_ = b.Broker.Submit(b.Context(), a)
	b.Advance()
}

func stopLimitReduces(b brokerTest) {
	b.canRest()
	b.needs(StopLimit)
	b.needs(ReduceOnly)
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	b.shorted(0, 20)
	o := trading.Order{
		ClientID: longID(1), Side: trading.Buy, Type: trading.StopLimit, StopPrice: b.odd(1.02), LimitPrice: b.odd(1.03),
	}
	a := b.send(o, 10, -20)
	b.price(o.LimitPrice.Add(b.ticks(50)))
	b.stands(a, "a stop-limit that closes, and the price has passed both its stop and its limit", 0, trading.StatusOpen)
	b.price(o.LimitPrice)
	b.stands(a, "a stop-limit that closes, and the price is at its limit", 10, trading.StatusFilled)
	b.price(b.Price)
	o.ClientID = longID(2)
	a = b.approve(o, 50, -50)
	_ = b.Broker.Submit(b.Context(), a)
	b.Advance()
	b.price(o.StopPrice)
	b.soldAtMost(a, 10)
}

func shortPair(b brokerTest) {
	p, ok := b.Broker.(trading.Pairer)
	if !ok {
		b.Skip("the broker takes no pairs")
	}
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	for i := range 2 {
		b.shorted(10+i, 10)
		profit := b.approve(trading.Order{
			ClientID: longID(20 + i), Side: trading.Buy, Type: trading.Limit, LimitPrice: b.odd(0.97),
		}, 10, -10)
		loss := b.approve(trading.Order{
			ClientID: longID(30 + i), Side: trading.Buy, Type: trading.Stop, StopPrice: b.odd(1.03),
		}, 10, -10)
		if err := p.SubmitPair(b.Context(), profit, loss); errors.Is(err, errors.ErrUnsupported) {
			b.Skip("the broker takes no pairs")
		} else if err != nil {
			b.Fatalf("SubmitPair of two orders that buy: %v", err)
		}
		b.Advance()
		first, second := profit, loss
		if i == 1 {
			first, second = loss, profit
		}
		b.price(first.Order().LimitPrice.Add(first.Order().StopPrice))
		b.stands(first, "one of a pair that buys, and its price has come", 10, trading.StatusFilled)
		b.stands(second, "one of a pair that buys, and the other one has filled", 0, over...)
	}
}

// guarded sends an entry with a guard, and lets the price of one leg come.
func (b brokerTest) guarded(n int, side trading.Side, g trading.Guard, leg trading.Leg) {
	b.Helper()
	b.price(b.Price)
	a := b.send(trading.Order{ClientID: longID(n), Side: side, Type: trading.Market, Guard: g}, 10, 0)
	if r, err := b.leg(a, leg); err != nil || r.Status != trading.StatusOpen {
		b.Fatalf("the guard of %s is to close it at %s, and of that order Order says %q, %v", words(a.Order()), g.LegPrice(leg),
			r.Status, err)
	}
	b.price(g.LegPrice(leg))
	if r, err := b.leg(a, leg); err != nil || r.Status != trading.StatusFilled || !r.Filled.Equal(b.steps(10)) {
		b.Errorf("the price has come to the %s of the guard of %s, and of its order Order says %q, %v", leg, words(a.Order()),
			r.Status, err)
	}
	b.holds(0, "after the "+string(leg)+" of a guard")
}

func (b brokerTest) canGuard() {
	b.Helper()
	if !b.Guards {
		b.Skip("the venue ties no guards to an entry")
	}
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
}

func shortGuard(b brokerTest) {
	b.canGuard()
	if !b.Short {
		b.Skip("the account holds nothing less than nothing")
	}
	g := trading.Guard{TakeProfit: b.odd(0.97), StopLoss: b.odd(1.03)}
	b.guarded(1, trading.Sell, g, trading.TakeProfit)
	b.guarded(2, trading.Sell, g, trading.StopLoss)
}

func oneLeg(b brokerTest) {
	b.canGuard()
	b.guarded(1, trading.Buy, trading.Guard{TakeProfit: b.odd(1.03)}, trading.TakeProfit)
	b.guarded(2, trading.Buy, trading.Guard{StopLoss: b.odd(0.97)}, trading.StopLoss)
}
