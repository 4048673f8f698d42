package binance

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/adshao/go-binance/v2/futures"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Order implements trading.Broker. An order with a stop is asked for where those are kept; once the price has reached the
// stop, what it became is asked for as well, by the number that the venue gave it.
func (b *Broker) Order(ctx context.Context, ref trading.OrderRef) (trading.OrderReport, error) {
	l, err := b.listed(ctx, ref.Symbol)
	if err != nil {
		return trading.OrderReport{}, err
	}
	if isConditional(ref.Type) {
		return b.conditional(ctx, l, ref.ClientID)
	}
	o, err := b.askOrder(ctx, l, func(s *futures.GetOrderService) { s.OrigClientOrderID(ref.ClientID) })
	if err != nil {
		if saysNoOrder(err) && b.client.time.now().Sub(ref.SentAt) > b.Traits().MaxFlight {
			b.entries.drop(ref.ClientID) // it will not be there any more
		}
		return trading.OrderReport{}, unknownOrder(ref.ClientID, err)
	}
	b.names.put(l.venue, o.OrderID, ref.ClientID)
	b.executed(l.venue, o)
	return b.heard(reportOf(ref.ClientID, o.Status, o.ExecutedQuantity))
}

func (b *Broker) askOrder(ctx context.Context, l listing, by func(*futures.GetOrderService)) (o *futures.Order, err error) {
	err = b.signed(ctx, request{what: "ask for an order", weight: 1, class: normal},
		func(ctx context.Context, f *futures.Client) (err error) {
			s := f.NewGetOrderService().Symbol(l.venue)
			by(s)
			o, err = s.Do(ctx, b.client.recv())
			return unreadable(err, o == nil || o.OrderID <= 0)
		})
	return o, err
}

// executed notes that something of an order was, so that its trades are asked for.
func (b *Broker) executed(venue string, o *futures.Order) {
	if quantity, err := number("executedQty", o.ExecutedQuantity); err == nil && quantity.IsPositive() {
		b.happened(venue)
	}
}

// unknownOrder says in the words of the port that the venue has no such order, where that is what it said.
func unknownOrder(clientID string, err error) error {
	if saysNoOrder(err) {
		return fmt.Errorf("binance: %w: %s: %w", trading.ErrUnknownOrder, clientID, err)
	}
	return err
}

func saysNoOrder(err error) bool {
	var f *failure
	return errors.As(err, &f) && (f.Code == codeNoOrder || f.Code == codeNotCanceled)
}

// heard passes a report on, and follows which entries rest.
func (b *Broker) heard(r trading.OrderReport, err error) (trading.OrderReport, error) {
	if err == nil && r.Status.Done() {
		b.entries.drop(r.ClientID)
	}
	return r, err
}

// reportOf says what the venue's status of an order means.
func reportOf(clientID string, status futures.OrderStatusType, executed string) (trading.OrderReport, error) {
	r := trading.OrderReport{ClientID: clientID}
	var err error
	if r.Filled, err = number("executedQty", executed); err != nil {
		return r, err
	}
	switch status {
	case futures.OrderStatusTypeNew, futures.OrderStatusTypePartiallyFilled,
		futures.OrderStatusTypeNewInsurance, futures.OrderStatusTypeNewADL:
		r.Status = trading.StatusOpen
	case futures.OrderStatusTypeFilled:
		r.Status = trading.StatusFilled
	case futures.OrderStatusTypeCanceled:
		r.Status, r.Reason = trading.StatusCanceled, "canceled"
	case futures.OrderStatusTypeExpired:
		r.Status, r.Reason = trading.StatusExpired, "the venue let it expire"
	case statusExpiredInMatch:
		r.Status, r.Reason = trading.StatusExpired, "it would have traded with an order of the same account"
	case futures.OrderStatusTypeRejected:
		r.Status, r.Reason = trading.StatusRejected, "the venue rejected it"
		if r.Filled.IsPositive() {
			r.Status = trading.StatusExpired
		}
	default:
		return r, fmt.Errorf("binance: order %s has the status %q, which is not known here", clientID, status)
	}
	return r, nil
}

const statusExpiredInMatch futures.OrderStatusType = "EXPIRED_IN_MATCH"

// number reads a quantity or a price; one that is left out is zero.
func number(name, text string) (decimal.Decimal, error) {
	if text == "" {
		return decimal.Zero, nil
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return d, fmt.Errorf("binance: %s %q is no number", name, text)
	}
	return d, nil
}

