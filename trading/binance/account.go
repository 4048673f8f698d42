package binance

import (
	"context"
	"errors"

	"github.com/adshao/go-binance/v2/futures"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// OpenOrders implements trading.OrderLister: ordinary orders and those that wait for their stop, of the whole account. One
// that a stop has set off is told under the ID of the stop.
func (b *Broker) OpenOrders(ctx context.Context) ([]trading.OrderReport, error) {
	if err := b.known(ctx); err != nil {
		return nil, err
	}
	// Those with a stop come first: one that triggers in between is then told twice, and not left out.
	waiting, err := b.openConditional(ctx)
	if err != nil {
		return nil, err
	}
	var orders []*futures.Order
	err = b.signed(ctx, request{what: "ask for open orders", weight: 40, class: normal},
		func(ctx context.Context, f *futures.Client) (err error) {
			orders, err = f.NewListOpenOrdersService().Do(ctx, b.client.recv())
			return err
		})
	if err != nil {
		return nil, err
	}
	open := make([]trading.OrderReport, 0, len(waiting)+len(orders))
	at := make(map[string]int)
	for _, r := range waiting {
		at[r.ClientID] = len(open)
		open = append(open, r)
	}
	for _, o := range orders {
		r, err := b.openOrder(ctx, o)
		if err != nil {
			return nil, err
		}
		if i, twice := at[r.ClientID]; twice {
			r.Type, r.Triggered = open[i].Type, true
			open[i] = r
			continue
		}
		open = append(open, r)
	}
	return open, nil
}

func (b *Broker) openOrder(ctx context.Context, o *futures.Order) (trading.OrderReport, error) {
	b.executed(o.Symbol, o)
	name, stop, err := b.clientID(ctx, o.Symbol, o.OrderID, o)
	if err != nil {
		return trading.OrderReport{}, err
	}
	r, err := reportOf(name, o.Status, o.ExecutedQuantity)
	if err != nil {
		return r, err
	}
	r.Symbol, r.Type, r.Triggered = b.catalog.nameOf(o.Symbol), trading.Limit, stop
	switch {
	case stop && o.Type == futures.OrderTypeMarket:
		r.Type = trading.Stop
	case stop:
		r.Type = trading.StopLimit
	case o.Type == futures.OrderTypeMarket:
		r.Type = trading.Market
	}
	if !o.ReduceOnly && !o.ClosePosition && !stop {
		b.entries.put(o.Symbol, r.ClientID)
	}
	return r, nil
}

func (b *Broker) openConditional(ctx context.Context) (open []trading.OrderReport, err error) {
	var waiting []futures.GetAlgoOrderResp
	err = b.signed(ctx, request{what: "ask for open orders with a stop", weight: 40, class: normal},
		func(ctx context.Context, f *futures.Client) (err error) {
			waiting, err = f.NewListOpenAlgoOrdersService().Do(ctx, b.client.recv())
			return err
		})
	if err != nil {
		return nil, err
	}
	for i := range waiting {
		a := &waiting[i]
		r, born, err := waitingReport(a.ClientAlgoId, a.AlgoStatus, a.ActualOrderId)
		if err != nil {
			return nil, err
		}
		if born > 0 {
			b.names.putStop(a.Symbol, born, a.ClientAlgoId)
		}
		if r.Status.Done() {
			continue
		}
		r.Symbol, r.Type = b.catalog.nameOf(a.Symbol), trading.Stop
		if a.OrderType == futures.AlgoOrderTypeStop || a.OrderType == futures.AlgoOrderTypeTakeProfit {
			r.Type = trading.StopLimit
		}
		open = append(open, r)
	}
	return open, nil
}

// errHedge says that a position of one side stands beside the other.
var errHedge = errors.New("binance: the account is in hedge mode, which cannot be traded here: " +
	"change it at the venue to one-way mode")

// Positions implements trading.Positioner.
func (b *Broker) Positions(ctx context.Context) (map[string]decimal.Decimal, error) {
	held, err := b.askPositions(ctx)
	b.signs.doubt() // whoever compares them with trades has to see all of those
	return held, err
}

// askPositions asks for positions, and takes up what the venue says of their margin.
func (b *Broker) askPositions(ctx context.Context) (map[string]decimal.Decimal, error) {
	if err := b.known(ctx); err != nil {
		return nil, err
	}
	var all []*futures.PositionRiskV3
	err := b.signed(ctx, request{what: "ask for positions", weight: 5, class: normal},
		func(ctx context.Context, f *futures.Client) (err error) {
			all, err = f.NewGetPositionRiskV3Service().Do(ctx, b.client.recv())
			return err
		})
	if err != nil {
		return nil, err
	}
	held, margins := make(map[string]decimal.Decimal), make(map[string]carried)
	for _, p := range all {
		quantity, err := number("positionAmt", p.PositionAmt)
		switch {
		case err != nil:
			return nil, err
		case quantity.IsZero():
			continue
		case p.PositionSide != "" && p.PositionSide != string(futures.PositionSideTypeBoth):
			return nil, errHedge
		}
		name := b.catalog.nameOf(p.Symbol)
		held[name] = quantity
		b.names.see(p.Symbol)
		if m, told := marginOf(p, quantity); told {
			margins[name] = m
		}
	}
	b.margins.replace(margins)
	return held, nil
}

// Balance is what the account has of an asset.
type Balance struct {
	Asset     string
	Wallet    decimal.Decimal // without the profit of what is held
	Profit    decimal.Decimal // of what is held, unrealized
	Available decimal.Decimal // for new positions
}

// Balances returns what the account has, without assets that it has nothing of.
func (b *Broker) Balances(ctx context.Context) (all []Balance, err error) {
	var told []*futures.Balance
	err = b.signed(ctx, request{what: "ask for balances", weight: 5, class: normal},
		func(ctx context.Context, f *futures.Client) (err error) {
			told, err = f.NewGetBalanceService().Do(ctx, b.client.recv())
			return err
		})
	if err != nil {
		return nil, err
	}
	for _, t := range told {
		one := Balance{Asset: t.Asset}
		var wrong [3]error
		one.Wallet, wrong[0] = number("balance", t.Balance)
		one.Profit, wrong[1] = number("crossUnPnl", t.CrossUnPnl)
		one.Available, wrong[2] = number("availableBalance", t.AvailableBalance)
		if err := errors.Join(wrong[:]...); err != nil {
			return nil, err
		}
		if !one.Wallet.IsZero() || !one.Profit.IsZero() || !one.Available.IsZero() {
			all = append(all, one)
		}
	}
	return all, nil
}
