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
	now := b.cfg.Clock.Now().UTC()
	taken := &order{Order: o, status: trading.StatusOpen, until: b.dayEnds(o), since: now}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.orders.has(o.ClientID) {
		return fmt.Errorf("paper: %w: %s", trading.ErrDuplicate, o.ClientID)
	}
	if err := b.orders.checkHorizon(o.Ref()); err != nil {
		return err
	}
	if reason := b.rejectReason(o, quote, quoted); reason != "" {
		taken.end(trading.StatusRejected, reason)
		b.orders.ended.put(taken.report(), now)
		return fmt.Errorf("paper: %w: %s", trading.ErrRejected, reason)
	}
	b.orders.take(taken)
	if quoted {
		b.walkQuote(taken, quote, now)
	} else if last, known := b.markets.last(o.Symbol); known {
		taken.resting = !taken.immediate() && !taken.hit(last, false)
		if b.cfg.Fill.atOnce() {
			b.takeAtOnce(taken, last, now)
		}
	}
	if o.Leg != "" {
		b.yieldGuards(o.Symbol)
	}
	b.orders.archive(now)
	return nil
}

// rejectReason says why the order cannot be taken.
func (b *Broker) rejectReason(o trading.Order, quote float64, quoted bool) string {
	m, ok := b.markets.listed(o.Symbol)
	switch {
	case !ok:
		return o.Symbol + " is not traded here"
	case o.Validate() != nil:
		return o.Validate().Error()
	case !m.OnTick(o.LimitPrice) || !m.OnTick(o.StopPrice):
		return fmt.Sprintf("a price is no whole number of ticks of %s", m.Tick)
	case !o.Quantity.IsPositive() || !m.Quantity(o.Quantity).Equal(o.Quantity):
		return fmt.Sprintf("quantity %s is no whole number of steps of %s", o.Quantity, m.Step)
	case o.Quantity.LessThan(m.MinQuantity):
		return fmt.Sprintf("quantity %s is below the smallest of %s", o.Quantity, m.MinQuantity)
	case b.cfg.Quote != nil && !quoted:
		return "there is no quote"
	case o.ReduceOnly && !b.account.closing(o, o.Quantity).Equal(o.Quantity):
		return nothingToReduce
	case b.cfg.Spot && o.Side == trading.Sell && !b.account.closing(o, o.Quantity).Equal(o.Quantity):
		return b.account.notHeld(o.Symbol)
	}
	price, known := m.last()
	if quoted {
		if _, err := m.Price(quote); err != nil {
			return err.Error()
		}
		price, known = decimal.NewFromFloat(quote), true
	}
	if !known {
		return "" // The first bar will tell: it is checked again then.
	}
	if o.PostOnly && o.Type == trading.Limit && (&order{Order: o}).hit(price, false) {
		return postOnly
	}
	switch {
	case o.LimitPrice.IsPositive():
		return b.account.margin(o, o.Quantity, o.LimitPrice, price)
	case quoted && !o.Rests():
		price = takerPrice(m.Instrument, o.Side, price, b.cfg.Slippage)
	}
	return b.account.margin(o, o.Quantity, price, price)
}

// dayEnds is when the trading day of an order ends; zero if it is not for the day. It takes no lock, because Hours is not
// ours.
func (b *Broker) dayEnds(o trading.Order) time.Time {
	if o.TimeInForce != trading.Day {
		return time.Time{}
	}
	made := o.CreatedAt.UTC()
	if b.cfg.Hours != nil {
		session := made
		open, until := b.cfg.Hours.Open(o.Symbol, session)
		if !open && !until.IsZero() {
			session = until
			_, until = b.cfg.Hours.Open(o.Symbol, session)
		}
		if !until.IsZero() && until.Sub(session) <= 24*time.Hour {
			return until
		}
	}
	return time.Date(made.Year(), made.Month(), made.Day()+1, 0, 0, 0, 0, time.UTC)
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
			reports = append(reports, o.report())
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

// MoveCash changes the account's cash without a fill, such as by funding that whoever owns the Broker works out: by itself
// it moves none. symbol is what it is about, "" for nothing.
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
