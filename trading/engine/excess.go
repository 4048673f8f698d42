package engine

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// watchdog holds every position against its target, in each step: whatever led there, more than was asked for is seen.
type watchdog struct {
	env        *env
	ledger     *ledger
	gate       *gate
	reconciler *reconciler
}

// excess is how much more is held than the target and the orders that are under way account for.
func (e *env) excess(b *book.Book, h book.Holding) decimal.Decimal {
	over := h.Excess()
	if over.IsZero() || h.Target.Deferred || e.incomplete(h) && !cameBeside(h, e.instrument(h.Symbol, h.Quantity)) {
		return decimal.Zero
	}
	if e.closeQuantity(h).IsZero() || !e.canTrade(h, over) {
		return decimal.Zero // dust
	}
	left := over.Abs()
	for _, o := range b.PendingOf(h.Symbol) {
		if o.Leg == "" && o.Side.Signed(h.Quantity).IsNegative() {
			left = left.Sub(o.Remaining())
		}
	}
	if !left.IsPositive() {
		return decimal.Zero
	}
	return over
}

// cameBeside reports whether the last order for a target has ended and was not to close what is too much, but on its side:
// something else has brought that, such as an order that was said to be refused. It is no rest of that order, and does not
// wait as a retry of it does.
func cameBeside(h book.Holding, i trading.Instrument) bool {
	ended := h.Last.Status.Done() && !closes(h.Last, h) && !madeWay(h.Target, h.Last)
	return ended && !(smallest{i}).holds(h.Excess(), decimal.Zero, false)
}

// closes reports whether an order leads away from what is held.
func closes(o book.OrderState, h book.Holding) bool { return o.Side.Signed(h.Quantity).IsNegative() }

// watch deals with every position that is beyond its target, by policy.
func (w *watchdog) watch(ctx context.Context, r *run) error {
	for _, h := range w.findExcess(r) {
		if err := w.dealWith(ctx, r, h); err != nil {
			return err
		}
	}
	return nil
}

func (w *watchdog) findExcess(r *run) (found []book.Holding) {
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	if r.checked.watch == w.ledger.version {
		return nil
	}
	r.checked.watch = w.ledger.version
	for h := range w.ledger.book.Holdings() {
		if !w.env.excess(w.ledger.book, h).IsZero() {
			found = append(found, h)
			r.checked.watch = 0
		}
	}
	return found
}

// excess tells of a position beyond its target.
func excess(h book.Holding) problem {
	return errorProblem("excess/"+h.Symbol, health.Unhealthy,
		fmt.Sprintf("%s of %s is held, %s more than the target of %s", h.Quantity, h.Symbol, h.Excess(), h.Target.Quantity),
		"it is closed by itself, or re-arm trading where that halts it")
}

func (w *watchdog) dealWith(ctx context.Context, r *run, h book.Holding) error {
	found := excess(h)
	r.tell(found)
	if w.env.logOnce("excess " + found.Text) {
		w.env.log.Error("Position beyond its target", "symbol", h.Symbol, "held", h.Quantity, "target", h.Target.Quantity)
		// The book is held against the Broker before anything is done about it: a fill may be missing.
		if err := w.reconciler.comparePositions(ctx, r); err != nil {
			return err
		}
	}
	if w.env.cfg.HaltOnExcess {
		return w.gate.haltFor(ctx, r, "a position is beyond its target: "+found.Text)
	}
	if !w.env.cfg.AutoExecute && !h.Target.Approved {
		return nil
	}
	return w.trim(ctx, r, h.Symbol)
}

// trim asks for the close of what is too much, once nothing else is under way that might be it.
func (w *watchdog) trim(ctx context.Context, r *run, symbol string) error {
	_, err := w.ledger.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
		h := b.Holding(symbol)
		if w.env.excess(b, h).IsZero() || mayChange(b, symbol) {
			return nil, nil
		}
		keep := h.Quantity.Sub(h.Excess())
		return []journal.Event{closeAsked(b, symbol, keep, "the watch over positions beyond their targets")}, nil
	})
	return err
}

// mayChange reports whether an order may still change what is held, besides the legs of a bracket that rest.
func mayChange(b *book.Book, symbol string) bool {
	for _, o := range b.PendingOf(symbol) {
		if o.Leg == "" || o.Status != trading.StatusOpen {
			return true
		}
	}
	return false
}
