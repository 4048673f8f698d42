package engine

import (
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/book"
)

// Idle reports whether a Step would do nothing now, given that the Broker has had no news and the signal store no new
// signal since the last one began: only the caller can know of these. It is for whoever drives Step himself, such as a
// replay, where nothing happens on most bars; it costs a fraction of a Step and asks only the Pricer.
//
// It goes through what Step would do and says false where in doubt: while an order is open, a target is not reached, a
// comparison of positions or a new day is due, the day's loss has reached its limit, or the last Step failed.
func (e *Engine) Idle() bool {
	prices, now := e.prices(), e.now()
	passed := e.passed()
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.calmLocked() && passed-e.compared < e.cfg.Reconcile && e.reachedLocked() && e.sameDayLocked(now, prices)
}

// calmLocked reports whether nothing is under way: the book is the journal's, the Broker has been compared with it, and
// no order is open.
func (e *Engine) calmLocked() bool {
	r := e.run
	return r != nil && !r.ended && len(r.turn) == 0 && !e.stopped &&
		e.loaded && e.reconciled && e.halting == "" && e.lastErr == nil && e.lookBack == 0 && !e.behind &&
		len(e.unvalued) == 0 && len(e.book.Pending()) == 0
}

// reachedLocked reports whether no target waits for an order or for its bracket.
func (e *Engine) reachedLocked() bool {
	for _, t := range e.book.Targets() {
		last, ok := e.book.Order(t.Last)
		bracketed := t.Ticket.Bracketed() && t.Guarded(e.book.Position(t.Symbol).Quantity).IsPositive()
		if t.Deferred || bracketed || ok && unfinished(t, last) {
			return false
		}
	}
	return true
}

// sameDayLocked reports whether rollDay would neither open a day nor halt, nor find a price missing.
func (e *Engine) sameDayLocked(now time.Time, prices book.PriceFunc) bool {
	opened := e.book.Day()
	if now.In(e.cfg.Day).Format(time.DateOnly) > opened.Day {
		return false
	}
	limit, limited := e.cfg.Risk.DailyLoss()
	if !limited {
		return true
	}
	equity, missing := e.book.Equity(prices)
	return len(missing) == 0 && opened.Equity.Sub(equity).LessThan(limit)
}
