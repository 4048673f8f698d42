package tradingtest

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

func limitWaits(b brokerTest) {
	b.canRest()
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	b.have(0, 20)
	for i, o := range []trading.Order{
		{Side: trading.Buy, LimitPrice: b.odd(0.97)}, {Side: trading.Sell, LimitPrice: b.odd(1.03)},
	} {
		b.price(b.Price)
		away := b.ticks(int64(o.Side))
		o.ClientID, o.Type = longID(10+i), trading.Limit
		a := b.send(o, 10, 20)
		b.stands(a, "a limit order far from the price", 0, trading.StatusOpen)
		b.price(o.LimitPrice.Add(away))
		b.stands(a, "a limit order, and the price is a tick before its limit", 0, trading.StatusOpen)
		b.price(o.LimitPrice)
		b.stands(a, "a limit order, and the price is at its limit", 10, trading.StatusFilled)
	}
}

func stopWaits(b brokerTest) {
	b.canRest()
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	b.have(0, 20)
	for i, o := range []trading.Order{
		{Side: trading.Buy, StopPrice: b.odd(1.03)}, {Side: trading.Sell, StopPrice: b.odd(0.97)},
	} {
		for j, gap := range []int64{0, 50} {
			b.price(b.Price)
			toward := b.ticks(int64(o.Side))
			o.ClientID, o.Type = longID(10+2*i+j), trading.Stop
			a := b.send(o, 10, 20)
			b.untriggered(a, "a stop far from the price")
			b.price(o.StopPrice.Sub(toward))
			b.untriggered(a, "a stop, and the price is a tick before it")
			b.price(o.StopPrice.Add(toward.Mul(decimal.NewFromInt(gap))))
			b.stands(a, fmt.Sprintf("a stop, and the price is %d ticks beyond it", gap), 10, trading.StatusFilled)
		}
	}
}

func stopLimitWaits(b brokerTest) {
	b.canRest()
	b.needs(StopLimit)
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	b.have(0, 20)
	for i, o := range []trading.Order{
		{Side: trading.Buy, StopPrice: b.odd(1.02), LimitPrice: b.odd(1.03)},
		{Side: trading.Sell, StopPrice: b.odd(0.98), LimitPrice: b.odd(0.97)},
	} {
		b.price(b.Price)
		toward := b.ticks(int64(o.Side))
		o.ClientID, o.Type = longID(10+i), trading.StopLimit
		a := b.send(o, 10, 20)
		b.untriggered(a, "a stop-limit far from the price")
		b.areOpen(a)
		b.price(o.StopPrice.Sub(toward))
		b.untriggered(a, "a stop-limit, and the price is a tick before its stop")
		b.price(o.LimitPrice.Add(toward.Mul(decimal.NewFromInt(50))))
		b.stands(a, "a stop-limit, and the price has passed both its stop and its limit", 0, trading.StatusOpen)
		b.price(o.LimitPrice.Add(toward))
		b.stands(a, "a stop-limit that was triggered, and the price is a tick beyond its limit", 0, trading.StatusOpen)
		b.price(o.LimitPrice)
		b.stands(a, "a stop-limit that was triggered, and the price is at its limit", 10, trading.StatusFilled)
	}
}

func stopLimitRests(b brokerTest) {
	c := b.canRest()
	b.needs(StopLimit)
	a := b.send(trading.Order{
		ClientID: longID(1), Side: trading.Buy, Type: trading.StopLimit, StopPrice: b.times(2), LimitPrice: b.times(2.1),
	}, 10, 10)
	b.untriggered(a, "a stop-limit far from the price")
	b.areOpen(a)
	b.canceled(c, a.Order().Ref(), trading.StatusCanceled)
}
