package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/shopspring/decimal"
)

// DifferencePolicy says what an Engine does where the Broker, if it is a Positioner, holds something else of an
// instrument than the fills add up to: because of a transfer, a liquidation, a trade by hand that it does not report,
// or a ledger that was lost. Trades by hand that are among the fills are no difference; they count.
type DifferencePolicy string

// The policies.
const (
	// HaltOnDifference halts trading and says what differs: a person looks into it. What only reduces still passes.
	HaltOnDifference DifferencePolicy = "halt"
	// AdoptDifference takes what the Broker holds for true, reckoned at the present price, and goes on. It is not
	// traded away: the target was set for what was held then.
	AdoptDifference DifferencePolicy = "adopt"
	// CloseDifference adopts it too, and trades away what is more than the fills add up to. It opens nothing: what is
	// missing stays missing.
	CloseDifference DifferencePolicy = "close"
	// IgnoreDifference says so once and goes on with what the fills add up to, where something else on the account
	// trades the same instruments.
	IgnoreDifference DifferencePolicy = "ignore"
)

func (p DifferencePolicy) valid() bool {
	switch p {
	case "", HaltOnDifference, AdoptDifference, CloseDifference, IgnoreDifference:
		return true
	}
	return false
}

// difference is what the Broker and the book hold of one instrument.
type difference struct {
	symbol       string
	theirs, ours decimal.Decimal
}

func (d difference) String() string {
	return fmt.Sprintf("%s is %s at the broker and %s in the journal", d.symbol, d.theirs, d.ours)
}

// comparePositions looks for differences and deals with them. The fills are read between two questions, so that one
// which came meanwhile is not taken for a difference; the second time from far back, as a clock that was set back may
// have dated one before what is known.
func (e *Engine) comparePositions(ctx context.Context, r *run) error {
	positioner, ok := e.cfg.Broker.(trading.Positioner)
	if !ok {
		return nil
	}
	further := time.Duration(0)
	for attempt := 0; ; attempt++ {
		limited, cancel := e.limited(ctx)
		held, err := positioner.Positions(limited)
		cancel()
		if err != nil {
			return e.doubt(r, fmt.Errorf("engine: ask the broker for positions: %w", err))
		}
		if err := e.fetchFillsOf(ctx, r, further); err != nil {
			return err
		}
		found := e.differences(held)
		if len(found) > 0 && attempt == 0 {
			further = book.MaxLookBack
			continue
		}
		if err := e.surely(found); err != nil || len(found) == 0 {
			return err
		}
		return e.dealWith(ctx, r, found)
	}
}

// surely makes sure that a difference is none that an order brings about which fills at this very moment: while any is
// open it has to be found twice, with a step between, in which orders and fills are asked for again.
func (e *Engine) surely(found []difference) error {
	text := fmt.Sprint(found)
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(found) == 0 || !e.book.HasPending() || text == e.suspect {
		e.suspect = ""
		return nil
	}
	e.suspect = text
	return fmt.Errorf("engine: positions differ while orders are open, and are compared again: %s", text)
}

// differences compares what is held of the instruments that are set up; an account may hold other things besides.
func (e *Engine) differences(held map[string]decimal.Decimal) []difference {
	e.mu.Lock()
	defer e.mu.Unlock()
	var found []difference
	for symbol := range e.instruments {
		if ours := e.book.Position(symbol).Quantity; !ours.Equal(held[symbol]) {
			found = append(found, difference{symbol, held[symbol], ours})
		}
	}
	slices.SortFunc(found, func(x, y difference) int { return strings.Compare(x.symbol, y.symbol) })
	return found
}

func (e *Engine) dealWith(ctx context.Context, r *run, found []difference) error {
	var all []string
	for _, d := range found {
		all = append(all, d.String())
	}
	switch e.cfg.Differences {
	case AdoptDifference, CloseDifference:
		for _, d := range found {
			if err := e.adopt(ctx, r, d); err != nil {
				return err
			}
		}
		return nil
	case IgnoreDifference:
		for _, text := range all {
			if e.sayOnce("difference " + text) {
				e.log.Warn("Position differs", "difference", text, "policy", IgnoreDifference)
			}
		}
		return nil
	}
	return e.haltFor(ctx, r, "positions differ: "+strings.Join(all, ", "))
}

// adopt takes over what the Broker holds. Where nobody gives a price, what was held counts at its cost.
func (e *Engine) adopt(ctx context.Context, r *run, d difference) error {
	price, _ := e.price(d.symbol)
	events, err := e.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
		position := b.Position(d.symbol)
		if !position.Quantity.Equal(d.ours) {
			return nil, nil // A fill came meanwhile: the next comparison sees what is left.
		}
		if !price.IsPositive() {
			price = position.AveragePrice()
		}
		events := []journal.Event{journal.Adopted{Symbol: d.symbol, Quantity: d.theirs.Sub(d.ours), Price: price}}
		if keep := between(d.ours, d.theirs); e.cfg.Differences == CloseDifference && !keep.Equal(d.theirs) {
			events = append(events, closeAsked(b, d.symbol, keep, "the policy for differences"))
		}
		return events, nil
	})
	if err == nil && len(events) > 0 {
		e.log.Warn("Position adopted", "difference", d.String(), "price", price, "policy", e.cfg.Differences)
	}
	return err
}
