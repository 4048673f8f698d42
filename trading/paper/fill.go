package paper

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// worsened is a price as a taker gets it: slipped, and rounded to the tick, against him. It is never below one tick.
func (b *Broker) worsened(i trading.Instrument, side trading.Side, price float64) (decimal.Decimal, error) {
	if _, err := i.Price(price); err != nil {
		return decimal.Decimal{}, fmt.Errorf("paper: %w", err)
	}
	exact := decimal.NewFromFloat(price)
	exact = exact.Add(side.Signed(exact.Mul(b.cfg.Slippage)))
	ticks, rest := exact.QuoRem(i.Tick, 0)
	if side == trading.Buy && rest.IsPositive() {
		ticks = ticks.Add(decimal.NewFromInt(1))
	}
	return decimal.Max(ticks.Mul(i.Tick), i.Tick), nil
}

// fillAtLocked fills those open orders of an instrument that are due, in full, in the order in which they came. One
// that the account cannot carry at that price any more is cancelled instead.
func (b *Broker) fillAtLocked(
	i trading.Instrument, price func(trading.Side) float64, at time.Time, due func(*order) bool,
) {
	done := false
	for _, o := range b.open {
		if o.Symbol != i.Symbol || !due(o) {
			continue
		}
		paid, err := b.worsened(i, o.Side, price(o.Side))
		if err != nil {
			return // no price for a tick this coarse; the orders stay open
		}
		done = true
		b.price[i.Symbol] = paid
		switch reason := b.marginLocked(o.Order, paid); {
		case reason != "":
			o.status, o.reason = trading.StatusCancelled, reason
		case o.ReduceOnly && !b.reducesLocked(o.Order):
			o.status, o.reason = trading.StatusCancelled, "it would not reduce the position"
		default:
			b.fillLocked(o, paid, at)
		}
	}
	if done {
		b.open = slices.DeleteFunc(b.open, func(o *order) bool { return o.status.Done() })
		b.announceLocked()
	}
}

func (b *Broker) fillLocked(o *order, price decimal.Decimal, at time.Time) {
	if n := len(b.fills); n > 0 && at.Before(b.fills[n-1].Time) {
		at = b.fills[n-1].Time // Fills are in the order of their times; another symbol's bar may have come early.
	}
	rest := o.Quantity.Sub(o.filled)
	f := trading.Fill{
		ID: o.ClientID + "-1", ClientID: o.ClientID, Symbol: o.Symbol, Side: o.Side, Price: price, Quantity: rest,
		Fee: price.Mul(rest).Mul(b.cfg.FeeRate), Time: at.UTC(),
	}
	o.status, o.filled = trading.StatusFilled, o.Quantity
	b.bookLocked(f)
}

// bookLocked puts a fill into the account.
func (b *Broker) bookLocked(f trading.Fill) {
	b.fills = append(b.fills, f)
	b.holding[f.Symbol] = b.holding[f.Symbol].After(f)
	b.cash = b.cash.Sub(f.Side.Signed(f.Quantity).Mul(f.Price)).Sub(f.Fee)
}

// workQuotes fills orders that wait although there are quotes: those that Resume brought back.
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
		if !ok {
			continue
		}
		b.mu.Lock()
		b.fillAtLocked(b.instruments[o.Symbol], either(quote), now, func(open *order) bool { return open == o })
		b.mu.Unlock()
	}
}

// Resume brings back what the Journal knows of the account, as after a restart: its cash and positions, its fills since
// the Journal's last snapshot, and the orders that a Book remembers. Those that had been acknowledged and are not done
// are open again. Those whose submission had no answer are not known to this Broker, as if they had been lost on the
// way: they are the Engine's to send again. Call it once, before anything else.
func (b *Broker) Resume(ctx context.Context, journal trading.Journal) error {
	book, fills, err := replay(ctx, journal, b.cfg.Cash)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.orders) > 0 || len(b.fills) > 0 {
		return fmt.Errorf("paper: resume after orders were taken")
	}
	b.fills, b.cash = fills, book.Cash()
	for _, p := range book.Positions() {
		b.holding[p.Symbol] = p
		if !p.Quantity.IsZero() {
			b.price[p.Symbol] = p.AveragePrice() // until there is a better one
		}
	}
	for _, f := range fills {
		b.price[f.Symbol] = f.Price
	}
	for _, o := range book.Orders() {
		if _, ok := b.instruments[o.Symbol]; !ok && !o.Status.Done() {
			return fmt.Errorf("paper: order %s is open for %s, which is not set up", o.ClientID, o.Symbol)
		}
		b.resumeLocked(o)
	}
	return nil
}

func (b *Broker) resumeLocked(o trading.OrderState) {
	known := &order{Order: o.Order, status: o.Status, filled: o.Filled, reason: o.Reason}
	switch {
	case o.Status == trading.StatusIntended || (o.Status == trading.StatusCancelled && !o.Acknowledged):
		return // never had it
	case o.Status == trading.StatusUnknown && !o.Acknowledged:
		return
	case !o.Status.Done():
		known.status = trading.StatusOpen
		b.open = append(b.open, known)
	}
	b.orders[o.ClientID] = known
}

// replay folds the Journal, and lists the fills that came after its last snapshot, each once, in the order of their
// times. Whoever reads the Journal knows of the others.
func replay(ctx context.Context, journal trading.Journal, cash decimal.Decimal) (*trading.Book, []trading.Fill, error) {
	book, after, err := trading.LastBook(ctx, journal, cash)
	if err != nil {
		return nil, nil, fmt.Errorf("paper: %w", err)
	}
	var fills []trading.Fill
	for {
		entries, err := journal.Read(ctx, after, 1000)
		if err != nil {
			return nil, nil, fmt.Errorf("paper: read journal after %d: %w", after, err)
		}
		if len(entries) == 0 {
			slices.SortStableFunc(fills, func(x, y trading.Fill) int { return x.Time.Compare(y.Time) })
			return book, fills, nil
		}
		for _, entry := range entries {
			if f, ok := entry.Event.(trading.Filled); ok && !book.HasFill(f.Fill.ID) {
				fills = append(fills, f.Fill)
			}
			if err := book.Apply(entry.At, entry.Event); err != nil {
				return nil, nil, fmt.Errorf("paper: journal entry %d: %w", entry.Seq, err)
			}
			after = entry.Seq
		}
	}
}
