package binance

import (
	"context"

	"github.com/adshao/go-binance/v2/futures"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Cancel implements trading.Canceler.
func (b *Broker) Cancel(ctx context.Context, ref trading.OrderRef) error {
	l, err := b.listed(ctx, ref.Symbol)
	if err != nil {
		return err
	}
	b.happened(l.venue)
	if isConditional(ref.Type) {
		return b.cancelConditional(ctx, l, ref)
	}
	err = b.cancelOrder(ctx, l, func(s *futures.CancelOrderService) { s.OrigClientOrderID(ref.ClientID) })
	if !saysNoOrder(err) {
		return err
	}
	return b.doneBefore(ctx, ref, err)
}

func (b *Broker) cancelOrder(ctx context.Context, l listing, by func(*futures.CancelOrderService)) error {
	return b.signed(ctx, request{what: "cancel an order", weight: 1, class: urgent, cancel: true},
		func(ctx context.Context, f *futures.Client) error {
			s := f.NewCancelOrderService().Symbol(l.venue)
			by(s)
			_, err := s.Do(ctx, b.client.recv())
			return err
		})
}

// doneBefore tells an order that was done before its cancel came from one that the venue never had: it says the same of both.
func (b *Broker) doneBefore(ctx context.Context, ref trading.OrderRef, refusal error) error {
	r, err := b.Order(ctx, ref)
	switch {
	case err != nil:
		return err
	case r.Status.Done():
		return nil
	}
	return refusal
}

// cancelConditional cancels an order with a stop, and where the price has reached the stop already, what it became.
func (b *Broker) cancelConditional(ctx context.Context, l listing, ref trading.OrderRef) error {
	err := b.signed(ctx, request{what: "cancel an order with a stop", weight: 1, class: urgent, cancel: true},
		func(ctx context.Context, f *futures.Client) error {
			_, err := f.NewCancelAlgoOrderService().ClientAlgoID(ref.ClientID).Do(ctx, b.client.recv())
			return err
		})
	if err == nil || !wasRejected(err) {
		return err
	}
	a, asked := b.askConditional(ctx, ref.ClientID)
	if asked != nil {
		return unknownOrder(ref.ClientID, asked)
	}
	_, born, asked := waitingReport(ref.ClientID, a.AlgoStatus, a.ActualOrderId)
	if asked != nil {
		return asked
	}
	if born > 0 {
		b.names.putStop(l.venue, born, ref.ClientID)
		if err = b.cancelOrder(ctx, l, func(s *futures.CancelOrderService) { s.OrderID(born) }); !saysNoOrder(err) {
			return err
		}
	}
	return b.doneBefore(ctx, ref, err)
}
