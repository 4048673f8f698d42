package console

import (
	"context"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// history is journal.History.
type history interface {
	Before(ctx context.Context, seq int64, kinds []string, limit int) ([]journal.Entry, error)
	About(ctx context.Context, ref string, limit int) ([]journal.Entry, error)
}
