package alpaca

import (
	"context"
	"fmt"
	"strings"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// maxClientID is how long a client ID may be.
const maxClientID = 128

// Submit implements trading.Broker. The venue knows no order that only reduces: such a one is sent as one that closes, which
// the venue refuses where nothing is held, and it sells no more than is held.
func (b *Broker) Submit(ctx context.Context, a trading.Approved) error {
	o := a.Order()
	if why := cannot(o); why != "" {
		return fmt.Errorf("alpaca: order %s: %w: %s", o.ClientID, trading.ErrRejected, why)
	}
	if err := b.client.key.Denied(); err != nil && !o.ReduceOnly { // what reduces may ask again
		return fmt.Errorf("alpaca: order %s was not sent: %w", o.ClientID, err)
	}
	r := request{class: opening, begin: a.Begin}
	if o.ReduceOnly {
		r.class = urgent
	}
	_, err := b.send(ctx, o.ClientID, r, placed(o))
	return err
}

// send sends an order, and returns it as the venue has it; the error says in the words of the port what became of it.
func (b *Broker) send(ctx context.Context, clientID string, r request, wanted alpaca.PlaceOrderRequest) (
	there *alpaca.Order, err error,
) {
	r.what, r.act = "submit order "+clientID, true
	b.updates.Expect(clientID, b.client.cfg.Clock.Now())
	err = b.client.do(ctx, r, func(c *alpaca.Client) error {
		answer, err := c.PlaceOrder(wanted)
		if err == nil && (answer.ID == "" || answer.ClientOrderID != clientID) {
			return fmt.Errorf("the answer is of the order %q", answer.ClientOrderID)
		}
		there = answer
		return err
	})
	if err == nil {
		return there, nil
	}
	b.updates.Forget(clientID)
	switch {
	case came(err, rejected), came(err, denied), came(err, missing):
		return nil, fmt.Errorf("%w: %w", trading.ErrRejected, err)
	case came(err, duplicate):
		return nil, fmt.Errorf("%w: %w", trading.ErrDuplicate, err)
	}
	return nil, err
}

// cannot says why the venue cannot execute an order as it stands.
func cannot(o trading.Order) string {
	switch {
	case o.ClientID == "" || len(o.ClientID) > maxClientID:
		return fmt.Sprintf("its client ID has not between 1 and %d characters", maxClientID)
	case strings.Contains(o.ClientID, between):
		return fmt.Sprintf("its client ID has a %q, which stands between those of a pair", between)
	case o.PostOnly:
		return "the venue has no orders that only post"
	case !o.Quantity.IsInteger():
		return fmt.Sprintf("%s is no whole number of shares", o.Quantity)
	case (o.Type == trading.Stop || o.Type == trading.StopLimit) &&
		(o.TimeInForce == trading.IOC || o.TimeInForce == trading.FOK):
		return "the venue has no orders with a stop that fill at once"
	}
	for _, price := range []decimal.Decimal{o.LimitPrice, o.StopPrice} {
		if places := placesOf(price); !price.Equal(price.Truncate(places)) {
			return fmt.Sprintf("the price %s has more than %d decimals", price, places)
		}
	}
	return ""
}

var dollar = decimal.NewFromInt(1)

// placesOf is how many decimals a price may have.
func placesOf(price decimal.Decimal) int32 {
	if price.LessThan(dollar) {
		return 4
	}
	return 2
}

// placed is an order as the venue wants it.
func placed(o trading.Order) alpaca.PlaceOrderRequest {
	r := alpaca.PlaceOrderRequest{
		Symbol: o.Symbol, Qty: &o.Quantity, Side: alpaca.Buy, Type: alpaca.Market, TimeInForce: timeInForce(o),
		ClientOrderID: o.ClientID, OrderClass: alpaca.Simple,
	}
	if o.Side == trading.Sell {
		r.Side = alpaca.Sell
	}
	if o.ReduceOnly {
		r.PositionIntent = alpaca.BuyToClose
		if o.Side == trading.Sell {
			r.PositionIntent = alpaca.SellToClose
		}
	}
	switch o.Type {
	case trading.Limit:
		r.Type, r.LimitPrice = alpaca.Limit, &o.LimitPrice
	case trading.Stop:
		r.Type, r.StopPrice = alpaca.Stop, &o.StopPrice
	case trading.StopLimit:
		r.Type, r.LimitPrice, r.StopPrice = alpaca.StopLimit, &o.LimitPrice, &o.StopPrice
	}
	return r
}

// timeInForce is how long an order stays. A market order that is no other stays for the day: what cannot be had then is not
// wanted on the next.
func timeInForce(o trading.Order) alpaca.TimeInForce {
	switch {
	case o.TimeInForce == trading.IOC:
		return alpaca.IOC
	case o.TimeInForce == trading.FOK:
		return alpaca.FOK
	case o.TimeInForce == trading.Day, !o.Rests():
		return alpaca.Day
	}
	return alpaca.GTC
}
