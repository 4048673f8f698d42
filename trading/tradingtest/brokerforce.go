package tradingtest

import (
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

func postOnly(b brokerTest) {
	b.canRest()
	b.needs(PostOnly)
	b.have(0, 10)
	for i, o := range []trading.Order{
		{Side: trading.Buy, LimitPrice: b.times(1.05)}, {Side: trading.Sell, LimitPrice: b.times(0.95)},
	} {
		o.ClientID, o.Type, o.PostOnly = longID(1+i), trading.Limit, true
		a := b.approve(o, 10, 10)
		err := b.Broker.Submit(b.Context(), a)
		b.Advance()
		b.consistent(a, err)
		b.executed(a.Order(), "a post-only order that would fill at once", decimal.Zero)
		if report, err := b.Broker.Order(b.Context(), a.Order().Ref()); err == nil && !report.Status.Done() {
			b.Errorf("%s would have filled at once, and is %q", words(a.Order()), report.Status)
		}
	}
	a := b.send(trading.Order{
		ClientID: longID(9), Side: trading.Buy, Type: trading.Limit, LimitPrice: b.times(0.5), PostOnly: true,
	}, 10, 10)
	b.stands(a, "a post-only order far from the price", 0, trading.StatusOpen)
}

// over are the states of an order that has ended with less than all of it filled.
var over = []trading.OrderStatus{trading.StatusCanceled, trading.StatusExpired}

func ioc(b brokerTest) {
	b.canRest()
	b.needs(ForceIOC)
	away := trading.Order{Side: trading.Buy, Type: trading.Limit, LimitPrice: b.times(0.5), TimeInForce: trading.IOC}
	away.ClientID = longID(1)
	b.stands(b.send(away, 10, 0), "an ioc order far from the price", 0, over...)
	near := away
	near.ClientID, near.LimitPrice = longID(2), b.times(1.05)
	b.stands(b.send(near, 10, 0), "an ioc order whose limit the price is on the good side of", 10, trading.StatusFilled)
	dear := trading.Order{
		ClientID: longID(4), Side: trading.Sell, Type: trading.Limit, LimitPrice: b.times(2), TimeInForce: trading.IOC,
	}
	b.stands(b.send(dear, 10, 10), "an ioc order that sells, far from the price", 0, over...)
	b.drives(b.Drive.Offer != nil, "Drive.Offer")
	b.offer(4)
	near.ClientID = longID(3)
	b.stands(b.send(near, 10, 10), "an ioc order for more than there is, filled in part", 4, over...)
}

func fok(b brokerTest) {
	b.canRest()
	b.needs(ForceFOK)
	near := trading.Order{
		ClientID: longID(1), Side: trading.Buy, Type: trading.Limit, LimitPrice: b.times(1.05), TimeInForce: trading.FOK,
	}
	b.stands(b.send(near, 10, 0), "a fok order whose limit the price is on the good side of", 10, trading.StatusFilled)
	away := near
	away.ClientID, away.LimitPrice = longID(2), b.times(0.5)
	b.killed(away, 0)
	away.ClientID, away.LimitPrice, away.Side = longID(5), b.times(2), trading.Sell
	b.killed(away, 10)
	b.drives(b.Drive.Offer != nil, "Drive.Offer")
	b.offer(4)
	near.ClientID = longID(3)
	b.killed(near, 0)
	b.offer(10)
	near.ClientID = longID(4)
	b.stands(b.send(near, 10, 10), "a fok order for all that there is", 10, trading.StatusFilled)
}

// killed demands that a fok order is over with nothing filled. Venues call that rejected, too.
func (b brokerTest) killed(o trading.Order, held int64) {
	b.Helper()
	a := b.approve(o, 10, held)
	err := b.Broker.Submit(b.Context(), a)
	b.Advance()
	b.consistent(a, err)
	b.executed(a.Order(), "a fok order that cannot be had in full", decimal.Zero)
	if err == nil {
		b.stands(a, "a fok order that cannot be had in full", 0, append(over, trading.StatusRejected)...)
	}
}

func partFills(b brokerTest) {
	u, hears := b.Broker.(trading.Updater)
	a := b.partial(1, "")
	after := int64(0)
	if hears {
		after = b.waitFilled(u, 0, a, 4)
	}
	b.listed(a, 4)
	b.offer(3)
	b.stands(a, "an order that is filled in part a second time", 7, trading.StatusOpen)
	if own := b.executed(a.Order(), "an order that is filled in two parts", b.steps(7)); len(own) < 2 {
		b.Errorf("%s was filled in two parts, and %d fills have ids that differ", words(a.Order()), len(own))
	}
	b.listed(a, 7)
	if hears {
		b.waitFilled(u, after, a, 7)
	}
	b.canceled(b.Broker.(trading.Canceler), a.Order().Ref(), trading.StatusCanceled)
	b.stands(a, "an order that was canceled with a part filled", 7, trading.StatusCanceled)
	b.offer(3)
	last := b.partial(2, trading.GTC)
	b.offer(6)
	b.stands(last, "an order that is filled in full, part by part", 10, trading.StatusFilled)
}

// partial sends a limit order for ten steps where there are four.
func (b brokerTest) partial(n int, force trading.TimeInForce) trading.Approved {
	b.Helper()
	b.canRest()
	b.drives(b.Drive.Offer != nil, "Drive.Offer")
	b.offer(4)
	a := b.send(trading.Order{
		ClientID: longID(n), Side: trading.Buy, Type: trading.Limit, LimitPrice: b.times(1.05), TimeInForce: force,
	}, 10, 0)
	b.stands(a, "an order that is filled in part", 4, trading.StatusOpen)
	return a
}

func dayEnds(b brokerTest) {
	b.canRest()
	b.needs(ForceDay)
	b.drives(b.Drive.EndDay != nil, "Drive.EndDay")
	rest := func(n int, force trading.TimeInForce) trading.Approved {
		return b.send(trading.Order{
			ClientID: longID(n), Side: trading.Buy, Type: trading.Limit, LimitPrice: b.times(0.5), TimeInForce: force,
		}, 10, 0)
	}
	day, gtc, zero := rest(1, trading.Day), rest(2, trading.GTC), rest(3, "")
	stop := b.send(trading.Order{
		ClientID: longID(5), Side: trading.Buy, Type: trading.Stop, StopPrice: b.times(2), TimeInForce: trading.Day,
	}, 10, 0)
	var part trading.Approved
	if b.Drive.Offer != nil {
		part = b.partial(4, trading.Day)
	}
	b.Drive.EndDay()
	b.Advance()
	b.stands(day, "a day order, and the day is over", 0, trading.StatusExpired)
	b.stands(stop, "a day order with a stop, and the day is over", 0, trading.StatusExpired)
	b.stands(gtc, "a gtc order, and the day is over", 0, trading.StatusOpen)
	b.stands(zero, "an order without a time in force, which is a gtc order, and the day is over", 0, trading.StatusOpen)
	if b.Drive.Offer != nil {
		b.stands(part, "a day order that expired with a part filled", 4, trading.StatusExpired)
	}
}
