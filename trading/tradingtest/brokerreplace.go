package tradingtest

import (
	"context"
	"errors"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

var errShut = errors.New("the gate is shut")

func shut(context.Context) error { return errShut }

// counting opens, and counts how often it was asked.
func counting(n *int) func(context.Context) error {
	return func(context.Context) error {
		*n++
		return nil
	}
}

// is holds what Order says of an order against what it should be; "" says that it should not be there.
func (b brokerTest) is(a trading.Approved, want trading.OrderStatus) {
	b.Helper()
	report, err := b.Broker.Order(b.Context(), a.Order().Ref())
	if want == "" && errors.Is(err, trading.ErrUnknownOrder) {
		return
	}
	if err != nil || report.Status != want {
		b.Errorf("order %s is %+v, %v, want %q", a.Order().ClientID, report, err, want)
	}
}

func replaces(b brokerTest) {
	r, ok := b.Broker.(trading.Replacer)
	if !ok {
		if b.Broker.Traits().Replaces == trading.Atomic {
			b.Error("Traits promise to replace orders, and the broker has no Replace")
		}
		b.Skip("the broker does not replace orders")
	}
	old := b.rest("suite-1")
	with, calls := b.resting("suite-2"), 0
	if err := r.Replace(b.Context(), old.Order().Ref(), with.Gated(shut)); errors.Is(err, errors.ErrUnsupported) {
		b.Skip("the broker does not replace orders")
	} else if !errors.Is(err, errShut) {
		b.Errorf("Replace returns %v, want the error of Begin", err)
	}
	b.is(old, trading.StatusOpen)
	b.is(with, "")
	if err := r.Replace(b.Context(), old.Order().Ref(), with.Gated(counting(&calls))); err != nil || calls != 1 {
		b.Errorf("Replace returns %v, and Begin was called %d times, want once", err, calls)
	}
	b.Advance()
	b.is(old, trading.StatusCanceled)
	b.is(with, trading.StatusOpen)
	third := b.resting("suite-3")
	if err := r.Replace(b.Context(), old.Order().Ref(), third); !errors.Is(err, trading.ErrRejected) {
		b.Errorf("Replace of what is done returns %v, want ErrRejected", err)
	}
	b.is(with, trading.StatusOpen)
	b.is(third, "")
}

func pairs(b brokerTest) {
	p, ok := b.Broker.(trading.Pairer)
	if !ok {
		b.Skip("the broker takes no pairs")
	}
	b.submit(b.approved("suite-1", trading.Buy, 10, 0))
	profit := b.approve(trading.Order{
		ClientID: "suite-2", Side: trading.Sell, Type: trading.Limit, LimitPrice: b.times(2),
	}, 10, 10)
	loss := b.approve(trading.Order{
		ClientID: "suite-3", Side: trading.Sell, Type: trading.Stop, StopPrice: b.times(0.5),
	}, 10, 10)
	for _, one := range [][2]trading.Approved{{profit.Gated(shut), loss}, {profit, loss.Gated(shut)}} {
		if err := p.SubmitPair(b.Context(), one[0], one[1]); errors.Is(err, errors.ErrUnsupported) {
			b.Skip("the broker takes no pairs")
		} else if !errors.Is(err, errShut) {
			b.Errorf("SubmitPair returns %v, want the error of Begin", err)
		}
		b.is(profit, "")
		b.is(loss, "")
	}
	calls := 0
	if err := p.SubmitPair(b.Context(), profit.Gated(counting(&calls)), loss.Gated(counting(&calls))); err != nil || calls != 2 {
		b.Errorf("SubmitPair returns %v, and Begin was called %d times, want once for each", err, calls)
	}
	b.Advance()
	b.is(profit, trading.StatusOpen)
	b.is(loss, trading.StatusOpen)
	if c, ok := b.Broker.(trading.Canceler); ok {
		b.canceled(c, profit.Order().Ref(), trading.StatusCanceled)
		b.is(loss, trading.StatusCanceled)
	}
}

// times is so many times the price, on the tick.
func (b brokerTest) times(n float64) decimal.Decimal {
	return b.Price.Mul(decimal.NewFromFloat(n)).Div(b.Instrument.Tick).Floor().Mul(b.Instrument.Tick)
}
