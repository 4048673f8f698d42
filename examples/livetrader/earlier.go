package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// earlier is what the database says of the account before this run.
type earlier struct {
	halt   book.Halt
	counts book.Counts
	held   []string // symbols
}

// readEarlier reads what runs before this one have left, and says a halt that stands before all else.
func (a *app) readEarlier(ctx context.Context, _ *[]func() error) error {
	b, err := book.Restore(a.cfg.cash, journal.Load(ctx, a.db.Journal()))
	if err != nil {
		return fmt.Errorf("--db: %w", err)
	}
	a.totals.earlier = earlier{halt: b.Halted(), counts: b.Counts()}
	for h := range b.Holdings() {
		if !h.Quantity.IsZero() {
			a.totals.earlier.held = append(a.totals.earlier.held, h.Symbol)
		}
	}
	slices.Sort(a.totals.earlier.held)
	if left := a.known()[len(a.cfg.symbols):]; len(left) > 0 && !a.cfg.dryStart {
		a.log.Warn("Held, and not in --symbols any more: guarded and never added to", "symbols", left,
			"way_out", "add them to --symbols, or close them with --on-stop flatten")
	}
	switch halt := a.totals.earlier.halt; {
	case a.cfg.rearm != "" && !halt.Active():
		return fmt.Errorf("--rearm %s: no halt stands in %s; start without it", a.cfg.rearm, withoutPassword(a.dbName))
	case halt.Active() && a.cfg.rearm == "" && !a.cfg.dryStart: // a dry start's report begins with it
		a.log.Warn("TRADING IS HALTED", "reason", halt.Reason, "since", halt.At, "way_out", rearmHint)
	}
	return nil
}

// known are the symbols that are traded, and after them those that are still held from before: they are priced, guarded
// and closed as well, and no signal is asked for.
func (a *app) known() []string {
	all := slices.Clone(a.cfg.symbols)
	for _, symbol := range a.totals.earlier.held {
		if !slices.Contains(all, symbol) {
			all = append(all, symbol)
		}
	}
	return all
}

// rearmHint is how a person lifts a halt.
const rearmHint = "once that is dealt with, start once by hand with --rearm NAME"

// since is what has been added to the counts since then.
func (e earlier) since(now book.Counts) book.Counts {
	signals := make(map[journal.Outcome]int)
	for outcome, n := range now.Signals {
		signals[outcome] = n - e.counts.Signals[outcome]
	}
	return book.Counts{
		Signals: signals, Orders: now.Orders - e.counts.Orders, Rejected: now.Rejected - e.counts.Rejected,
		Fills: now.Fills - e.counts.Fills, Fees: now.Fees.Sub(e.counts.Fees), Realised: now.Realised.Sub(e.counts.Realised),
	}
}
