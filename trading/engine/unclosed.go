package engine

import (
	"fmt"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
)

// A close is never given up: what opens is tried maxAttempts times, and what closes until it is done, ever more rarely, up
// to once each maxRetryPause. From the second one on that a Broker does not take, every step says so.

// refusedClose reports whether the orders that were to close a position have ended, more than once, without having done
// so. One on the position's own side was to close what an order that still works was going to open.
func (e *env) refusedClose(h book.Holding) bool {
	failed := h.Last.Status.Done() && h.Last.Status != trading.StatusFilled
	return failed && closes(h.Last, h) && h.Target.Attempts > 1 && !e.closeQuantity(h).IsZero()
}

func closeFailed(h book.Holding) problem {
	text := fmt.Sprintf("%s of %s is to be closed, and order %s for it was %s: %s; it is tried again at least every %s",
		h.ToClose(), h.Symbol, h.Last.ClientID, h.Last.Status, h.Last.Reason, maxRetryPause)
	return errorProblem("closing/"+h.Symbol, health.Unhealthy, text,
		"see why the venue refuses it, and close it there if it must be")
}