// The states of an order with a stop:
//
//	NEW         waits for the price
//	TRIGGERING  the price has reached the stop, and an ordinary order is being made
//	TRIGGERED   that order is there, under a number of its own
//	FINISHED    that order is done, filled or not
//	CANCELED    it was canceled while it waited
//	REJECTED    the ordinary order was refused, such as for lack of margin
//	EXPIRED     the venue let it go, such as for a position that is closed
const (
	algoNew        = futures.AlgoOrderStatusTypeNew
	algoTriggering = "TRIGGERING"
	algoTriggered  = "TRIGGERED"
	algoFinished   = "FINISHED"
)

func (b *Broker) conditional(ctx context.Context, l listing, clientID string) (trading.OrderReport, error) {
	a, err := b.askConditional(ctx, clientID)
	if err != nil {
		return trading.OrderReport{}, unknownOrder(clientID, err)
	}
	r, born, err := waitingReport(clientID, a.AlgoStatus, a.ActualOrderId)
	if err != nil || born == 0 {
		return b.heard(r, err)
	}
	b.names.putStop(l.venue, born, clientID)
	o, err := b.askOrder(ctx, l, func(s *futures.GetOrderService) { s.OrderID(born) })
	if saysNoOrder(err) {
		return b.heard(b.lostTrack(clientID, a))
	}
	if err != nil {
		return trading.OrderReport{}, err
	}
	b.executed(l.venue, o)
	r, err = reportOf(clientID, o.Status, o.ExecutedQuantity)
	r.Triggered = true
	return b.heard(r, err)
}

// lostTrack is what to say of a stop whose ordinary order the venue does not have: it forgets those without a fill after three
// days, and one that is younger is only not to be seen yet.
func (b *Broker) lostTrack(clientID string, a *futures.GetAlgoOrderResp) (trading.OrderReport, error) {
	if a.AlgoStatus == algoFinished && b.client.time.now().Sub(time.UnixMilli(a.UpdateTime)) > remembers {
		r := trading.OrderReport{ClientID: clientID, Status: trading.StatusCanceled, Triggered: true, Reason: "canceled"}
		return r, nil
	}
	return trading.OrderReport{}, fmt.Errorf("binance: order %s has triggered, and the venue does not show what became of it yet",
		clientID)
}

func (b *Broker) askConditional(ctx context.Context, clientID string) (a *futures.GetAlgoOrderResp, err error) {
	err = b.signed(ctx, request{what: "ask for an order with a stop", weight: 1, class: normal},
		func(ctx context.Context, f *futures.Client) (err error) {
			a, err = f.NewGetAlgoOrderService().ClientAlgoID(clientID).Do(ctx, b.client.recv())
			return unreadable(err, a == nil || a.ClientAlgoId != clientID)
		})
	return a, err
}

// waitingReport says what the status of an order with a stop means; with born it says of which order the rest is to be heard.
func waitingReport(clientID string, status futures.AlgoOrderStatusType, actual string) (
	r trading.OrderReport, born int64, err error,
) {
	r.ClientID, r.Status = clientID, trading.StatusOpen
	switch status {
	case algoNew:
		return r, 0, nil
	case algoTriggering, algoTriggered:
		r.Triggered = true
		return r, bornOf(actual), nil
	case algoFinished:
		r.Triggered, r.Status, r.Reason = true, trading.StatusCanceled, "canceled"
		return r, bornOf(actual), nil
	case futures.AlgoOrderStatusTypeCanceled:
		r.Status, r.Reason = trading.StatusCanceled, "canceled"
	case futures.AlgoOrderStatusTypeRejected:
		r.Triggered, r.Status, r.Reason = true, trading.StatusRejected, "the venue rejected it when the price reached its stop"
	case futures.AlgoOrderStatusTypeExpired:
		r.Status, r.Reason = trading.StatusExpired, "the venue let it expire"
	default:
		return r, 0, fmt.Errorf("binance: order %s has the status %q, which is not known here", clientID, status)
	}
	return r, 0, nil
}

// bornOf reads the number of the ordinary order; 0 where there is none.
func bornOf(actual string) int64 {
	id, err := strconv.ParseInt(actual, 10, 64)
	if err != nil {
		return 0
	}
	return id
}
