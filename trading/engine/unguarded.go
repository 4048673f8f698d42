package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// defaultMaxUnguarded is how long a position may be without its stop-loss where nothing else is said.
// What is longer than unguardedAfter turns the verdict in any case.
const (
	defaultMaxUnguarded = 2 * time.Minute
	unguardedAfter      = 30 * time.Second
)

// What becomes of a position whose ticket asks for a stop-loss, once no stop rests at the Broker for all of it:
//
//	the Broker refused the stop, and the price has passed it    closed at market, at once
//	it is without for longer than Config.MaxUnguarded           closed at market
//	otherwise                                                   health says so, and the stop is tried again
//
// The time counts while the Broker answers: when it comes back after an hour the stop is tried first.

// unguardedQuantity is how much of a position lacks its stop-loss at the Broker.
func (e *env) unguardedQuantity(b *book.Book, h book.Holding) decimal.Decimal {
	guarded := h.Target.Guarded(h.Quantity)
	if guarded.IsZero() || !h.Target.Ticket.StopLoss.IsPositive() || !e.cfg.AutoExecute && !h.Target.Approved {
		return decimal.Zero
	}
	missing, at := guarded.Sub(b.Legs(h.Symbol, trading.StopLoss).Guarding), h.Target.Ticket.StopLoss
	if !missing.IsPositive() || legIsDust(b, h.Target, trading.StopLoss, at, missing, e.instrument(h.Symbol, h.Quantity)) {
		return decimal.Zero
	}
	return missing
}

// unguardedTimes knows for how long positions have been without their stop-loss. It is used with the run's turn held.
type unguardedTimes struct {
	since map[string]time.Duration // on the stopwatch, by symbol: from when on health counts
	bound map[string]time.Duration // the same, of rounds in which the Broker answered: what the bound counts from
}

// see takes note of which positions are without their stop-loss now.
func (s *unguardedTimes) see(unguarded map[string]decimal.Decimal, now time.Duration) {
	if len(unguarded) == 0 {
		s.since, s.bound = nil, nil
		return
	}
	if s.since == nil {
		s.since, s.bound = make(map[string]time.Duration), make(map[string]time.Duration)
	}
	for symbol := range s.since {
		if _, still := unguarded[symbol]; !still {
			delete(s.since, symbol)
			delete(s.bound, symbol)
		}
	}
	for symbol := range unguarded {
		if _, known := s.since[symbol]; !known {
			s.since[symbol], s.bound[symbol] = now, now
		}
	}
}

// gone is for how long a position has been without its stop-loss.
func (s *unguardedTimes) gone(symbol string, now time.Duration) time.Duration {
	if since, known := s.since[symbol]; known {
		return now - since
	}
	return 0
}

// failed lets the bounds begin anew, as the Broker does not answer.
func (s *unguardedTimes) failed(now time.Duration) {
	for symbol := range s.bound {
		s.bound[symbol] = now
	}
}

// wait lets the bound of one position begin anew.
func (s *unguardedTimes) wait(symbol string, now time.Duration) {
	if _, known := s.bound[symbol]; known {
		s.bound[symbol] = now
	}
}

// unguarded tells of a position without a stop-loss.
func (e *env) unguarded(h book.Holding, quantity decimal.Decimal, gone time.Duration) problem {
	limit := e.maxUnguarded()
	text := fmt.Sprintf("%s of %s has no stop-loss at the broker", quantity, h.Symbol)
	if limit > 0 {
		text += fmt.Sprintf(", and is closed after %s without it", limit)
	}
	t := errorProblem("unguarded/"+h.Symbol, health.Degraded, text,
		"it is tried again by itself; see why the venue does not take it, or flatten the position")
	if gone > unguardedAfter || limit > 0 && gone > limit {
		t.Verdict = health.Unhealthy
	}
	if gone <= max(unguardedAfter, limit) {
		t.err = nil // A stop that is being replaced, or tried again, is no error yet.
	}
	return t
}

// closeUnguarded closes the positions that nothing is going to guard.
func (w *watchdog) closeUnguarded(ctx context.Context, r *run) error {
	for _, h := range w.unguarded(r) {
		if !w.lost(r, h) {
			continue
		}
		if err := w.leave(ctx, r, h); err != nil {
			return err
		}
	}
	return nil
}

// exposed is a position whose ticket asks for a stop-loss that is not there as it should be.
type exposed struct {
	book.Holding

	unguarded decimal.Decimal // what no stop-loss at the Broker guards
	refused   bool            // the Broker did not take the latest one
}

func (w *watchdog) unguarded(r *run) (found []exposed) {
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	if r.checked.close == w.ledger.version {
		return nil
	}
	r.checked.close = w.ledger.version
	for h := range w.ledger.book.Holdings() {
		if w.ledger.otherUnits[h.Symbol] || !h.Target.Ticket.StopLoss.IsPositive() ||
			h.Target.Guarded(h.Quantity).IsZero() {
			continue
		}
		last, ok := lastLeg(w.ledger.book, h.Target, trading.StopLoss)
		e := exposed{Holding: h, unguarded: w.env.unguardedQuantity(w.ledger.book, h)}
		e.refused = ok && last.Status == trading.StatusRejected && last.StopPrice.Equal(h.Target.Ticket.StopLoss)
		if e.refused || !e.unguarded.IsZero() {
			found = append(found, e)
			r.checked.close = 0
		}
	}
	return found
}

// lost reports whether a position is to be closed since its stop-loss does not come.
func (w *watchdog) lost(r *run, h exposed) bool {
	if h.refused && w.passed(h) {
		return true
	}
	limit := w.env.maxUnguarded()
	since, known := r.unguarded.bound[h.Symbol]
	return limit > 0 && known && w.env.passed()-since >= limit && !h.unguarded.IsZero()
}

// passed reports whether the price has passed the stop-loss.
func (w *watchdog) passed(h exposed) bool {
	price, ok := w.env.price(h.Symbol)
	return ok && price.Cmp(h.Target.Ticket.StopLoss)*int(h.Target.Side()) <= 0
}

// leave asks for the close of what nothing guards: of all where the price has passed the stop.
func (w *watchdog) leave(ctx context.Context, r *run, h exposed) error {
	keep := h.External
	if !w.passed(h) {
		keep = keep.Add(h.Target.Side().Signed(h.Target.Guarded(h.Quantity).Sub(h.unguarded)))
	}
	events, err := w.ledger.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
		if now, _ := b.Target(h.Symbol); now != h.Target || !b.Position(h.Symbol).Quantity.Equal(h.Quantity) {
			return nil, nil
		}
		return []journal.Event{closeAsked(b, h.Symbol, keep, "the watch over positions without a stop-loss")}, nil
	})
	if err == nil && len(events) > 0 {
		w.env.log.Error("Position without a stop-loss is closed", "symbol", h.Symbol, "held", h.Quantity, "keep", keep)
	}
	return err
}
