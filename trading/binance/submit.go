package binance

import (
	"context"
	"errors"
	"fmt"

	"github.com/adshao/go-binance/v2/futures"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Submit implements trading.Broker. Before the first order it looks at the account, see Check. While something stands against
// trading there, or the venue does not accept the key, only what reduces a position is sent.
func (b *Broker) Submit(ctx context.Context, a trading.Approved) error {
	o := a.Order()
	if err := b.ready(ctx); err != nil && !o.ReduceOnly {
		return fmt.Errorf("binance: order %s was not sent: %w", o.ClientID, err)
	}
	l, err := b.listed(ctx, o.Symbol)
	if err != nil {
		return err
	}
	if why := cannot(o, l); why != "" {
		return fmt.Errorf("binance: order %s: %w: %s", o.ClientID, trading.ErrRejected, why)
	}
	if err := b.client.key.Denied(); err != nil && !o.ReduceOnly {
		return fmt.Errorf("binance: order %s was not sent: %w", o.ClientID, err)
	}
	r := request{what: "submit order " + o.ClientID, class: normal, order: true, begin: a.Begin}
	if o.ReduceOnly {
		r.class = urgent
	}
	b.entries.add(l.venue, o)
	b.updates.Expect(o.ClientID, b.client.cfg.Clock.Now())
	var id int64
	err = b.signed(ctx, r, func(ctx context.Context, f *futures.Client) (err error) {
		if isConditional(o.Type) {
			return b.sendConditional(ctx, f, l, o)
		}
		id, err = b.sendOrder(ctx, f, l, o)
		return err
	})
	if err != nil {
		return b.notTaken(o, err)
	}
	b.happened(l.venue)
	if id > 0 {
		b.names.put(l.venue, id, o.ClientID)
	}
	return nil
}

// notTaken says in the words of the port what became of an order that the venue has not plainly taken.
func (b *Broker) notTaken(o trading.Order, err error) error {
	b.updates.Forget(o.ClientID)
	var f *failure
	if !errors.As(err, &f) {
		b.entries.drop(o.ClientID) // it was never sent
		return err
	}
	if !f.order {
		b.entries.drop(o.ClientID) // what stood before it failed
		return fmt.Errorf("binance: order %s was not sent: %w", o.ClientID, err)
	}
	switch f.outcome {
	case rejected, denied:
		b.entries.drop(o.ClientID)
		return fmt.Errorf("%w: %w", trading.ErrRejected, err)
	case duplicate:
		return fmt.Errorf("%w: %w", trading.ErrDuplicate, err)
	}
	return err
}

// isConditional reports whether the venue keeps orders of that type apart, until the price has reached their stop.
func isConditional(t trading.OrderType) bool { return t == trading.Stop || t == trading.StopLimit }

// cannot says why the venue cannot execute an order as it stands.
func cannot(o trading.Order, l listing) string {
	limited := o.Type == trading.Limit || o.Type == trading.StopLimit
	switch {
	case o.TimeInForce == trading.Day:
		return "the venue has no orders for a day"
	case o.TimeInForce == trading.FOK && !limited:
		return "the venue has no market orders that fill wholly or not at all"
	case !limited && o.Type != trading.Market && o.Type != trading.Stop && o.Type != "":
		return fmt.Sprintf("the venue has no orders of type %q", o.Type)
	case !o.ReduceOnly && !l.isTraded():
		return fmt.Sprintf("%s is not traded: %s", o.Symbol, l.status)
	case !limited && l.marketMax.IsPositive() && o.Quantity.GreaterThan(l.marketMax):
		return fmt.Sprintf("%s is more than the largest market order, %s", o.Quantity, l.marketMax)
	}
	return ""
}

func sideOf(s trading.Side) futures.SideType {
	if s == trading.Sell {
		return futures.SideTypeSell
	}
	return futures.SideTypeBuy
}

func timeInForce(o trading.Order) futures.TimeInForceType {
	switch {
	case o.PostOnly:
		return futures.TimeInForceTypeGTX
	case o.TimeInForce == trading.IOC:
		return futures.TimeInForceTypeIOC
	case o.TimeInForce == trading.FOK:
		return futures.TimeInForceTypeFOK
	}
	return futures.TimeInForceTypeGTC
}

func (b *Broker) sendOrder(ctx context.Context, f *futures.Client, l listing, o trading.Order) (id int64, err error) {
	s := f.NewCreateOrderService().Symbol(l.venue).Side(sideOf(o.Side)).NewClientOrderID(o.ClientID).
		Quantity(o.Quantity.String()).Type(futures.OrderTypeMarket).NewOrderResponseType(futures.NewOrderRespTypeRESULT)
	if o.ReduceOnly {
		s = s.ReduceOnly(true)
	}
	if o.Type == trading.Limit {
		s = s.Type(futures.OrderTypeLimit).Price(o.LimitPrice.String()).TimeInForce(timeInForce(o))
	}
	answer, err := s.Do(ctx, b.client.recv())
	if err != nil {
		return 0, err
	}
	return answer.OrderID, unreadable(nil, answer.OrderID <= 0 || answer.ClientOrderID != o.ClientID)
}

// sendConditional sends an order with a stop. It triggers by the prices of trades, as vigil's do.
func (b *Broker) sendConditional(ctx context.Context, f *futures.Client, l listing, o trading.Order) error {
	s := f.NewCreateAlgoOrderService().Symbol(l.venue).Side(sideOf(o.Side)).ClientAlgoId(o.ClientID).
		Quantity(o.Quantity.String()).TriggerPrice(o.StopPrice.String()).Type(futures.AlgoOrderTypeStopMarket).
		WorkingType(futures.WorkingTypeContractPrice)
	if o.ReduceOnly {
		s = s.ReduceOnly(true)
	}
	if o.Type == trading.StopLimit {
		s = s.Type(futures.AlgoOrderTypeStop).Price(o.LimitPrice.String()).TimeInForce(timeInForce(o))
	}
	answer, err := s.Do(ctx, b.client.recv())
	if err != nil {
		return err
	}
	return unreadable(nil, answer.AlgoId <= 0 || answer.ClientAlgoId != o.ClientID)
}
