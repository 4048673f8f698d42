package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// found is what is at an account before a database knows of it.
type found struct {
	place     string // venue and account, as a person names them
	positions map[string]decimal.Decimal
	orders    []string // each in words
}

// findAt asks a venue what is there. It sends nothing.
func findAt(ctx context.Context, venue venueBroker, place string) (f found, err error) {
	f.place = place
	if f.positions, err = venue.Positions(ctx); err != nil {
		return f, fmt.Errorf("--venue: what is held there: %w", err)
	}
	maps.DeleteFunc(f.positions, func(_ string, held decimal.Decimal) bool { return held.IsZero() })
	open, err := venue.OpenOrders(ctx)
	if err != nil {
		return f, fmt.Errorf("--venue: what rests there: %w", err)
	}
	for _, o := range open {
		text := fmt.Sprintf("%s %s %s", o.ClientID, o.Type, o.Symbol)
		if o.Filled.IsPositive() {
			text += " filled " + o.Filled.String()
		}
		f.orders = append(f.orders, text)
	}
	slices.Sort(f.orders)
	return f, nil
}

func (f found) isEmpty() bool { return len(f.positions) == 0 && len(f.orders) == 0 }

// lines are the list that a person confirms.
func (f found) lines() (lines []string) {
	for _, symbol := range slices.Sorted(maps.Keys(f.positions)) {
		lines = append(lines, fmt.Sprintf("position %s %s", f.positions[symbol], symbol))
	}
	for _, o := range f.orders {
		lines = append(lines, "order "+o)
	}
	return lines
}

// word is what confirms this list and no other.
func (f found) word() string {
	sum := sha256.Sum256([]byte(f.place + "\n" + strings.Join(f.lines(), "\n")))
	return hex.EncodeToString(sum[:5])
}

// tell prints the list, and what becomes of it.
func (f found) tell(w io.Writer, orders engine.ForeignPolicy) {
	if f.isEmpty() {
		fmt.Fprintln(w, "nothing is held there, and nothing rests: a first start has nothing to adopt")
		return
	}
	fmt.Fprintf(w, "At %s there is what no database of this trader has made:\n", f.place)
	for _, line := range f.lines() {
		fmt.Fprintln(w, "  "+line)
	}
	fmt.Fprintln(w, "A first start adopts the positions at their price then: signals trade on from there, and until one "+
		"comes they have no stop of ours.")
	if len(f.orders) > 0 {
		fmt.Fprintf(w, "The orders are not ours, and go by --foreign-orders %s.\n", orders)
	}
	fmt.Fprintf(w, "Exactly this list is confirmed by --adopt %s\n", f.word())
}

// adoption settles, before anything is traded, what becomes of what is at the venue when a database begins.
func (a *app) adoption(ctx context.Context, venue venueBroker) error {
	if a.cfg.place().name == "" {
		return nil
	}
	begun, err := a.hasBegun(ctx)
	if err != nil || begun {
		return err // From here on --differences says what is done.
	}
	f, err := findAt(ctx, venue, a.cfg.accountAtVenue())
	switch {
	case err != nil:
		return err
	case f.isEmpty() && a.cfg.adopt == "":
		return nil
	case a.cfg.adopt == f.word():
		a.confirmed = f.positions
		a.log.Warn("What is there is adopted, as it was confirmed", "venue", a.cfg.venueName(), "list", f.lines())
		return nil
	}
	f.tell(a.stdout, a.cfg.foreignOrders)
	switch {
	case a.cfg.dryStart: // It goes on as if it were not confirmed.
		return nil
	case a.cfg.adopt != "" && f.isEmpty():
		return fmt.Errorf("--adopt %s confirms a list, and nothing is at %s now: nothing was sent; leave --adopt out",
			a.cfg.adopt, f.place)
	case a.cfg.adopt != "":
		return fmt.Errorf("--adopt %s is of another list than what is at %s now, which is above: nothing was sent; confirm that "+
			"one with --adopt %s, or clear the account", a.cfg.adopt, f.place, f.word())
	}
	return fmt.Errorf("%s is not empty, and this database is: nothing was sent; confirm the list above with --adopt %s, "+
		"or clear the account", f.place, f.word())
}

// hasBegun reports whether something was journaled before.
func (a *app) hasBegun(ctx context.Context) (bool, error) {
	if a.db == nil { // a dry start where there is none yet
		return false, nil
	}
	entries, err := a.db.Journal().Read(ctx, 0, 1)
	if err != nil {
		return false, fmt.Errorf("--db: %w", err)
	}
	return len(entries) > 0, nil
}

// accountAtVenue is what a person calls the account.
func (c *config) accountAtVenue() string { return strings.TrimSpace(c.venueName() + " " + c.account) }
