package tradingtest

import (
	"errors"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// replacedCases are about what takes the place of an order, and about pairs of which the answer is lost.
var replacedCases = []brokerCase{
	{"what replaces has its own price and quantity", replacedLimit},
	{"a stop that replaces has its own stop, and only reduces", replacedStop},
	{"what replaces an order that is filled in part fills in full", replacedPart},
	{"what replaces and is lost is not there", lostReplacing},
	{"a pair whose answer is lost is neither rejected nor sent again", lostPair},
}

// replaced puts an order in the place of another one.
func (b brokerTest) replaced(old, with trading.Approved) {
	b.Helper()
	r, ok := b.Broker.(trading.Replacer)
	if !ok {
		b.Skip("the broker does not replace orders")
	}
	if err := r.Replace(b.Context(), old.Order().Ref(), with); errors.Is(err, errors.ErrUnsupported) {
		b.Skip("the broker does not replace orders")
	} else if err != nil {
		b.Fatalf("Replace of %s by %s: %v", words(old.Order()), words(with.Order()), err)
	}
	b.Advance()
}

func replacedLimit(b brokerTest) {
	b.canRest()
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	buy := trading.Order{ClientID: longID(1), Side: trading.Buy, Type: trading.Limit, LimitPrice: b.odd(0.97)}
	old := b.send(buy, 10, 0)
	buy.ClientID, buy.LimitPrice = longID(2), b.odd(0.95)
	with := b.approve(buy, 7, 0)
	b.replaced(old, with)
	b.price(old.Order().LimitPrice)
	b.stands(with, "what replaces, and the price is at the limit of what was replaced", 0, trading.StatusOpen)
	b.price(buy.LimitPrice)
	b.stands(with, "what replaces, and the price is at its limit", 7, trading.StatusFilled)
}

func replacedStop(b brokerTest) {
	b.canRest()
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	b.have(0, 20)
	sell := trading.Order{ClientID: longID(1), Side: trading.Sell, Type: trading.Stop, StopPrice: b.odd(0.95)}
	old := b.send(sell, 10, 20)
	sell.ClientID, sell.StopPrice = longID(2), b.odd(0.97)
	with := b.approve(sell, 5, 20)
	b.replaced(old, with)
	b.untriggered(with, "a stop that replaces, far from the price")
	b.price(sell.StopPrice)
	b.stands(with, "a stop that replaces, and the price is at its stop", 5, trading.StatusFilled)
	if b.lacks(ReduceOnly) {
		return
	}
	b.price(b.Price)
	sell.ClientID = longID(3)
	old = b.send(sell, 10, 15)
	sell.ClientID = longID(4)
	with = b.approve(sell, 50, 50)
	b.replaced(old, with)
	b.price(sell.StopPrice)
	b.soldAtMost(with, 15)
}

func replacedPart(b brokerTest) {
	if _, ok := b.Broker.(trading.Replacer); !ok {
		b.Skip("the broker does not replace orders")
	}
	old := b.partial(1, trading.GTC)
	with := b.approve(trading.Order{
		ClientID: longID(2), Side: trading.Buy, Type: trading.Limit, LimitPrice: b.times(1.04),
	}, 10, 4)
	b.replaced(old, with)
	b.offer(30)
	b.stands(with, "what replaces an order that was filled in part", 10, trading.StatusFilled)
	b.stands(old, "an order that was filled in part and replaced", 4, trading.StatusCanceled)
}

func lostReplacing(b brokerTest) {
	b.lined()
	r, ok := b.Broker.(trading.Replacer)
	if !ok {
		b.Skip("the broker does not replace orders")
	}
	old, with := b.rest(longID(1)), b.resting(longID(2))
	err := r.Replace(b.Context(), old.Order().Ref(), b.faulty(with, RequestLost))
	b.Line.Fail("", 0)
	if errors.Is(err, errors.ErrUnsupported) {
		b.Skip("the broker does not replace orders")
	}
	if err == nil {
		b.Errorf("after a lost request Replace returns nil: it says that the new order is there")
	}
	b.Advance()
	b.stands(old, "what was to be replaced, and the request was lost", 0, trading.StatusOpen)
	b.is(with, "")
}

func lostPair(b brokerTest) {
	b.lined()
	p, ok := b.Broker.(trading.Pairer)
	if !ok {
		b.Skip("the broker takes no pairs")
	}
	b.have(1, 10)
	for i, f := range []LineFault{RequestLost, ReplyLost} {
		profit := b.approve(trading.Order{
			ClientID: longID(10 + i), Side: trading.Sell, Type: trading.Limit, LimitPrice: b.times(2),
		}, 10, 10)
		loss := b.approve(trading.Order{
			ClientID: longID(20 + i), Side: trading.Sell, Type: trading.Stop, StopPrice: b.times(0.5),
		}, 10, 10)
		err := p.SubmitPair(b.Context(), profit, b.faulty(loss, f))
		b.Line.Fail("", 0)
		if errors.Is(err, errors.ErrUnsupported) {
			b.Skip("the broker takes no pairs")
		}
		if errors.Is(err, trading.ErrRejected) || err == nil && f == RequestLost {
			b.Errorf("after %s SubmitPair returns %v, and nobody knows", f, err)
		}
		b.sentOnce(loss, "after "+string(f)+" to a pair")
		b.Advance()
		want := map[LineFault]trading.OrderStatus{RequestLost: "", ReplyLost: trading.StatusOpen}[f]
		b.is(profit, want)
		b.is(loss, want)
	}
}
