package paper

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Traits implements trading.Broker: client IDs are refused twice, and what was sent is there when Submit returns. On spot two
// orders cannot sell the same holding, so that one takes the place of another in one act.
func (b *Broker) Traits() trading.Traits {
	traits := trading.Traits{
		RefusesDuplicates: true, MaxFlight: time.Nanosecond, Remembers: trading.Forever, Replaces: trading.Beside,
		Simulated: true,
	}
	if b.cfg.Spot {
		traits.Replaces = trading.Atomic
	}
	return traits
}

// Cancel implements trading.Canceler: what is not filled of the order is not going to be.
func (b *Broker) Cancel(ctx context.Context, ref trading.OrderRef) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := b.cfg.Clock.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if o, open := b.orders.byID[ref.ClientID]; open {
		o.end(trading.StatusCanceled, "as asked for")
		b.orders.archive(now)
	} else if !b.orders.has(ref.ClientID) {
		return fmt.Errorf("paper: %w: %s", trading.ErrUnknownOrder, ref.ClientID)
	}
	return nil
}

// Resumed reports whether the Broker is what its account's journal says: Resume was called, or it has traded itself. An
// Engine whose journal knows of trades asks, and says so where it is not.
func (b *Broker) Resumed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.again || b.orders.any() || b.account.fills.log.Len() > 0
}

// patience is how long an order waits for the first price of its instrument before somebody is told that none comes.
const patience = time.Minute

// unpricedLocked says which order waits for a price that nobody gives.
func (b *Broker) unpricedLocked(now time.Time) error {
	if b.cfg.Quote != nil {
		return nil
	}
	for _, o := range b.orders.open {
		if _, known := b.markets.last(o.Symbol); !known && now.Sub(o.since) > patience {
			return fmt.Errorf("paper: order %s waits for the first price of %s: "+
				"Config.Quote is not set, and OnBar was not called", o.ClientID, o.Symbol)
		}
	}
	return nil
}

// Order implements trading.Broker.
func (b *Broker) Order(ctx context.Context, ref trading.OrderRef) (trading.OrderReport, error) {
	if err := ctx.Err(); err != nil {
		return trading.OrderReport{}, err
	}
	b.workQuotes()
	now := b.cfg.Clock.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.unpricedLocked(now); err != nil {
		return trading.OrderReport{}, err
	}
	report, ok := b.orders.report(ref.ClientID)
	if !ok {
		if err := b.orders.checkHorizon(ref); err != nil {
			return trading.OrderReport{}, err
		}
		return trading.OrderReport{}, fmt.Errorf("paper: %w: %s", trading.ErrUnknownOrder, ref.ClientID)
	}
	return report, nil
}

// OpenOrders implements trading.OrderLister.
func (b *Broker) OpenOrders(ctx context.Context) ([]trading.OrderReport, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.workQuotes()
	now := b.cfg.Clock.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.unpricedLocked(now); err != nil {
		return nil, err
	}
	var reports []trading.OrderReport
	for _, o := range b.orders.open {
		if !o.ours() {
			r := o.report()
			r.Symbol, r.Type = o.Symbol, o.Type
			reports = append(reports, r)
		}
	}
	return reports, nil
}

// Fills implements trading.Broker.
func (b *Broker) Fills(ctx context.Context, from trading.Cursor, limit int) ([]trading.Fill, trading.Cursor, error) {
	if err := ctx.Err(); err != nil {
		return nil, from, err
	}
	b.workQuotes()
	now := b.cfg.Clock.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.unpricedLocked(now); err != nil {
		return nil, from, err
	}
	page, next := b.account.fills.page(from, limit)
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
	for _, h := range b.account.holdings {
		if !h.Quantity.IsZero() {
			held[h.Symbol] = h.Quantity
		}
	}
	return held, nil
}

// Cash is what the account has besides its positions.
func (b *Broker) Cash() decimal.Decimal {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.account.cash
}

// MoveCash changes the account's cash without a fill, such as by a fee that whoever owns the Broker works out: by itself it
// moves none but Config.Funding. symbol is what it is about, "" for nothing.
func (b *Broker) MoveCash(kind trading.CashKind, amount decimal.Decimal, symbol string) error {
	now := b.cfg.Clock.Now().UTC()
	b.mu.Lock()
	defer b.mu.Unlock()
	e := trading.CashEvent{
		ID:   fmt.Sprintf("%s-%s-%d-%d", kind, symbol, now.UnixNano(), len(b.account.moves)),
		Kind: kind, Amount: amount, Symbol: symbol, Time: now,
	}
	if err := e.Validate(); err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	b.account.moves = append(b.account.moves, e)
	b.account.setCash(b.account.cash.Add(amount))
	b.updates.Push()
	return nil
}

// CashEvents implements trading.CashReporter.
func (b *Broker) CashEvents(ctx context.Context, from trading.Cursor, limit int) ([]trading.CashEvent, trading.Cursor, error) {
	if err := ctx.Err(); err != nil {
		return nil, from, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	page, next := trading.CashPage(b.account.moves, from, limit)
	return page, next, nil
}

// Updated implements trading.Updater.
func (b *Broker) Updated() <-chan struct{} { return b.updates.Updated() }

// Updates implements trading.Updater. Where there are quotes, it first takes the open orders to those of now.
func (b *Broker) Updates(after int64) trading.Updates {
	b.workQuotes()
	return b.updates.Updates(after)
}
