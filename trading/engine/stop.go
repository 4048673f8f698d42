package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// StopPolicy says what becomes of open orders when an Engine is stopped.
type StopPolicy string

// The policies.
const (
	// LeaveOrders leaves everything as it is; brackets go on guarding their positions.
	LeaveOrders StopPolicy = "leave"
	// CancelOrders ends what would open something. Brackets go on guarding.
	CancelOrders StopPolicy = "cancel"
	// FlattenAll ends every order and closes every position, by market orders that only reduce.
	FlattenAll StopPolicy = "flatten"
)

// StopReport says what a stop left behind, as far as is known at its end.
type StopReport struct {
	Policy    StopPolicy         `json:"policy"`
	Done      bool               `json:"done"` // all that the policy asks for has been done
	Open      []book.OrderState  `json:"open"` // orders that may still fill
	Positions []trading.Position `json:"positions"`
}

// Stop ends the Engine for good, and deals with open orders by policy, for at most the time that within gives. From its
// beginning on nothing else can begin a submission or a cancel: a Serve that runs ends with ErrStopped, also one that
// hangs in a call and wakes up later.
//
// The report tells what is still open, whether or not all could be done; an error says why it could not. Stop may be
// called again, as to flatten after all. What it did is in the Journal: an Engine that starts on it later goes on from
// there.
func (e *Engine) Stop(ctx context.Context, policy StopPolicy, within time.Duration) (StopReport, error) {
	//exhaustive:enforce
	switch policy {
	case LeaveOrders, CancelOrders, FlattenAll:
	default:
		return StopReport{}, fmt.Errorf("engine: stop policy %q is none of leave, cancel and flatten", policy)
	}
	if within <= 0 {
		return StopReport{}, fmt.Errorf("engine: a stop within %s cannot be", within)
	}
	r := e.ledger.takeOver(true)
	r.logged = true // as a start, which this is not
	defer e.ledger.end(r)
	limited, cancel := clockctx.WithTimeout(ctx, e.env.cfg.Clock, within)
	defer cancel()
	err := e.runStop(limited, r, policy)
	s := e.Status()
	return StopReport{Policy: policy, Done: err == nil, Open: s.Orders, Positions: s.Positions}, err
}

// runStop does what the policy asks for, again and again until it is done.
func (e *Engine) runStop(ctx context.Context, r *run, policy StopPolicy) error {
	closed := false
	var last error // of a step that had the time it needed
	for {
		wake := e.env.subscribe()
		err := e.stopStep(ctx, r, policy, &closed)
		if ctx.Err() == nil {
			last = err
		}
		switch {
		case final(err), err != nil && policy == LeaveOrders:
			return err
		case err == nil && e.stopDone(policy):
			return nil
		}
		health.Idle(ctx, e.env.cfg.Clock.Now().Add(e.env.cfg.Poll))
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("engine: stop (%s) is not done: %w", policy, context.Cause(ctx)), e.left(policy), last)
		case <-e.env.cfg.Clock.After(e.env.cfg.Poll):
		case <-wake.broker:
		}
	}
}

// stopStep is a round of an Engine that is being stopped: it learns what there is to know, and begins nothing but what
// the policy asks for. closed notes that it has asked for the end of all positions.
func (e *Engine) stopStep(ctx context.Context, r *run, policy StopPolicy, closed *bool) error {
	for _, p := range e.stopSequence(policy, closed) {
		if err := p(ctx, r); err != nil {
			return err
		}
	}
	return r.notCanceled
}

