package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// What becomes of an instrument that the venue is going to take off its list, from when that is known:
//
//	entries        none is made, and one that rests is canceled
//	what is held   stays guarded; it is closed Config.CloseDelisted before the end, or stays for a person to decide
//	at the end     the venue settles what is left: its fill is one of nobody's orders, and nothing is opened after it

// byDelisting is on whose word it is closed.
const byDelisting = "the policy for what is delisted"

// endOf is when the venue ends trading in an instrument; zero where nothing is announced.
func (e *env) endOf(symbol string) time.Time { return e.instruments[symbol].Delisted }

// delisted is why nothing is opened of an instrument any more; nil where it may be.
func (e *env) delisted(symbol string) error {
	if end := e.endOf(symbol); !end.IsZero() {
		return fmt.Errorf("the venue ends trading in %s at %s", symbol, end.UTC().Format(time.RFC3339))
	}
	return nil
}

// closing reports whether what is held of an instrument is to be closed now as its end comes. After the end there is nobody
// to close it with.
func (e *env) closing(symbol string) bool {
	end, now := e.endOf(symbol), e.now()
	return e.cfg.CloseDelisted > 0 && !end.IsZero() && now.Before(end) && !now.Before(end.Add(-e.cfg.CloseDelisted))
}

// closeDelisted closes what the policy does not hold to its end.
func (w *watchdog) closeDelisted(ctx context.Context, r *run) error {
	for _, symbol := range w.env.ending {
		if !w.env.closing(symbol) || w.ledger.hasOtherUnits(symbol) {
			continue
		}
		events, err := w.ledger.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
			h := b.Holding(symbol)
			if h.Quantity.IsZero() || w.env.closesAll(h) {
				return nil, nil
			}
			return []journal.Event{closeAsked(b, symbol, decimal.Zero, byDelisting)}, nil
		})
		if err != nil {
			return err
		}
		if len(events) > 0 {
			w.env.log.Warn("Position is closed before its instrument is delisted", "symbol", symbol,
				"delisted", w.env.endOf(symbol))
		}
	}
	return nil
}

// closesAll reports whether all that is held is being closed already.
func (e *env) closesAll(h book.Holding) bool {
	asked := h.Target.Approved || h.Target.SignalID != "" && e.cfg.AutoExecute
	return asked && h.Target.Quantity.IsZero() && h.External.IsZero()
}

// delistings tell of the ends of what is held or traded.
func (e *env) delistings(b *book.Book) (found []problem) {
	for _, symbol := range e.ending {
		held := b.Position(symbol).Quantity
		if held.IsZero() && e.cfg.Symbols != nil && !slices.Contains(e.cfg.Symbols, symbol) {
			continue
		}
		text := e.delisted(symbol).Error() + ": nothing is opened on it"
		remedy := "take it from the symbols"
		switch {
		case held.IsZero():
		case e.cfg.CloseDelisted > 0:
			text += fmt.Sprintf(", and the %s that are held are closed %s before", held, e.cfg.CloseDelisted)
		default:
			text += fmt.Sprintf(", and the %s that are held stay: the venue settles them at its price", held)
			remedy = "flatten it in time, or let the venue settle it; " + remedy
		}
		found = append(found, condition("delisted/"+symbol, health.Degraded, text, remedy, true))
	}
	return found
}

// endingOf are the symbols of instruments whose end is announced, sorted.
func endingOf(instruments []trading.Instrument) (symbols []string) {
	for _, i := range instruments {
		if !i.Delisted.IsZero() {
			symbols = append(symbols, i.Symbol)
		}
	}
	slices.Sort(symbols)
	return symbols
}
