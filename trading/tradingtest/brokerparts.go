package tradingtest

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// partCases are about orders that fill bit by bit, and about what each bit is told as.
var partCases = []brokerCase{
	{"each part of an order has its own price, fee and time", partsDiffer},
	{"a part that was filled stays in the list of open orders, and in the news of the end", partsTold},
	{"a fill of an order with a limit or a stop has the price of its execution", restingPrice},
	{"what is filled is told whole, whatever the fee is paid in", filledWhole},
	{"what others trade is not told as an order's, and is told at once", handApart},
}

func partsDiffer(b brokerTest) {
	b.canRest()
	b.drives(b.Drive.Offer != nil && b.Drive.SetPrice != nil, "Drive.Offer and Drive.SetPrice")
	b.price(b.Price)
	a := b.partial(1, trading.GTC)
	second := b.odd(1.02)
	b.price(second)
	began := b.Now().Truncate(time.Millisecond) // venues date to the millisecond
	b.offer(3)
	own := b.executed(a.Order(), "an order that is filled in two parts at two prices", b.steps(7))
	if len(own) < 2 {
		b.Fatalf("%s was filled in two parts, and has %d fills", words(a.Order()), len(own))
	}
	first, last := own[0], own[len(own)-1]
	b.near(first, b.Price)
	b.near(last, second)
	if last.Time.Before(began) {
		b.Errorf("a part of %s was filled after %s, and its fill has the time %s", words(a.Order()), began, last.Time)
	}
	if b.FeeRate.IsPositive() {
		b.costs(first, b.FeeRate)
	}
	if b.Drive.MakerRate.Valid {
		b.costs(last, b.Drive.MakerRate.Decimal)
	}
}

// near demands of a fill the price that the market was moved to.
func (b brokerTest) near(f trading.Fill, market decimal.Decimal) {
	b.Helper()
	if f.Price.Sub(market).Abs().GreaterThan(b.ticks(5)) {
		b.Errorf("a fill of %s has the price %s, and the market was at %s when it was executed", f.ClientID, f.Price, market)
	}
}

// costs demands of a fill the fee of its own notional.
func (b brokerTest) costs(f trading.Fill, rate decimal.Decimal) {
	b.Helper()
	if want := f.Price.Mul(f.Quantity).Mul(rate); !f.QuoteFee().Round(6).Equal(want.Round(6)) {
		b.Errorf("a part of %s has a fee of %s, want %s: that of this part alone", f.ClientID, f.QuoteFee(), want)
	}
}

func partsTold(b brokerTest) {
	c := b.canRest()
	a := b.partial(1, trading.GTC)
	if l, ok := b.Broker.(trading.OrderLister); ok {
		open, err := l.OpenOrders(b.Context())
		if err != nil || len(open) != 1 || open[0].Status != trading.StatusOpen {
			b.Errorf("one order is open, filled in part, and OpenOrders says %+v, %v", open, err)
		}
	}
	u, hears := b.Broker.(trading.Updater)
	if !hears {
		return
	}
	after := b.waitFilled(u, 0, a, 4)
	b.canceled(c, a.Order().Ref(), trading.StatusCanceled)
	b.waitReport(u, after, a.Order().ClientID, trading.StatusCanceled)
	for _, r := range u.Updates(after).Orders {
		if r.ClientID == a.Order().ClientID && !r.Filled.Equal(b.steps(4)) {
			b.Errorf("%s was canceled with %s filled, and updates tell of %s", words(a.Order()), b.steps(4), r.Filled)
		}
	}
}

// restingPrice lets orders fill at better prices than their limits, and at worse ones than their stops.
func restingPrice(b brokerTest) {
	b.canRest()
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	b.have(0, 20)
	for i, o := range []trading.Order{
		{Side: trading.Buy, Type: trading.Limit, LimitPrice: b.times(1.05)},
		{Side: trading.Sell, Type: trading.Limit, LimitPrice: b.times(0.95)},
		{Side: trading.Buy, Type: trading.Stop, StopPrice: b.odd(1.03)},
		{Side: trading.Sell, Type: trading.Stop, StopPrice: b.odd(0.97)},
	} {
		b.price(b.Price)
		market := b.Price
		o.ClientID = longID(10 + i)
		a := b.send(o, 10, 20)
		if o.Type == trading.Stop {
			market = o.StopPrice.Add(b.ticks(50 * int64(o.Side)))
			b.price(market)
		}
		for _, f := range b.executed(a.Order(), "an order that fills beyond its price", b.steps(10)) {
			b.near(f, market)
		}
	}
}

func filledWhole(b brokerTest) {
	asset := base(b.Instrument.Symbol)
	b.drives(b.Drive.PayFeesIn != nil && asset != "", "Drive.PayFeesIn")
	b.Drive.PayFeesIn(asset)
	a := b.send(trading.Order{ClientID: longID(1), Side: trading.Buy, Type: trading.Market}, 20, 0)
	b.stands(a, "an order whose fee was taken from what it bought", 20, trading.StatusFilled)
}

func handApart(b brokerTest) {
	b.drives(b.Drive.Trade != nil, "Drive.Trade")
	u, hears := b.Broker.(trading.Updater)
	begin := int64(0)
	if hears {
		begin = u.Updates(0).Seq
	}
	a := b.send(trading.Order{ClientID: longID(1), Side: trading.Buy, Type: trading.Market}, 10, 0)
	b.holds(10, "before a trade by another hand")
	var news <-chan struct{}
	if hears {
		b.waitReport(u, begin, a.Order().ClientID, trading.StatusFilled)
		news = u.Updated()
	}
	b.Drive.Trade(trading.Buy, b.steps(7))
	b.Advance()
	if hears {
		b.await(news, "the broker has news of a trade by another hand")
	}
	b.holds(17, "after a trade by another hand, asked for a second time,")
	b.executed(a.Order(), "an order beside which another hand has traded, whose fills have no client id of this one", b.steps(10))
}
