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
	a.earlier = earlier{halt: b.Halted(), counts: b.Counts()}
	for h := range b.Holdings() {
		if !h.Quantity.IsZero() {
			a.earlier.held = append(a.earlier.held, h.Symbol)
		}
	}
	slices.Sort(a.earlier.held)
	switch halt := a.earlier.halt; {
	case a.cfg.rearm != "" && !halt.Active():
		return fmt.Errorf("--rearm %s: no halt stands in %s; start without it", a.cfg.rearm, withoutPassword(a.dbName))
	case halt.Active() && a.cfg.rearm == "" && !a.cfg.dryStart: // a dry start's report begins with it
		a.log.Warn("TRADING IS HALTED", "reason", halt.Reason, "since", halt.At, "way_out", rearmHint)
	}
	return nil
}

// rearmHint is how a person lifts a halt.
const rearmHint = "once that is dealt with, start once by hand with --rearm NAME"
