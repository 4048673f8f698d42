package paper

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// MoveCash changes the account's cash without a fill, such as by funding that whoever owns the Broker works out: by itself
// it moves none. symbol is what it is about, "" for nothing.
func (b *Broker) MoveCash(kind trading.CashKind, amount decimal.Decimal, symbol string) error {
	now := b.cfg.Clock.Now().UTC()
	b.mu.Lock()
	defer b.mu.Unlock()
	e := trading.CashEvent{
		ID: fmt.Sprintf("%s-%s-%d-%d", kind, symbol, now.UnixNano(), len(b.moves)), Kind: kind, Amount: amount, Symbol: symbol,
		Time: now,
	}
	if err := e.Validate(); err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	b.moves = append(b.moves, e)
	b.cash = b.cash.Add(amount)
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
	page, next := trading.CashPage(b.moves, from, limit)
	return page, next, nil
}
