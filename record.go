package vigil

import (
	"context"
	"errors"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Orders returns a copy of the orders that are remembered, also those that are done, oldest first: see engine.Engine.Orders.
// It is nil where there is no account, or none yet.
func (t *Trader) Orders() []book.OrderState {
	account := t.account.Load()
	if account == nil {
		return nil
	}
	return account.Orders()
}

// Performance returns what came of each of the last 400 days, UTC, in which anything happened, ascending. It is nil where
// there is no account, or none yet.
func (t *Trader) Performance() []book.Day {
	account := t.account.Load()
	if account == nil {
		return nil
	}
	return account.Days()
}

// Equity returns what the account was worth from since on: the last mark of each hour, ascending. It can be read at any time.
// It is errors.ErrUnsupported where the Store's journal keeps no marks.
func (t *Trader) Equity(ctx context.Context, since time.Time) ([]journal.Mark, error) {
	if m, ok := t.store.Journal().(journal.Marker); ok {
		return m.Marks(ctx, since)
	}
	return nil, errors.ErrUnsupported
}

// History is the journal for those who ask what happened: it can be read at any time, also before Serve and after it. The
// methods of that of a Store whose journal is none return errors.ErrUnsupported.
func (t *Trader) History() journal.History {
	if h, ok := t.store.Journal().(journal.History); ok {
		return h
	}
	return noHistory{}
}

// noHistory is that of a journal that can only be read from one end to the other.
type noHistory struct{}

func (noHistory) Before(context.Context, int64, []string, int) ([]journal.Entry, error) {
	return nil, errors.ErrUnsupported
}

func (noHistory) About(context.Context, string, int) ([]journal.Entry, error) {
	return nil, errors.ErrUnsupported
}
