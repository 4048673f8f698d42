package journal

import (
	"context"
	"time"

	"github.com/shopspring/decimal"
)

// Mark is what the account was worth at a moment. The prices of then are nowhere else, so that after a time in which
// nothing ran nobody could tell what was lost since.
type Mark struct {
	At     time.Time       `json:"at"`
	Day    string          `json:"day"` // the trading day that was open
	Equity decimal.Decimal `json:"equity"`
	PaidIn decimal.Decimal `json:"paid_in"` // what had been deposited by then and not withdrawn: no profit and no loss
	// Prices are those of what was held, by which it was valued.
	Prices map[string]decimal.Decimal `json:"prices,omitempty"`
	// High is the most that the account was worth, less what was paid in, since its drawdown counts; invalid for unknown.
	High decimal.NullDecimal `json:"high,omitzero"`
}

// Marker is a Journal that can keep, beside its entries, the latest Mark, and the last one of each hour.
type Marker interface {
	// KeepMark keeps a mark, durably, in the place of the one before.
	KeepMark(ctx context.Context, m Mark) error
	// LastMark returns the latest one; false if there is none.
	LastMark(ctx context.Context) (m Mark, ok bool, err error)
	// Marks returns the last one of each hour (UTC) from since on, ascending: the curve of what the account was worth. The
	// hour under way has its latest.
	Marks(ctx context.Context, since time.Time) ([]Mark, error)
}
