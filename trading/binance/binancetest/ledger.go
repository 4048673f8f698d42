package binancetest

import (
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// Ledger is what the venue knows, without a request: the truth that a client's book has to agree with.
type Ledger struct {
	Wallets   map[string]decimal.Decimal // by asset
	Positions map[string]decimal.Decimal // by symbol, below zero when short; none that is flat
	Costs     map[string]decimal.Decimal // what the positions were bought for, below zero when short
	Orders    []Order
	Fills     []Fill
	Income    []Income
}

// Order is one that the venue took, conditional ones included.
type Order struct {
	ID                           int64 // an algoId where Algo
	Algo                         bool
	ClientID, Symbol, Side, Type string
	Status                       string // an algoStatus where Algo
	Qty, Filled, Price, Trigger  decimal.Decimal
	ReduceOnly, ClosePosition    bool
	Venue                        bool // the venue's own, as in a liquidation
	Created                      time.Time
}

// Fill is a trade of an order.
type Fill struct {
	ID, OrderID            int64
	ClientID, Symbol, Side string
	Price, Qty, Fee        decimal.Decimal
	FeeAsset               string
	Maker                  bool
	At                     time.Time
}

// Income is what moved a wallet: REALIZED_PNL, COMMISSION, FUNDING_FEE, INSURANCE_CLEAR, TRANSFER.
type Income struct {
	Kind, Symbol, Asset string
	Amount              decimal.Decimal
	At                  time.Time
}

// Ledger tells all that has happened at the venue.
func (v *Venue) Ledger() Ledger {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.advanceLocked()
	e := v.engine
	l := Ledger{Wallets: maps.Clone(e.wallets), Positions: map[string]decimal.Decimal{}, Costs: map[string]decimal.Decimal{}}
	for name, p := range e.positions {
		if !p.qty.IsZero() {
			l.Positions[name], l.Costs[name] = p.qty, p.cost
		}
	}
	for _, o := range e.orders {
		l.Orders = append(l.Orders, Order{
			ID: o.id, ClientID: o.clientID, Symbol: o.symbol, Side: o.side, Type: o.typ, Status: o.status, Qty: o.qty,
			Filled: o.filled, Price: o.price, ReduceOnly: o.reduceOnly, ClosePosition: o.closePosition, Venue: o.venues,
			Created: o.created,
		})
	}
	for _, a := range e.algos {
		_, _, filled := a.actual()
		l.Orders = append(l.Orders, Order{
			ID: a.id, Algo: true, ClientID: a.clientID, Symbol: a.symbol, Side: a.side, Type: a.typ, Status: a.status,
			Qty: a.qty, Filled: filled, Price: a.price, Trigger: a.trigger, ReduceOnly: a.reduceOnly,
			ClosePosition: a.closePosition, Created: a.created,
		})
	}
	for _, f := range e.fills {
		l.Fills = append(l.Fills, Fill{
			ID: f.id, OrderID: f.order.id, ClientID: f.order.clientID, Symbol: f.order.symbol, Side: f.order.side,
			Price: f.price, Qty: f.qty, Fee: f.fee, FeeAsset: f.feeAsset, Maker: f.maker, At: f.at,
		})
	}
	for _, r := range e.incomes {
		l.Income = append(l.Income, Income{r.kind, r.symbol, r.asset, r.amount, r.at})
	}
	return l
}

// Position is what the account holds of a symbol. It costs little, other than a Ledger.
func (v *Venue) Position(symbol string) decimal.Decimal {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.advanceLocked()
	p, held := v.engine.positions[symbol]
	if !held {
		return decimal.Zero
	}
	return p.qty
}

// Order is the newest that a client id belongs to, and whether there is one.
func (l Ledger) Order(clientID string) (Order, bool) {
	for _, o := range slices.Backward(l.Orders) {
		if o.ClientID == clientID {
			return o, true
		}
	}
	return Order{}, false
}
