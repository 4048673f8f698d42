package engine

import (
	"context"
	"fmt"
	"maps"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// recall takes over, once in a process, what the last mark of the one before says: by which prices it valued what is held,
// and the peak of the account's worth that it had seen.
func (d *days) recall(ctx context.Context) error {
	d.ledger.mu.Lock()
	recalled := d.recalled
	d.ledger.mu.Unlock()
	if recalled {
		return nil
	}
	m, ok, err := d.lastMark(ctx)
	if err != nil {
		return err
	}
	d.ledger.mu.Lock()
	defer d.ledger.mu.Unlock()
	d.recalled = true
	if !ok {
		return nil
	}
	d.before = maps.Clone(m.Prices)
	maps.DeleteFunc(d.before, func(symbol string, _ decimal.Decimal) bool {
		return !m.At.After(d.ledger.book.HeldSince(symbol)) // It is of what was held before that.
	})
	if m.High.Valid && m.At.After(d.ledger.book.PeakSince()) { // Otherwise it is from before it counts.
		d.high = m.High
	}
	return nil
}

// lastMark reads it; false says that there is none.
func (d *days) lastMark(ctx context.Context) (m journal.Mark, ok bool, err error) {
	marker, marks := d.env.cfg.Journal.(journal.Marker)
	if !marks {
		return m, false, nil
	}
	limited, cancel := d.env.limited(ctx)
	defer cancel()
	m, ok, err = marker.LastMark(limited)
	if err != nil {
		return m, false, fmt.Errorf("engine: read the last mark: %w", err)
	}
	return m, ok, nil
}

// priced makes a PriceFunc of prices.
func priced(prices map[string]decimal.Decimal) book.PriceFunc {
	return func(symbol string) (decimal.Decimal, bool) {
		price, ok := prices[symbol]
		return price, ok
	}
}

// mark makes durable from time to time what the account is worth.
func (d *days) mark(ctx context.Context, r *run, equity decimal.Decimal, prices book.PriceFunc) error {
	marker, ok := d.env.cfg.Journal.(journal.Marker)
	at, passed := d.env.watch.read()
	d.ledger.mu.Lock()
	b := d.ledger.book
	due := d.marked == 0 || passed-d.marked >= markEvery
	m := journal.Mark{At: at, Day: b.Day().Day, Equity: equity, PaidIn: b.PaidIn(), High: d.high}
	err := d.ledger.runs.mayWrite(r)
	if due {
		m.Prices = pricesOf(b, prices)
	}
	d.ledger.mu.Unlock()
	if !ok || !due || err != nil {
		return err
	}
	limited, cancel := d.env.limited(ctx)
	defer cancel()
	if err := marker.KeepMark(limited, m); err != nil {
		return fmt.Errorf("engine: keep what the account is worth: %w", err)
	}
	d.ledger.mu.Lock()
	defer d.ledger.mu.Unlock()
	d.marked = max(passed, 1)
	return nil
}

// pricesOf are the prices of what is held.
func pricesOf(b *book.Book, price book.PriceFunc) map[string]decimal.Decimal {
	all := make(map[string]decimal.Decimal)
	for h := range b.Holdings() {
		if p, ok := price(h.Symbol); ok {
			all[h.Symbol] = p
		}
	}
	return all
}
