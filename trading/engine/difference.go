package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
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
	//exhaustive:enforce
	switch p {
	case "", HaltOnDifference, AdoptDifference, CloseDifference, IgnoreDifference:
		return true
	}
	return false
}

// difference is what the Broker and the book hold of one instrument.
type difference struct {
	symbol           string
	atBroker, inBook decimal.Decimal
	looksLike        trading.Conversion // without a Symbol: like none
	action           trading.Action     // that the Broker tells of; without a Symbol: of none
}

func (d difference) String() string {
	text := fmt.Sprintf("%s is %s at the broker and %s in the journal", d.symbol, d.atBroker, d.inBook)
	if d.looksLike.Symbol != "" {
		text += ", which looks like this: " + d.looksLike.String()
	}
	if d.action.Symbol != "" {
		text += ", and the broker tells a " + d.action.String()
	}
	return text
}

// isAction reports whether a difference is of no trade's making: what was paid is not of what is held now.
func (d difference) isAction() bool { return d.looksLike.Symbol != "" || d.action.Symbol != "" }

// differences compares what is held of the instruments that are set up, or that the book holds; an account may hold other
// things besides.
func (c *reconciler) differences(held map[string]decimal.Decimal) []difference {
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	var found []difference
	for _, symbol := range c.env.symbols(c.ledger.book) {
		if inBook := c.ledger.book.Position(symbol).Quantity; !inBook.Equal(held[symbol]) {
			found = append(found, difference{symbol: symbol, atBroker: held[symbol], inBook: inBook})
		}
	}
	slices.SortFunc(found, func(x, y difference) int { return strings.Compare(x.symbol, y.symbol) })
	return found
}

func (c *reconciler) dealWith(ctx context.Context, r *run, found []difference) error {
	found, err := c.takeConfirmed(ctx, r, found)
	if err != nil || len(found) == 0 {
		return err
	}
	var all []string
	for _, d := range found {
		all = append(all, d.String())
	}
	policy := c.env.cfg.Differences
	if policy != IgnoreDifference && slices.ContainsFunc(found, difference.isAction) {
		policy = HaltOnDifference // What was paid is not of this quantity: to adopt it would make up a profit or a loss.
	}
	//exhaustive:enforce
	switch policy {
	case AdoptDifference, CloseDifference:
		for _, d := range found {
			if err := c.adopt(ctx, r, d, c.env.cfg.Differences); err != nil {
				return err
			}
		}
		return nil
	case IgnoreDifference:
		c.leave(found)
		for _, text := range all {
			if c.env.logOnce("difference " + text) {
				c.env.log.Warn("Position differs", "difference", text, "policy", IgnoreDifference)
			}
		}
		return nil
	case HaltOnDifference, "":
		c.leave(found)
	}
	return c.gate.haltFor(ctx, r, "positions differ: "+strings.Join(all, ", "))
}

// leave notes differences that stay: health and Status tell of them until a comparison finds them gone.
func (c *reconciler) leave(found []difference) {
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	c.differ = found
	for _, d := range found {
		if d.looksLike.Symbol != "" && c.env.cfg.Differences != IgnoreDifference {
			c.ledger.otherUnits[d.symbol] = true
		}
	}
}

// differing tells of a difference that stays. One that is ignored is only worth knowing.
func (e *env) differing(d difference) problem {
	if e.cfg.Differences == IgnoreDifference {
		return condition("differs/"+d.symbol, health.Healthy, d.String()+", and that is ignored", "", false)
	}
	remedy := "find out what else trades there, then trade it away at the venue, or have it adopted"
	if d.atBroker.IsZero() { // To trade anything there would open a position.
		remedy = "find out what closed it, then have it adopted: there is nothing to trade away at the venue"
	}
	if d.action.Symbol != "" {
		remedy = "see at the venue what came of it: convert it, or flatten it there and have it adopted, and re-arm"
	}
	if c := d.looksLike; c.Old.IsPositive() && !d.inBook.IsZero() {
		remedy = fmt.Sprintf("nothing is sent for it meanwhile, also nothing that closes; "+
			"if the venue says that it is so, convert it, %s to %s and %s for %s, and re-arm; if not, %s",
			c.Symbol, c.To, c.New, c.Old, remedy)
	}
	return condition("differs/"+d.symbol, health.Degraded, d.String(), remedy, true)
}

// adopt takes over what the Broker holds. Where nobody gives a price, what was held counts at its cost.
func (c *reconciler) adopt(ctx context.Context, r *run, d difference, policy DifferencePolicy) error {
	price, _ := c.env.price(d.symbol)
	events, err := c.ledger.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
		position := b.Position(d.symbol)
		if !position.Quantity.Equal(d.inBook) {
			return nil, nil // A fill came meanwhile: the next comparison sees what is left.
		}
		if !price.IsPositive() {
			price = position.AveragePrice()
		}
		events := []journal.Event{journal.Adopted{Symbol: d.symbol, Quantity: d.atBroker.Sub(d.inBook), Price: price}}
		if keep := clampToHeld(d.inBook, d.atBroker); policy == CloseDifference && !keep.Equal(d.atBroker) {
			events = append(events, closeAsked(b, d.symbol, keep, "the policy for differences"))
		}
		return events, nil
	})
	if err == nil && len(events) > 0 {
		c.env.log.Warn("Position adopted", "difference", d.String(), "price", price, "policy", policy)
	}
	return err
}
