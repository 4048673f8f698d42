package paper

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Traits implements trading.Broker: client IDs are refused twice, and what was sent is there when Submit returns.
func (b *Broker) Traits() trading.Traits {
	return trading.Traits{RefusesDuplicates: true, MaxFlight: time.Nanosecond}
}

// Submit takes a market order. An error wraps trading.ErrRejected where the account cannot carry it or the instrument
// does not take it, and trading.ErrDuplicate where the client ID has been used.
func (b *Broker) Submit(ctx context.Context, a trading.Approved) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o := a.Order()
	quote, quoted := b.quote(o.Symbol)
	now := b.cfg.Clock.Now().UTC()
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.orders[o.ClientID]; ok {
		return fmt.Errorf("paper: %w: %s", trading.ErrDuplicate, o.ClientID)
	}
	taken := &order{Order: o, status: trading.StatusOpen}
	b.orders[o.ClientID] = taken
	if reason := b.refusalLocked(o, quote, quoted); reason != "" {
		taken.status, taken.reason = trading.StatusRejected, reason
		return fmt.Errorf("paper: %w: %s", trading.ErrRejected, reason)
	}
	b.open = append(b.open, taken)
	if quoted {
		b.fillAtLocked(b.instruments[o.Symbol], either(quote), now, func(o *order) bool { return o == taken })
	}
	return nil
}

// quote asks for the price of now; it takes no lock, because Quote is not ours.
func (b *Broker) quote(symbol string) (float64, bool) {
	if b.cfg.Quote == nil {
		return 0, false
	}
	return b.cfg.Quote(symbol)
}

// refusalLocked says why the order cannot be taken.
func (b *Broker) refusalLocked(o trading.Order, quote float64, quoted bool) string {
	i, ok := b.instruments[o.Symbol]
	switch {
	case !ok:
		return o.Symbol + " is not traded here"
	case o.Type != trading.Market:
		return fmt.Sprintf("orders of type %q are not taken", o.Type)
	case !o.Quantity.IsPositive() || !i.Quantity(o.Quantity).Equal(o.Quantity):
		return fmt.Sprintf("quantity %s is no whole number of steps of %s", o.Quantity, i.Step)
	case o.Quantity.LessThan(i.MinQuantity):
		return fmt.Sprintf("quantity %s is below the smallest of %s", o.Quantity, i.MinQuantity)
	case b.cfg.Quote != nil && !quoted:
		return "there is no quote"
	case o.ReduceOnly && !b.reducesLocked(o):
		return "it would not reduce the position"
	}
	price, known := b.price[o.Symbol]
	if quoted {
		var err error
		if price, err = b.worsened(i, o.Side, quote); err != nil {
			return err.Error()
		}
		known = true
	}
	if !known {
		return "" // The first bar will tell: it is checked again then.
	}
	return b.marginLocked(o, price)
}

func (b *Broker) reducesLocked(o trading.Order) bool {
	held := o.Side.Signed(b.holding[o.Symbol].Quantity)
	return held.IsNegative() && o.Quantity.LessThanOrEqual(held.Abs())
}

// marginLocked says why the account cannot carry the order at price: what it would hold, everything at its last price,
// would be more than its equity after the fee times the leverage. What reduces always passes.
func (b *Broker) marginLocked(o trading.Order, price decimal.Decimal) string {
	if b.reducesLocked(o) {
		return ""
	}
	equity := b.cash.Sub(o.Quantity.Mul(price).Mul(b.cfg.FeeRate))
	exposure := decimal.Zero
	for symbol, p := range b.holding {
		if symbol == o.Symbol {
			continue
		}
		worth := p.Quantity.Mul(b.price[symbol])
		equity, exposure = equity.Add(worth), exposure.Add(worth.Abs())
	}
	held := b.holding[o.Symbol].Quantity
	equity = equity.Add(held.Mul(price))
	exposure = exposure.Add(held.Add(o.Side.Signed(o.Quantity)).Mul(price).Abs())
	if carried := equity.Mul(b.cfg.Leverage); exposure.GreaterThan(carried) {
		return fmt.Sprintf("margin: it would hold %s and can carry %s", exposure, carried)
	}
	return ""
}

// Order implements trading.Broker.
func (b *Broker) Order(ctx context.Context, clientID string) (trading.OrderReport, error) {
	if err := ctx.Err(); err != nil {
		return trading.OrderReport{}, err
	}
	b.workQuotes()
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.orders[clientID]
	if !ok {
		return trading.OrderReport{}, fmt.Errorf("paper: %w: %s", trading.ErrUnknownOrder, clientID)
	}
	return trading.OrderReport{ClientID: clientID, Status: o.status, Filled: o.filled, Reason: o.reason}, nil
}

// Fills implements trading.Broker.
func (b *Broker) Fills(ctx context.Context, since time.Time) ([]trading.Fill, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.workQuotes()
	b.mu.Lock()
	defer b.mu.Unlock()
	first := len(b.fills)
	for first > 0 && !b.fills[first-1].Time.Before(since) {
		first--
	}
	return append([]trading.Fill(nil), b.fills[first:]...), nil
}

// Positions implements trading.Positioner.
func (b *Broker) Positions(ctx context.Context) (map[string]decimal.Decimal, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	held := make(map[string]decimal.Decimal)
	for symbol, p := range b.holding {
		if !p.Quantity.IsZero() {
			held[symbol] = p.Quantity
		}
	}
	return held, nil
}

// Price implements trading.Pricer: the quote, or the close of the last bar.
func (b *Broker) Price(symbol string) (decimal.Decimal, bool) {
	if i, ok := b.instruments[symbol]; ok && b.cfg.Quote != nil {
		if quote, quoted := b.cfg.Quote(symbol); quoted {
			if price, err := i.Price(quote); err == nil {
				return price, true
			}
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	price, ok := b.price[symbol]
	return price, ok
}

// Cash is what the account has besides its positions.
func (b *Broker) Cash() decimal.Decimal {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.cash
}

// Updated implements trading.Updater.
func (b *Broker) Updated() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.updated
}
