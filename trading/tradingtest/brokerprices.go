package tradingtest

import (
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// limitHolds sends orders whose limits the price is on the good side of, so that they fill: at the limit or better.
func limitHolds(b brokerTest) {
	if _, ok := b.Broker.(trading.Canceler); !ok {
		b.Skip("the broker cannot cancel, and takes no orders that may rest")
	}
	for i, o := range []trading.Order{
		{ClientID: "suite-1", Side: trading.Buy, Type: trading.Limit, LimitPrice: b.times(1.05)},
		{ClientID: "suite-2", Side: trading.Sell, Type: trading.Limit, LimitPrice: b.times(0.95)},
	} {
		b.submit(b.approve(o, 10, int64(i)*10))
		for _, f := range b.fills(time.Time{}) {
			if f.ClientID == o.ClientID && f.Price.Sub(o.LimitPrice).Mul(b.steps(int64(o.Side))).IsPositive() {
				b.Errorf("%s has a limit of %s and was filled at %s, which is worse", o.ClientID, o.LimitPrice, f.Price)
			}
		}
	}
	if got := filled(b.fills(time.Time{})); !got.Equal(b.steps(20)) {
		b.Errorf("two orders whose limits had been passed fill %s, want %s", got, b.steps(20))
	}
}

// reducesOnly sends an order that closes more than the account holds, as one does that was decided on before something
// was sold by hand. It may be cut, or refused.
func reducesOnly(b brokerTest) {
	b.needs(ReduceOnly)
	b.submit(b.approved("suite-1", trading.Buy, 20, 0))
	a := b.approved("suite-2", trading.Sell, 50, 50)
	if !a.Order().ReduceOnly {
		b.Fatal("the order was approved as one that opens something")
	}
	_ = b.Broker.Submit(b.Context(), a)
	b.Advance()
	fills := b.fills(time.Time{})
	if sold := filled(fills).Sub(b.steps(20)); sold.GreaterThan(b.steps(20)) {
		b.Errorf("%s was held, and an order that only reduces has sold %s", b.steps(20), sold)
	}
}
