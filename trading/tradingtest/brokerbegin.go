package tradingtest

import (
	"context"
	"errors"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// beginOnce counts how often Begin is called, and looks in it whether the order is there: it asks from within, so a
// Broker that holds a lock there which Order needs hangs here.
func beginOnce(b brokerTest) {
	calls := 0
	a := b.approved("suite-1", trading.Buy, 10, 0).Gated(func(context.Context) error {
		calls++
		if report, err := b.order("suite-1"); !errors.Is(err, trading.ErrUnknownOrder) {
			b.Errorf("when Begin is called the order is there: %+v, %v", report, err)
		}
		return nil
	})
	b.submit(a)
	if calls != 1 {
		b.Errorf("Begin was called %d times, want once", calls)
	}
	if _, err := b.order("suite-1"); err != nil {
		b.Errorf("Order: %v", err)
	}
}

func noBegin(b brokerTest) {
	a := b.approved("suite-1", trading.Buy, 10, 0)
	err := b.Broker.Submit(b.Context(), a.Gated(shut))
	if !errors.Is(err, errShut) || errors.Is(err, trading.ErrRejected) || errors.Is(err, trading.ErrDuplicate) {
		b.Errorf("Submit returns %v, want the error of Begin", err)
	}
	b.Advance()
	if report, err := b.order("suite-1"); !errors.Is(err, trading.ErrUnknownOrder) {
		b.Errorf("an order that could not begin is there: %+v, %v", report, err)
	}
	if fills := b.fills(time.Time{}); len(fills) > 0 {
		b.Errorf("an order that could not begin has %d fills", len(fills))
	}
	b.submit(a) // It was never sent, so its client ID is free.
}
