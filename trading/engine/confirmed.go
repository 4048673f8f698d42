package engine

import (
	"context"
	"slices"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// byPerson is what the log calls the policy by which Config.Confirmed is adopted.
const byPerson = "confirmed by a person"

// takeConfirmed adopts what a person has confirmed, and returns the differences that are none of that.
func (c *reconciler) takeConfirmed(ctx context.Context, r *run, found []difference) (left []difference, err error) {
	for _, d := range found {
		if !c.isConfirmed(d) {
			left = append(left, d)
			continue
		}
		if err := c.adopt(ctx, r, d, byPerson); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// isConfirmed reports whether a difference is exactly what was confirmed. An instrument that was ever traded has a history
// that the person did not see.
func (c *reconciler) isConfirmed(d difference) bool {
	quantity, ok := c.env.cfg.Confirmed[d.symbol]
	if !ok || !quantity.Equal(d.atBroker) {
		return false
	}
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	return !slices.ContainsFunc(c.ledger.book.Positions(), func(p trading.Position) bool { return p.Symbol == d.symbol })
}
