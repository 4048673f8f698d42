package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// protector is a Risk with rules that keep an instrument from being opened for a while. Approve asks them for each order;
// the Engine asks for those that rest, too.
type protector interface {
	// Protection is the rule that keeps anything of symbol from being opened now; nil for none.
	Protection(symbol string, now time.Time, a trading.Account) *trading.LimitError
}

// Lock keeps anything of symbol from being opened until a time, on the word of a person or a program; by says whose. What
// rests and would open something is canceled, and what closes passes. The lock is in the Journal: it lasts through restarts,
// and ends by itself. It takes the place of an earlier one of the symbol; with a time that is over it lifts that, as Unlock
// does.
func (e *Engine) Lock(ctx context.Context, symbol string, until time.Time, reason, by string) error {
	if strings.TrimSpace(by) == "" {
		return errors.New("engine: locking an instrument needs a name")
	}
	held := view(e.ledger, func(b *book.Book) decimal.Decimal { return b.Position(symbol).Quantity })
	if e.env.instrument(symbol, held).Symbol == "" {
		return fmt.Errorf("engine: lock %q: no such instrument is set up, and none of it is held", symbol)
	}
	lifts := !e.env.now().Before(until)
	_, err := e.ledger.write(ctx, nil, func(b *book.Book) ([]journal.Event, error) {
		if stands := e.env.view(b).Locked(symbol); lifts && stands == nil {
			return nil, e.env.notLocked(b, symbol)
		}
		return []journal.Event{journal.Locked{Symbol: symbol, Until: until.UTC(), By: by, Reason: reason}}, nil
	})
	switch {
	case err != nil:
	case lifts:
		e.env.log.Warn("Lock lifted", "symbol", symbol, "reason", reason, "by", by)
	default:
		e.env.log.Warn("Instrument locked", "symbol", symbol, "until", until.UTC(), "reason", reason, "by", by)
	}
	return err
}

// Unlock lifts the lock of symbol, whoever has locked it: a person, or a limit on what the instrument may lose in a day. by
// says whose word it is. What a protection of the Risk keeps closed stays so until that ends by itself.
func (e *Engine) Unlock(ctx context.Context, symbol, by string) error {
	return e.Lock(ctx, symbol, e.env.now(), "", by)
}

// notLocked says why there is no lock to lift.
func (e *env) notLocked(b *book.Book, symbol string) error {
	if why := e.paused(b, symbol); why != nil {
		return fmt.Errorf("engine: lift the lock of %s: it is not locked, but protected, which ends by itself: %w", symbol, why)
	}
	return fmt.Errorf("engine: lift the lock of %s: it is not locked", symbol)
}

// view is the account at this moment, as limits look at it.
func (e *env) view(b *book.Book) trading.View {
	return trading.View{Now: e.now(), Account: b.Beside(trading.Order{}, nil)}
}

// paused is why nothing may be opened of an instrument for a while: it is locked, or protected after losses; nil where it
// may.
func (e *env) paused(b *book.Book, symbol string) error {
	v := e.view(b)
	if why := v.Locked(symbol); why != nil {
		return why
	}
	if p, ok := e.cfg.Risk.(protector); ok {
		if why := p.Protection(symbol, v.Now, v.Account); why != nil {
			return why
		}
	}
	return nil
}
