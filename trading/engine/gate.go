package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/shopspring/decimal"
)

// The reasons for which the gate stays shut. Those of the run end a submission for now; those of the order end the
// order.
var (
	errRunEnded = errors.New("the run has ended")
	errUnknown  = errors.New("the fate of another order on the instrument is not known")
)

// blocked says why nothing may be opened on symbol; nil if it may. It asks Allow, outside of all locks.
func (e *Engine) blocked(symbol string) error {
	if e.cfg.Allow != nil {
		if err := e.cfg.Allow(symbol); err != nil {
			return err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.blockedLocked()
}

// blockedLocked says what stands against opening anything at all.
func (e *Engine) blockedLocked() error {
	switch halt := e.book.Halted(); {
	case e.halting != "":
		return fmt.Errorf("halted: %s", e.halting)
	case halt.Active():
		return fmt.Errorf("halted: %s", halt.Reason)
	case e.reduceOnly:
		return errors.New("reduce only")
	case len(e.unvalued) > 0:
		return fmt.Errorf("the day's loss is not known: no price for %s", e.unvalued[0])
	}
	return nil
}

// pass is the gate: the one place that lets a submission begin. It looks, under the lock, at everything that can take
// away the right to trade, and notes the order as flying before it lets go of the lock, so that whoever comes next
// knows of it. opening is what was found outside of the lock against opening anything.
//
// It is asked twice for each order, before the submission is journaled and after: whatever happens during that write, a
// new run above all, is seen. The lock is not held during the submission, which may hang.
func (e *Engine) pass(ctx context.Context, r *run, o trading.Order, opening error) (land func(), err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.mayLocked(ctx, r, o, opening); err != nil {
		return nil, err
	}
	e.heard[o.ClientID] = e.passed()
	e.flying[o.ClientID]++
	return func() { e.land(o.ClientID) }, nil
}

// land notes that a call of Submit has returned.
func (e *Engine) land(clientID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.flying[clientID]--; e.flying[clientID] == 0 {
		delete(e.flying, clientID)
	}
}

// mayActLocked tells whether a run may begin anything at the Broker.
func (e *Engine) mayActLocked(ctx context.Context, r *run) error {
	if ctx.Err() != nil || r != e.run || r.ended {
		return errRunEnded
	}
	if !e.loaded || !e.reconciled {
		return errRunEnded // Another goroutine's write failed: the next step reads the Journal and begins anew.
	}
	return nil
}

func (e *Engine) mayLocked(ctx context.Context, r *run, o trading.Order, opening error) error {
	if err := e.mayActLocked(ctx, r); err != nil {
		return err
	}
	x := e.book.ExposureBeside(o)
	if x.InDoubt {
		return errUnknown
	}
	if opening == nil {
		opening = e.blockedLocked()
	}
	if opening != nil && o.Quantity.GreaterThan(trading.ClosingPart(o.Side, o.Quantity, openExposure(x))) {
		return opening
	}
	return nil
}

// openExposure is what is held once every open order has filled, also one that is being cancelled. The legs of a bracket
// do not count: at most one of the two is going to fill, and perhaps neither.
func openExposure(x book.Exposure) decimal.Decimal {
	return decimal.Sum(x.Held, x.Working, x.Resting, x.Ending)
}
