package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// fetchCash journals what moved the account's cash without a fill, where the Broker tells: when there is news, and each
// checkEvery.
func (c *reconciler) fetchCash(ctx context.Context, r *run, news bool) error {
	reporter, ok := c.env.cfg.Broker.(trading.CashReporter)
	k, now := &r.known, c.env.passed()
	if !ok || k.noCash || k.cashAsked && !news && now-k.cashAt < checkEvery {
		return nil
	}
	from := k.cash
	if from.Token == "" {
		from = trading.Cursor{Since: view(c.ledger, func(b *book.Book) time.Time { return b.CashSince(c.ledger.opened) })}
	}
	end, err := c.walkCash(ctx, r, reporter, from)
	if errors.Is(err, errors.ErrUnsupported) {
		k.noCash = true
		return nil
	}
	if err != nil {
		return err
	}
	k.cash, k.cashAt, k.cashAsked = end, now, true
	return nil
}

func (c *reconciler) walkCash(
	ctx context.Context, r *run, reporter trading.CashReporter, from trading.Cursor,
) (trading.Cursor, error) {
	var invalid error
	for {
		health.Beat(ctx)
		limited, cancel := c.env.limited(ctx)
		page, next, err := reporter.CashEvents(limited, from, fillLimit)
		cancel()
		if errors.Is(err, errors.ErrUnsupported) {
			return from, err
		}
		if err != nil {
			return from, c.ledger.markUnreconciled(r, fmt.Errorf("engine: ask the broker for cash events: %w", err))
		}
		events, err := c.ledger.write(context.WithoutCancel(ctx), r, func(b *book.Book) ([]journal.Event, error) {
			news, wrong := newMoves(b, page)
			invalid = errors.Join(invalid, wrong)
			return news, nil
		})
		if err != nil {
			return from, err
		}
		for _, event := range events {
			m := event.(journal.CashMoved).Move
			c.env.log.Info("Cash moved", "kind", m.Kind, "amount", m.Amount, "asset", m.Asset, "symbol", m.Symbol, "id", m.ID)
		}
		if len(page) == 0 || next.Equal(from) {
			return next, invalid
		}
		from = next
	}
}

func newMoves(b *book.Book, page []trading.CashEvent) (news []journal.Event, invalid error) {
	known := make(map[string]bool)
	for _, e := range page {
		if b.HasMoved(e.ID) || known[e.ID] {
			continue
		}
		known[e.ID] = true
		if err := e.Validate(); err != nil {
			invalid = errors.Join(invalid, fmt.Errorf("the broker tells of what cannot be: %w", err))
			continue
		}
		news = append(news, journal.CashMoved{Move: e})
	}
	return news, invalid
}
