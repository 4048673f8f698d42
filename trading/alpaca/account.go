package alpaca

import (
	"context"
	"fmt"
	"slices"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// maxOrders is how many orders the venue tells in one answer.
const maxOrders = 500

// OpenOrders implements trading.OrderLister. More than the venue tells in one answer is an error.
func (b *Broker) OpenOrders(ctx context.Context) ([]trading.OrderReport, error) {
	orders, err := ask(ctx, b.client, request{what: "ask for open orders"}, func(c *alpaca.Client) ([]alpaca.Order, error) {
		return c.GetOrders(alpaca.GetOrdersRequest{Status: "open", Limit: maxOrders})
	})
	if err != nil {
		return nil, err
	}
	if len(orders) == maxOrders {
		return nil, fmt.Errorf("alpaca: the account has %d open orders or more, which is all that the venue tells: "+
			"cancel some there", maxOrders)
	}
	open := make([]trading.OrderReport, 0, len(orders))
	for i := range orders {
		o := &orders[i]
		clientID := o.ClientOrderID
		if isPart(o) || o.Replaces != nil && *o.Replaces != "" {
			if clientID, err = b.clientID(ctx, o.ID); err != nil {
				return nil, err
			}
		}
		r, err := reportOf(clientID, o)
		if err != nil {
			return nil, err
		}
		open = append(open, r)
	}
	return open, nil
}

// Positions implements trading.Positioner.
func (b *Broker) Positions(ctx context.Context) (map[string]decimal.Decimal, error) {
	all, err := ask(ctx, b.client, request{what: "ask for positions"}, (*alpaca.Client).GetPositions)
	if err != nil {
		return nil, err
	}
	held := make(map[string]decimal.Decimal)
	for _, p := range all {
		switch quantity := p.Qty.Abs(); {
		case quantity.IsZero():
		case p.Side == "long":
			held[p.Symbol] = quantity
		case p.Side == "short":
			held[p.Symbol] = quantity.Neg()
		default:
			return nil, fmt.Errorf("alpaca: the position in %s has the side %q", p.Symbol, p.Side)
		}
	}
	return held, nil
}

// Instruments implements trading.InstrumentLister: shares that are active and tradable, in whole ones.
func (b *Broker) Instruments(ctx context.Context) ([]trading.Instrument, error) {
	assets, err := ask(ctx, b.client, request{what: "ask for assets"}, func(c *alpaca.Client) ([]alpaca.Asset, error) {
		return c.GetAssets(alpaca.GetAssetsRequest{Status: "active", AssetClass: string(alpaca.USEquity)})
	})
	if err != nil {
		return nil, err
	}
	all := make([]trading.Instrument, 0, len(assets))
	for _, a := range assets {
		if !a.Tradable || a.Class != alpaca.USEquity {
			continue
		}
		share := decimal.NewFromInt(1)
		i := trading.Instrument{Symbol: a.Symbol, Tick: decimal.New(1, -2), Step: share, MinQuantity: share}
		if slices.Contains(b.client.cfg.BelowDollar, a.Symbol) {
			i.Tick = decimal.New(1, -4)
		}
		all = append(all, i)
	}
	return all, nil
}