func (e *Engine) stopSequence(policy StopPolicy, closed *bool) []phase {
	sequence := []phase{e.ledger.load, e.gate.journalHalt, func(ctx context.Context, r *run) error {
		stuck, err := e.reconciler.catchUp(ctx, r)
		return errors.Join(stuck, err)
	}}
	end := func(ctx context.Context, r *run) error { return e.cancelFor(ctx, r, policy) }
	//exhaustive:enforce
	switch policy {
	case LeaveOrders:
	case CancelOrders:
		sequence = append(sequence, e.reconciler.compare, end, e.sender.cancelAll)
	case FlattenAll:
		sequence = append(sequence, e.reconciler.compare, func(ctx context.Context, r *run) error {
			return e.flattenAll(ctx, r, closed)
		}, e.watchdog.watch, end, e.sender.cancelAll, e.follower.retry, e.sender.submitAll, e.reconciler.fetchSent)
	}
	return sequence
}

// flattenAll replaces every target, and closes what is held without one, in the order of the symbols. closed notes that
// it has done so.
func (e *Engine) flattenAll(ctx context.Context, r *run, closed *bool) error {
	if *closed {
		return nil
	}
	for _, symbol := range view(e.ledger, e.env.symbols) {
		idle := view(e.ledger, func(b *book.Book) bool {
			t, _ := b.Target(symbol)
			return t.Quantity.IsZero() && b.Position(symbol).Quantity.IsZero()
		})
		if idle {
			continue
		}
		if err := e.flatten(ctx, r, symbol, "stop"); err != nil {
			return err
		}
	}
	*closed = true
	return nil
}

// cancelFor asks for the end of the orders that the policy does not leave. What closes in the name of the policy itself
// stays, and so do the legs of brackets while their position does.
func (e *Engine) cancelFor(ctx context.Context, r *run, policy StopPolicy) error {
	canCancel := e.env.canCancel()
	_, err := e.ledger.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
		var events []journal.Event
		for _, o := range b.Pending() {
			t, _ := b.Target(o.Symbol)
			switch {
			case policy == FlattenAll && o.SignalID == t.SignalID, policy == CancelOrders && o.Leg != "":
			case o.Leg != "" && e.ledger.hasOtherUnits(o.Symbol): // What it guards cannot be closed.
			case o.Status == trading.StatusIntended && !o.InFlight:
				events = append(events, journal.Canceled{ClientID: o.ClientID, Reason: "never sent: the engine was stopped"})
			case o.Status == trading.StatusOpen && !o.CancelAsked && canCancel:
				events = append(events, journal.CancelAsked{ClientID: o.ClientID, Reason: "the engine was stopped"})
			}
		}
		return events, nil
	})
	return err
}

// remaining is what is held and could be sold or bought.
func (e *Engine) remaining() (all []book.Holding) {
	return view(e.ledger, func(b *book.Book) []book.Holding {
		for h := range b.Holdings() {
			if h.Target.Quantity = decimal.Zero; !e.env.closeQuantity(h).IsZero() {
				all = append(all, h)
			}
		}
		return all
	})
}

// left names what a stop that was to flatten could not close.
func (e *Engine) left(policy StopPolicy) (all error) {
	if policy != FlattenAll {
		return nil
	}
	for _, h := range e.remaining() {
		if e.ledger.hasOtherUnits(h.Symbol) {
			all = errors.Join(all, fmt.Errorf("engine: %s of %s is held: %w", h.Quantity, h.Symbol, ErrOtherUnits))
			continue
		}
		all = errors.Join(all, fmt.Errorf("engine: %s of %s is held; its last order is %q: %s",
			h.Quantity, h.Symbol, h.Last.Status, cmp.Or(h.Last.Reason, "it said nothing")))
	}
	return all
}

// stopDone reports whether nothing is left to do.
func (e *Engine) stopDone(policy StopPolicy) bool {
	s := e.Status()
	//exhaustive:enforce
	switch policy {
	case LeaveOrders:
	case CancelOrders:
		for _, o := range s.Orders {
			if o.Leg == "" || o.Status != trading.StatusOpen && o.Status != trading.StatusIntended {
				return false
			}
		}
	case FlattenAll:
		return len(s.Orders) == 0 && len(e.remaining()) == 0
	}
	return true
}
