package vigil

import (
	"context"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Standing is what stands in a Store before trading goes on with it.
type Standing struct {
	Halt   book.Halt   // that a person has to lift
	Held   []string    // symbols of what is held, sorted
	Counts book.Counts // of all that was done
}

// ReadStanding reads what stands in a Store, and changes nothing. A host learns from it what it has to price besides the
// symbols that it trades. The capital is what the account held when its journal began.
func ReadStanding(ctx context.Context, store Store, capital decimal.Decimal) (s Standing, err error) {
	b, err := book.Restore(capital, journal.Load(ctx, store.Journal()))
	if err != nil {
		return s, fmt.Errorf("what stands from before: %w", err)
	}
	s.Halt, s.Counts = b.Halted(), b.Counts()
	for h := range b.Holdings() {
		if !h.Quantity.IsZero() {
			s.Held = append(s.Held, h.Symbol)
		}
	}
	slices.Sort(s.Held)
	return s, nil
}

// goOn reads what stands, and says in one line what a person should know of it. It does so once in each Serve: what comes
// later comes of this run.
func (t *Trader) goOn(ctx context.Context) error {
	if t.standing.Load() != nil {
		return nil
	}
	s, err := ReadStanding(ctx, t.store, t.capital())
	if err != nil {
		return err
	}
	t.standing.Store(&s)
	attrs := []any{"positions", len(s.Held), "fills", s.Counts.Fills}
	leftOut := t.leftOut(s.Held)
	if len(leftOut) > 0 {
		attrs = append(attrs, "held_and_not_traded", leftOut)
	}
	if s.Halt.Active() {
		attrs = append(attrs, "halted", s.Halt.Reason, "since", s.Halt.At)
	}
	if len(leftOut) > 0 || s.Halt.Active() {
		t.log.Warn("Trading goes on with what stands from before", attrs...)
	}
	return nil
}

// leftOut are those of the symbols that are not traded any more.
func (t *Trader) leftOut(held []string) (symbols []string) {
	traded := *t.symbols.Load()
	for _, symbol := range held {
		if !slices.Contains(traded, symbol) {
			symbols = append(symbols, symbol)
		}
	}
	return symbols
}

// Run is what has been done since Serve began, of what Trading.Counts has of all runs on the same Store.
func (s Status) Run() book.Counts {
	if s.Trading == nil {
		return book.Counts{}
	}
	now, before := s.Trading.Counts, s.Standing.Counts
	signals := make(map[journal.Outcome]int)
	for outcome, n := range now.Signals {
		signals[outcome] = n - before.Signals[outcome]
	}
	return book.Counts{
		Signals: signals, Orders: now.Orders - before.Orders, Rejected: now.Rejected - before.Rejected,
		Fills: now.Fills - before.Fills, ForeignFills: now.ForeignFills - before.ForeignFills,
		Fees: now.Fees.Sub(before.Fees), Realized: now.Realized.Sub(before.Realized),
	}
}
