package paper

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/shopspring/decimal"
)

// Resume brings back what the Journal knows of the account, as after a restart: its cash and positions, its fills since
// the Journal's last snapshot, and the orders that a Book remembers. Those that had been acknowledged and are not done
// are open again. Those whose submission had no answer are not known to this Broker, as if they had been lost on the
// way: they are the Engine's to send again. That the price of a stop order had been reached is known if the Journal says
// so, which it does once whoever keeps it has asked for the order. A limit order that had met no price yet counts as one
// that rests, and so fills at its limit where the price is better by now. Call it once, before anything else.
func (b *Broker) Resume(ctx context.Context, journal journal.Journal) error {
	book, fills, err := replay(ctx, journal, b.cfg.Cash)
	if err != nil {
		return err
	}
	orders, err := b.resumed(book)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.orders.any() || b.account.fills.log.Len() > 0 {
		return fmt.Errorf("paper: resume after orders were taken")
	}
	b.again = true
	for _, f := range fills {
		b.account.fills.put(f, false)
	}
	b.account.setCash(book.Cash())
	for _, p := range book.Positions() {
		b.account.hold(p)
		if !p.Quantity.IsZero() {
			b.markets.of(p.Symbol).set(p.AveragePrice()) // until there is a better one
		}
	}
	for _, f := range fills {
		b.markets.of(f.Symbol).set(f.Price)
	}
	if book.CapitalSaid() {
		b.account.give(book.Given(), b.cfg.Clock.Now())
	}
	for _, o := range orders {
		if o.status.Done() {
			b.orders.ended.put(o.report(), o.since)
		} else {
			b.join(o)
			o.link()
			b.orders.take(o)
		}
	}
	return nil
}

// resumed lists the orders of a Book that this Broker had.
func (b *Broker) resumed(book *book.Book) (orders []*order, err error) {
	for _, o := range book.Orders() {
		if _, ok := b.markets.listed(o.Symbol); !ok && !o.Status.Done() {
			return nil, fmt.Errorf("paper: order %s is open for %s, which is not set up", o.ClientID, o.Symbol)
		}
		if had := o.Acknowledged || o.Status == trading.StatusRejected || o.Status == trading.StatusExpired; !had {
			continue // not sent, sent without an answer, or withdrawn
		}
		known := &order{
			Order: o.Order, status: o.Status, filled: o.Filled, reason: o.Reason, until: b.dayEnds(o.Order),
			since: b.cfg.Clock.Now(), triggered: o.Triggered || o.StopPrice.IsPositive() && o.Filled.IsPositive(),
		}
		known.resting = !known.immediate()
		if o.Status.Done() {
			known.since = o.UpdatedAt
		} else {
			known.status = trading.StatusOpen
		}
		orders = append(orders, known)
	}
	return orders, nil
}

// replay folds the Journal, and lists the fills that came after its last snapshot, each once, in the order of their
// times. Whoever reads the Journal knows of the others.
func replay(ctx context.Context, j journal.Journal, cash decimal.Decimal) (*book.Book, []trading.Fill, error) {
	var fills []trading.Fill
	b, err := book.Replay(cash, journal.Load(ctx, j), func(before *book.Book, entry journal.Entry) {
		if f, ok := entry.Event.(journal.Filled); ok && !before.Known(f.Fill) {
			fills = append(fills, f.Fill)
		}
	})
	if err != nil {
		return nil, nil, fmt.Errorf("paper: %w", err)
	}
	slices.SortStableFunc(fills, func(x, y trading.Fill) int { return x.Time.Compare(y.Time) })
	return b, fills, nil
}
