package tradingtest

import (
	"context"
	"errors"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// beginOnce counts how often Begin is called, and looks in it whether the order is there: it asks from within, where a
// Broker may hold no lock that other methods need.
func beginOnce(b brokerTest) {
	calls := 0
	a := b.approved("suite-1", trading.Buy, 10, 0).Gated(func(context.Context) error {
		calls++
		order := b.answers("Order", func() error {
			_, err := b.order("suite-1")
			return err
		})
		if !errors.Is(order, trading.ErrUnknownOrder) {
			b.Errorf("when Begin is called the order is there: Order returns %v, want ErrUnknownOrder", order)
		}
		_ = b.answers("Fills", func() error {
			_, _, err := b.Broker.Fills(b.Context(), trading.Cursor{}, 1)
			return err
		})
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

// answers demands that a call comes to its end while Begin has not returned, and returns its error.
func (b brokerTest) answers(name string, call func() error) error {
	b.Helper()
	done := make(chan error, 1)
	go func() { done <- call() }()
	select {
	case err := <-done:
		return err
	case <-machine.After(b.Patience):
		b.Errorf("within %s %s does not answer while Begin is asked: Submit holds a lock there that it needs", b.Patience, name)
		return trading.ErrUnknownOrder
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
