package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// What becomes of a position that another one has taken the place of, without a trade:
//
//	the Broker tells of a conversion, and it explains what is held    it is journaled, and a person told
//	nobody tells, and it looks like one                               trading is halted, whatever the policy for differences;
//	                                                                  the halt says what it looks like, for Convert
//	the Broker told of one lately, and something was traded since     the same
//	the Broker tells of a merger or a spin-off                        trading is halted likewise; the halt names that
//	it looks like none                                                the policy for differences
//
// While it looks like one nothing is sent for the instrument: nobody knows in which units. What guards it stays, and who has
// it flattened hears at once what comes first: see doubt.go.
//
// What rests in the old units gives way to orders in the new ones, as it does when a target is amended.

// conversionsSince is how far back conversions are asked for: an account may have been left alone for weeks.
const conversionsSince = 30 * 24 * time.Hour

// byVenue is on whose word an instrument is converted that no person has named.
const byVenue = "the venue"

// convert takes in the conversions that the Broker tells of and that explain differences, and returns the differences that
// are left.
func (c *reconciler) convert(
	ctx context.Context, r *run, held map[string]decimal.Decimal, found []difference,
) ([]difference, error) {
	reporter, ok := c.env.cfg.Broker.(trading.ConversionReporter)
	if !ok {
		return found, nil
	}
	limited, cancel := c.env.limited(ctx)
	told, err := reporter.Conversions(limited, c.env.now().Add(-conversionsSince))
	cancel()
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return found, nil
	case err != nil:
		return nil, c.ledger.markUnreconciled(r, fmt.Errorf("engine: ask the broker for conversions: %w", err))
	}
	for _, one := range told {
		if err := c.takeIn(ctx, r, one, held); err != nil {
			return nil, err
		}
	}
	return withNews(c.differences(held), told, c.env.now()), nil
}

// nameActions adds to differences what the Broker says that the company has done. It is only told: where nobody can be asked the
// differences stand as they are.
func (c *reconciler) nameActions(ctx context.Context, found []difference) {
	reporter, ok := c.env.cfg.Broker.(trading.ActionReporter)
	if !ok {
		return
	}
	limited, cancel := c.env.limited(ctx)
	defer cancel()
	told, err := reporter.Actions(limited, c.env.now().Add(-conversionsSince))
	if err != nil {
		if !errors.Is(err, errors.ErrUnsupported) {
			c.env.log.Warn("What companies have done is not known", "error", err)
		}
		return
	}
	for i := range found {
		for _, one := range told {
			if one.Symbol == found[i].symbol {
				found[i].action = one
			}
		}
	}
}

// newsOfConversion is for how long a conversion that explains nothing may have to do with a difference.
const newsOfConversion = 48 * time.Hour

// withNews adds to differences the conversions that the Broker has told of lately: something was traded in the units of
// before, and what is left is of no order's making.
func withNews(found []difference, told []trading.Conversion, now time.Time) []difference {
	for i := range found {
		for _, one := range told {
			if (one.Symbol == found[i].symbol || one.To == found[i].symbol) && now.Sub(one.Time) < newsOfConversion {
				found[i].looksLike = one
			}
		}
	}
	return found
}

// takeIn journals a conversion if it makes the book say what the Broker holds.
func (c *reconciler) takeIn(ctx context.Context, r *run, told trading.Conversion, held map[string]decimal.Decimal) error {
	events, err := c.ledger.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
		inBook := b.Position(told.Symbol).Quantity
		if inBook.IsZero() {
			return nil, nil
		}
		if told.Symbol != told.To && !held[told.Symbol].IsZero() || told.Symbol == told.To && held[told.To].Equal(inBook) {
			return nil, nil
		}
		if told.Old.IsZero() || told.New.IsZero() {
			told.Old, told.New, _ = ratio(inBook, held[told.To])
		}
		e := c.env.converted(told, held[told.To], byVenue)
		if why := b.Check(e); why != nil {
			if c.env.logOnce("conversion " + told.ID) {
				c.env.log.Warn("Conversion does not explain what is held", "conversion", told, "id", told.ID, "reason", why)
			}
			return nil, nil
		}
		return []journal.Event{e}, nil
	})
	c.env.logConverted(events, err)
	return err
}

// logConverted logs what is durable by now.
func (e *env) logConverted(events []journal.Event, err error) {
	for _, event := range events {
		if c, ok := event.(journal.Converted); ok && err == nil {
			e.log.Warn("Instrument converted", "conversion", c.Conversion, "held", c.Quantity, "by", c.By)
		}
	}
}

// converted is a conversion as the journal has it.
func (e *env) converted(c trading.Conversion, quantity decimal.Decimal, by string) journal.Converted {
	return journal.Converted{Conversion: c, Quantity: quantity, Tick: e.instruments[c.To].Tick, By: by}
}

// Convert takes in, on a person's word, what became of an instrument without a trade: a split, another name, or both; by
// says whose. What is held, asked for and guarded is in the new units then, and the journal has it. A halt stays until it is
// lifted.
//
// An error says that nothing of it is held, or that the Broker, if it tells its positions, holds something else than that
// would give: less than one unit may be missing, a fraction that was paid out.
func (e *Engine) Convert(ctx context.Context, c trading.Conversion, by string) error {
	if strings.TrimSpace(by) == "" {
		return errors.New("engine: converting an instrument needs a name")
	}
	if c.To == "" {
		c.To = c.Symbol
	}
	if err := c.Validate(); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	held, err := e.held(ctx)
	if err != nil {
		return fmt.Errorf("engine: %s: ask the broker for positions: %w", c, err)
	}
	events, err := e.ledger.write(ctx, nil, func(b *book.Book) ([]journal.Event, error) {
		quantity := c.Quantity(b.Position(c.Symbol).Quantity)
		if held != nil {
			quantity = held[c.To]
		}
		return []journal.Event{e.env.converted(c, quantity, by)}, nil
	})
	e.env.logConverted(events, err)
	return err
}

// held is what the Broker holds; nil where it does not tell.
func (e *Engine) held(ctx context.Context) (map[string]decimal.Decimal, error) {
	positioner, ok := e.env.cfg.Broker.(trading.Positioner)
	if !ok {
		return nil, nil
	}
	limited, cancel := e.env.limited(ctx)
	defer cancel()
	held, err := positioner.Positions(limited)
	if err == nil && held == nil {
		held = map[string]decimal.Decimal{}
	}
	return held, err
}

// convertedNow is a conversion that health tells of for a while; the journal has it for good.
type convertedNow struct {
	journal.Converted

	known time.Duration // on the stopwatch
}

// noteConvertedLocked remembers a conversion, and has positions compared before anything is opened.
func (c *reconciler) noteConvertedLocked(e journal.Converted) {
	c.converted = append(c.converted, convertedNow{e, c.env.passed()})
	c.settledLocked(e.Conversion)
	c.ledger.reconciled = false
}

// conversionsLocked tells of those of the last hour.
func (c *reconciler) conversionsLocked(now time.Duration) (found []problem) {
	for _, e := range c.converted {
		if now-e.known <= tellByVenue {
			found = append(found, condition("converted/"+e.Conversion.To, health.Degraded,
				fmt.Sprintf("%s: %s are held since, by %s", e.Conversion, e.Quantity, e.By),
				"see that strategies, limits and bars are in the new units", true))
		}
	}
	return found
}
