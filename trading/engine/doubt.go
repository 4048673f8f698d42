package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
)

// A person who has a position closed hears at once where that cannot be: what is asked for in the units of the journal, of
// what the venue holds in others, would close a part, or too much. What guards the position stays until they are known.

// ErrOtherUnits says that the Broker seems to hold an instrument in other units than the journal, or under another name: nothing
// is sent for it until a person has said which, by Convert.
var ErrOtherUnits = errors.New("the venue seems to hold the instrument in other units")

// mayFlatten says why what is held of an instrument cannot be closed, and what to do instead.
func (c *reconciler) mayFlatten(symbol string) error {
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	b := c.ledger.book
	for _, d := range c.differ {
		if c.ledger.otherUnits[d.symbol] && (d.symbol == symbol || d.looksLike.To == symbol) {
			return fmt.Errorf("%w: %s; nothing is sent for it: %s", ErrOtherUnits, d, c.wayOut(b, d))
		}
	}
	for _, d := range c.differ {
		if d.symbol == symbol && c.notOurs(b, symbol) {
			return fmt.Errorf("%s: there is nothing of ours to close; close it at the venue, or have it adopted first", d)
		}
	}
	return nil
}

// notOurs reports whether nothing of an instrument is held or asked for here, so that what the Broker holds is another's, and
// that is not as it is to be.
func (c *reconciler) notOurs(b *book.Book, symbol string) bool {
	return c.env.cfg.Differences != IgnoreDifference && b.Position(symbol).Quantity.IsZero() && len(b.PendingOf(symbol)) == 0
}

// wayOut is what a person does about a difference that looks like a conversion, so that what is held can be closed.
func (c *reconciler) wayOut(b *book.Book, d difference) string {
	told, said := d.looksLike, fmt.Sprintf("%s %s:%s", d.looksLike.Symbol, d.looksLike.New, d.looksLike.Old)
	if told.Symbol != told.To {
		said += " " + told.To
	}
	if !c.canTakeIn(b, d) {
		return "no conversion explains it, so close it at the venue"
	}
	return fmt.Sprintf("if that is so, convert %s and flatten %s; if not, close it at the venue", said, told.To)
}

// canTakeIn reports whether the conversion that a difference looks like can be taken in.
func (c *reconciler) canTakeIn(b *book.Book, d difference) bool {
	told, quantity := d.looksLike, d.atBroker
	if told.Validate() != nil {
		return false
	}
	if told.Symbol != told.To {
		quantity = told.Quantity(b.Position(told.Symbol).Quantity)
	}
	return b.Check(c.env.converted(told, quantity, "a person")) == nil
}

// settledLocked forgets the differences that a conversion was about: what is held is compared before anything is sent.
func (c *reconciler) settledLocked(told trading.Conversion) {
	c.differ = slices.DeleteFunc(slices.Clone(c.differ), func(d difference) bool {
		return d.symbol == told.Symbol || d.symbol == told.To
	})
	delete(c.ledger.otherUnits, told.Symbol)
	delete(c.ledger.otherUnits, told.To)
}
