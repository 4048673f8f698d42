package alpaca

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// between stands in the client ID of a pair between those of its orders: the venue gives the second one an ID of its own, and
// so it is found without a memory.
const between = "+"

// lookBack is by how much the clock that dated an order may be ahead of the venue's.
const lookBack = time.Minute

// SubmitPair implements trading.Pairer: the venue takes both as one order, of which one part cancels the other.
func (b *Broker) SubmitPair(ctx context.Context, takeProfit, stopLoss trading.Approved) error {
	profit, loss := takeProfit.Order(), stopLoss.Order()
	clientID := profit.ClientID + between + loss.ClientID
	if why := cannotPair(profit, loss, clientID); why != "" {
		return fmt.Errorf("alpaca: pair %s: %w: %s", clientID, trading.ErrRejected, why)
	}
	r := placed(profit)
	r.ClientOrderID, r.OrderClass, r.LimitPrice, r.PositionIntent = clientID, alpaca.OCO, nil, ""
	r.TakeProfit = &alpaca.TakeProfit{LimitPrice: &profit.LimitPrice}
	r.StopLoss = &alpaca.StopLoss{StopPrice: &loss.StopPrice}
	if loss.Type == trading.StopLimit {
		r.StopLoss.LimitPrice = &loss.LimitPrice
	}
	begin := func(ctx context.Context) error {
		if err := takeProfit.Begin(ctx); err != nil {
			return err
		}
		return stopLoss.Begin(ctx)
	}
	pair, err := b.send(ctx, clientID, request{class: urgent, begin: begin}, r)
	if err == nil {
		b.partOf(pair, func(string, *alpaca.Order) bool { return false })
	}
	return err
}

func cannotPair(profit, loss trading.Order, clientID string) string {
	for _, o := range []trading.Order{profit, loss} {
		if why := cannot(o); why != "" {
			return why
		}
	}
	switch {
	case len(clientID) > maxClientID:
		return fmt.Sprintf("both client IDs have more than %d characters", maxClientID-len(between))
	case profit.Type != trading.Limit || loss.Type != trading.Stop && loss.Type != trading.StopLimit:
		return "a pair is a limit order and one with a stop"
	case profit.Symbol != loss.Symbol || profit.Side != loss.Side || !profit.Quantity.Equal(loss.Quantity):
		return "both close as much of the same"
	case !profit.ReduceOnly || !loss.ReduceOnly:
		return "both only reduce"
	case timeInForce(profit) != timeInForce(loss):
		return "both have one time in force"
	}
	return ""
}

// findPart looks for an order among those of pairs that were sent from a time on; is says which one it is. It is nil where
// there is none.
func (b *Broker) findPart(ctx context.Context, symbol string, since time.Time, is func(clientID string, o *alpaca.Order) bool) (
	*alpaca.Order, error,
) {
	if !since.IsZero() {
		since = since.Add(-lookBack)
	}
	for {
		r := request{what: "ask for pairs of " + symbol, class: bulk}
		orders, err := ask(ctx, b.client, r, func(c *alpaca.Client) ([]alpaca.Order, error) {
			return c.GetOrders(alpaca.GetOrdersRequest{
				Status: "all", Limit: maxOrders, After: since.UTC(), Direction: "asc", Nested: true, Symbols: []string{symbol},
			})
		})
		if err != nil {
			return nil, err
		}
		for i := range orders {
			if part := b.partOf(&orders[i], is); part != nil {
				return part, nil
			}
		}
		if len(orders) < maxOrders {
			return nil, nil
		}
		last := orders[len(orders)-1].SubmittedAt
		if !last.Truncate(time.Second).After(since) {
			return nil, errors.New("alpaca: more orders of one second than the venue tells in one answer")
		}
		since = last.Truncate(time.Second)
	}
}

// partOf notes the names of a pair, and returns the order of it that is meant.
func (b *Broker) partOf(pair *alpaca.Order, is func(clientID string, o *alpaca.Order) bool) *alpaca.Order {
	profit, loss, ok := strings.Cut(pair.ClientOrderID, between)
	if !ok {
		return nil
	}
	var part *alpaca.Order
	b.notePart(pair.ID, profit)
	if is(profit, pair) {
		part = pair
	}
	for i := range pair.Legs {
		leg := &pair.Legs[i]
		b.notePart(leg.ID, loss)
		if is(loss, leg) {
			part = leg
		}
	}
	return part
}

// notePart remembers an order of a pair, which the venue does not find by its client ID.
func (b *Broker) notePart(id, clientID string) {
	b.names.put(id, clientID)
	b.parts.put(clientID, id)
}

// isPart reports whether an order is one of a pair.
func isPart(o *alpaca.Order) bool { return o.OrderClass == alpaca.OCO }

// partName returns the client ID that an order of a pair was sent under.
func (b *Broker) partName(ctx context.Context, o *alpaca.Order) (string, error) {
	if profit, _, ok := strings.Cut(o.ClientOrderID, between); ok {
		return profit, nil
	}
	name := o.ClientOrderID // of a pair that somebody else has sent
	_, err := b.findPart(ctx, o.Symbol, o.CreatedAt, func(clientID string, part *alpaca.Order) bool {
		if part.ID == o.ID {
			name = clientID
		}
		return part.ID == o.ID
	})
	return name, err
}
