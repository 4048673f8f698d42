package alpaca

import (
	"context"
	"fmt"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// maxReplaced is how often an order may have been replaced by another one and still be followed.
const maxReplaced = 20

// Order implements trading.Broker. Where another order took the place of one, as by a hand or by a corporate action, it tells
// of that, under the client ID of the first; what they have filled is added up.
func (b *Broker) Order(ctx context.Context, ref trading.OrderRef) (trading.OrderReport, error) {
	o, before, err := b.find(ctx, ref)
	if err != nil {
		return trading.OrderReport{}, err
	}
	r, err := reportOf(ref.ClientID, o)
	r.Filled = r.Filled.Add(before)
	return r, err
}

// find returns the last of the orders that one sent under a client ID became, and what those before it have filled.
func (b *Broker) find(ctx context.Context, ref trading.OrderRef) (*alpaca.Order, decimal.Decimal, error) {
	clientID, before := ref.ClientID, decimal.Zero
	o, err := b.byClientID(ctx, clientID)
	if came(err, missing) {
		never := fmt.Errorf("%w: %w", trading.ErrUnknownOrder, err)
		o, err = b.findPart(ctx, ref.Symbol, ref.SentAt, func(name string, _ *alpaca.Order) bool { return name == clientID })
		if err == nil && o == nil {
			return nil, before, never
		}
	}
	for range maxReplaced {
		if err != nil {
			return nil, before, err
		}
		b.names.put(o.ID, clientID)
		if o.Status != "replaced" {
			return o, before, nil
		}
		if o.ReplacedBy == nil || *o.ReplacedBy == "" {
			return nil, before, fmt.Errorf("alpaca: order %s was replaced, and the venue does not say by which", clientID)
		}
		before = before.Add(o.FilledQty)
		o, err = b.byID(ctx, *o.ReplacedBy)
	}
	return nil, before, fmt.Errorf("alpaca: order %s was replaced more than %d times", clientID, maxReplaced)
}

// byClientID asks for an order, by the venue's ID where it is known to be one of a pair.
func (b *Broker) byClientID(ctx context.Context, clientID string) (*alpaca.Order, error) {
	if id, is := b.parts.get(clientID); is {
		return b.byID(ctx, id)
	}
	return ask(ctx, b.client, request{what: "ask for order " + clientID}, func(c *alpaca.Client) (*alpaca.Order, error) {
		return c.GetOrderByClientOrderID(clientID)
	})
}

// statuses are what the venue calls them.
var statuses = map[string]trading.OrderStatus{
	"new": trading.StatusOpen, "partially_filled": trading.StatusOpen, "accepted": trading.StatusOpen,
	"pending_new": trading.StatusOpen, "accepted_for_bidding": trading.StatusOpen, "held": trading.StatusOpen,
	"stopped": trading.StatusOpen, "suspended": trading.StatusOpen, "pending_cancel": trading.StatusOpen,
	"pending_replace": trading.StatusOpen, "pending_review": trading.StatusOpen, "calculated": trading.StatusOpen,
	"filled": trading.StatusFilled, "canceled": trading.StatusCanceled, "expired": trading.StatusExpired,
	"done_for_day": trading.StatusExpired, "rejected": trading.StatusRejected,
}

func reportOf(clientID string, o *alpaca.Order) (trading.OrderReport, error) {
	status, ok := statuses[o.Status]
	if !ok {
		return trading.OrderReport{}, fmt.Errorf("alpaca: order %s has the status %q, which is not known", clientID, o.Status)
	}
	r := trading.OrderReport{
		ClientID: clientID, Symbol: o.Symbol, Type: trading.OrderType(o.Type), Status: status, Filled: o.FilledQty,
	}
	if status.Done() && status != trading.StatusFilled {
		r.Reason = "the venue says " + o.Status
	}
	return r, nil
}

// Cancel implements trading.Canceler.
func (b *Broker) Cancel(ctx context.Context, ref trading.OrderRef) error {
	ctx = hurried(ctx)
	o, _, err := b.find(ctx, ref)
	if err != nil {
		return err
	}
	if statuses[o.Status].Done() || o.Status == "pending_cancel" {
		return nil
	}
	err = b.client.do(ctx, request{what: "cancel order " + ref.ClientID, class: urgent, act: true}, func(c *alpaca.Client) error {
		return c.CancelOrder(o.ID)
	})
	if came(err, rejected) { // it is done by now, or another request for it is under way; Order tells
		return nil
	}
	return err
}
