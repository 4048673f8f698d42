package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading/book"
)

// problem is something that holds and that somebody should know of: a condition in health, and an error of the step as
// long as it lasts.
type problem struct {
	health.Condition

	err error // nil for what is no error
	log bool  // it is logged once, too; what is an error is logged with the step
}

// tell says in the middle of a step what is wrong; it holds until the end of the next one.
func (r *run) tell(t problem) { r.found = append(r.found, t) }

// checked are the versions of the book at which a look at all that is held found nothing: what it looks for depends on the
// book alone, and most steps change nothing. Zero is none.
type checked struct{ look, watch, close int }

// conditions looks at the end of every step, whatever came of it, for what holds: a close that is refused, and whatever else
// no single call tells. Health hears of it through conditions, and who steps himself through the step's error.
type conditions struct {
	env    *env
	ledger *ledger
	gate   *gate

	reconciler *reconciler
}

// look returns what is wrong besides, and lets health know of all of it. stuck and failed are what the step came to.
func (l *conditions) look(ctx context.Context, r *run, stuck, failed error) error {
	found := append(l.problems(r, failed), r.found...)
	if stuck != nil {
		remedy := "cancel it at the venue, and give it up"
		found = append(found, condition("unknown", health.Unhealthy, stuck.Error(), remedy, true))
	}
	r.found = nil
	slices.SortStableFunc(found, func(x, y problem) int { return cmp.Compare(x.Key, y.Key) })
	l.raise(ctx, r, found)
	var all error
	for _, t := range found {
		all = errors.Join(all, t.err)
		if t.log && l.env.logOnce(t.Key+" "+t.Text) {
			l.env.log.Warn("Worth knowing", "what", t.Text)
		}
	}
	return all
}

// problems are what can be seen at any time.
func (l *conditions) problems(r *run, failed error) []problem {
	now := l.env.passed()
	found := r.failures.step(failed, now)
	l.ledger.mu.Lock()
	defer l.ledger.mu.Unlock()
	found = append(append(found, l.gate.results.orders(now)...), l.gate.decisions.rejectedSignals(now)...)
	found = append(found, l.gate.standingLocked()...)
	found = append(found, l.reconciler.liquidationsLocked(now)...)
	found = append(found, l.reconciler.conversionsLocked(now)...)
	if l.reconciler.lookBack >= book.MaxLookBack {
		found = append(found, missingFills)
	}
	for _, d := range l.reconciler.differ {
		found = append(found, l.env.differing(d))
	}
	found = append(found, l.env.delistings(l.ledger.book)...)
	found = append(found, l.env.foreignProblems(l.reconciler.foreign)...)
	for _, s := range inTime(l.ledger.book.Blocked(), l.env.now()) {
		found = append(found, waitingSignal(s))
	}
	if r.checked.look != l.ledger.version {
		before := len(found)
		var unguarded map[string]decimal.Decimal
		found, unguarded = l.ofHoldingsLocked(r, found, now)
		r.unguarded.see(unguarded, now)
		r.checked.look = 0
		if len(found) == before && unguarded == nil {
			r.checked.look = l.ledger.version
		}
	}
	if failed != nil {
		r.unguarded.failed(now)
	}
	for symbol := range l.ledger.otherUnits { // No stop can be sent there.
		r.unguarded.wait(symbol, now)
	}
	return found
}

// ofHoldingsLocked adds what is wrong with what is held, and returns how much of it lacks its stop-loss.
func (l *conditions) ofHoldingsLocked(r *run, found []problem, now time.Duration) (
	all []problem, unguarded map[string]decimal.Decimal,
) {
	for _, one := range orphans(l.ledger.book) {
		found = append(found, orphaned(one))
	}
	for h := range l.ledger.book.Holdings() {
		if l.env.refusedClose(h) {
			found = append(found, closeFailed(h))
		}
		if !h.ToClose().IsZero() && l.env.closeQuantity(h).IsZero() {
			found = append(found, dust(h))
		}
		if _, ok := l.env.instruments[h.Symbol]; !ok {
			found = append(found, notSetUp(h))
		}
		if q := l.env.unguardedQuantity(l.ledger.book, h); !q.IsZero() {
			if unguarded == nil {
				unguarded = make(map[string]decimal.Decimal)
			}
			unguarded[h.Symbol] = q
			found = append(found, l.env.unguarded(h, q, r.unguarded.gone(h.Symbol, now)))
		}
	}
	return found, unguarded
}

// missingFills holds while a Broker reports more filled than all of its fills add up to.
var missingFills = errorProblem("fills", health.Unhealthy,
	"fills are missing: the broker counts more of an order as filled than its fills add up to",
	"it looks further back by itself; if it stays, compare the fills at the venue")

// errorProblem makes a trouble that is an error.
func errorProblem(key string, verdict health.Verdict, text, remedy string) problem {
	return problem{
		Condition: health.Condition{Key: key, Verdict: verdict, Text: text, Remedy: remedy}, err: errors.New("engine: " + text),
	}
}

// raise raises what was found and clears what was found before and is over. It says each only once.
func (l *conditions) raise(ctx context.Context, r *run, found []problem) {
	if health.FromContext(ctx) == nil || len(found) == 0 && len(r.raised) == 0 {
		return
	}
	now := make(map[string]health.Condition, len(found))
	for _, t := range found {
		now[t.Key] = t.Condition
		if r.raised[t.Key] != t.Condition {
			health.Raise(ctx, t.Condition)
		}
	}
	for key := range r.raised {
		if _, still := now[key]; !still {
			health.Clear(ctx, key)
		}
	}
	r.raised = now
}
