package paper

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Traits implements trading.Broker: client IDs are refused twice, and what was sent is there when Submit returns.
func (b *Broker) Traits() trading.Traits {
	return trading.Traits{
		RefusesDuplicates: true, MaxFlight: time.Nanosecond, Remembers: trading.Forever, Replaces: trading.Beside,
	}
}

// Submit takes an order. An error wraps trading.ErrRejected where the account cannot carry it or the instrument
// does not take it, and trading.ErrDuplicate where the client ID has been used.
func (b *Broker) Submit(ctx context.Context, a trading.Approved) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o := a.Order()
	quote, quoted := b.quote(o.Symbol)
	if err := a.Begin(ctx); err != nil {
		return fmt.Errorf("paper: order %s was not sent: %w", o.ClientID, err)
	}
	taken := &order{Order: o, status: trading.StatusOpen, until: b.dayEnds(o)}
	now := b.cfg.Clock.Now().UTC()
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.orders[o.ClientID]; ok {
		return fmt.Errorf("paper: %w: %s", trading.ErrDuplicate, o.ClientID)
	}
	b.orders[o.ClientID] = taken
	if reason := b.refusalLocked(o, quote, quoted); reason != "" {
		taken.status, taken.reason = trading.StatusRejected, reason
		return fmt.Errorf("paper: %w: %s", trading.ErrRejected, reason)
	}
	b.open = append(b.open, taken)
	if quoted {
		b.walkQuoteLocked(taken, quote, now)
	} else if last, known := b.price[o.Symbol]; known {
		taken.resting = !taken.reached(last, false)
		if b.cfg.Fill.atOnce() {
			b.takeAtOnceLocked(taken, last, now)
		}
	}
	b.tidyLocked()
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
	case o.Validate() != nil:
		return o.Validate().Error()
	case !i.OnTick(o.LimitPrice) || !i.OnTick(o.StopPrice):
		return fmt.Sprintf("a price is no whole number of ticks of %s", i.Tick)
	case !o.Quantity.IsPositive() || !i.Quantity(o.Quantity).Equal(o.Quantity):
		return fmt.Sprintf("quantity %s is no whole number of steps of %s", o.Quantity, i.Step)
	case o.Quantity.LessThan(i.MinQuantity):
		return fmt.Sprintf("quantity %s is below the smallest of %s", o.Quantity, i.MinQuantity)
	case b.cfg.Quote != nil && !quoted:
		return "there is no quote"
	case o.ReduceOnly && !b.closingLocked(o, o.Quantity).Equal(o.Quantity):
		return nothingToReduce
	case b.cfg.Spot && o.Side == trading.Sell && !b.closingLocked(o, o.Quantity).Equal(o.Quantity):
		return b.notHeldLocked(o.Symbol)
	}
	price, known := b.price[o.Symbol]
	if quoted {
		if _, err := i.Price(quote); err != nil {
			return err.Error()
		}
		price, known = decimal.NewFromFloat(quote), true
	}
	if !known {
		return "" // The first bar will tell: it is checked again then.
	}
	if o.PostOnly && o.Type == trading.Limit && (&order{Order: o}).reached(price, false) {
		return postOnly
	}
	switch {
	case o.LimitPrice.IsPositive():
		return b.marginLocked(o, o.Quantity, o.LimitPrice, price)
	case quoted && !o.Rests():
		price = b.worsened(i, o.Side, price)
	}
	return b.marginLocked(o, o.Quantity, price, price)
}

// Cancel implements trading.Canceller: what is not filled of the order is not going to be.
func (b *Broker) Cancel(ctx context.Context, ref trading.OrderRef) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.orders[ref.ClientID]
	if !ok {
		return fmt.Errorf("paper: %w: %s", trading.ErrUnknownOrder, ref.ClientID)
	}
	if !o.status.Done() {
		o.end(trading.StatusCancelled, "as asked for")
		b.tidyLocked()
	}
	return nil
}

// workQuotes takes the orders that wait to the present quotes.
func (b *Broker) workQuotes() {
	if b.cfg.Quote == nil {
		return
	}
	b.mu.Lock()
	waiting := slices.Clone(b.open)
	b.mu.Unlock()
	now := b.cfg.Clock.Now().UTC()
	for _, o := range waiting {
		quote, ok := b.cfg.Quote(o.Symbol)
		_, err := b.instruments[o.Symbol].Price(quote)
		b.mu.Lock()
		switch {
		case o.status.Done():
		case o.overdue(now): // also where there is no quote, as at night
			o.end(trading.StatusExpired, "its day is over")
		case ok && err == nil:
			b.walkQuoteLocked(o, quote, now)
		}
		b.tidyLocked()
		b.mu.Unlock()
	}
	b.callMargins(now)
}

// Order implements trading.Broker.
func (b *Broker) Order(ctx context.Context, ref trading.OrderRef) (trading.OrderReport, error) {
	if err := ctx.Err(); err != nil {
		return trading.OrderReport{}, err
	}
	b.workQuotes()
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.orders[ref.ClientID]
	if !ok {
		return trading.OrderReport{}, fmt.Errorf("paper: %w: %s", trading.ErrUnknownOrder, ref.ClientID)
	}
	return o.report(), nil
}

func (o *order) report() trading.OrderReport {
	return trading.OrderReport{
		ClientID: o.ClientID, Status: o.status, Filled: o.filled, Triggered: o.triggered, Reason: o.reason,
	}
}

// OpenOrders implements trading.OrderLister.
func (b *Broker) OpenOrders(ctx context.Context) ([]trading.OrderReport, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.workQuotes()
	b.mu.Lock()
	defer b.mu.Unlock()
	var reports []trading.OrderReport
	for _, o := range b.open {
		reports = append(reports, o.report())
	}
	return reports, nil
}

// Fills implements trading.Broker.
func (b *Broker) Fills(ctx context.Context, from trading.Cursor, limit int) ([]trading.Fill, trading.Cursor, error) {
	if err := ctx.Err(); err != nil {
		return nil, from, err
	}
	b.workQuotes()
	b.mu.Lock()
	defer b.mu.Unlock()
	page, next := trading.FillPage(b.fills, from, limit)
	return page, next, nil
}

// Instruments implements trading.InstrumentLister.
func (b *Broker) Instruments(context.Context) ([]trading.Instrument, error) {
	return slices.Clone(b.cfg.Instruments), nil
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
func (b *Broker) Updated() <-chan struct{} { return b.updates.Updated() }

// Updates implements trading.Updater. Where there are quotes, it first takes the open orders to those of now.
func (b *Broker) Updates(after int64) trading.Updates {
	b.workQuotes()
	return b.updates.Updates(after)
}
