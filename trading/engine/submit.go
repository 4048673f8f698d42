package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// patience is how long the orders of other instruments wait for a call of Submit to return: a prompt Broker gets its
// orders one after the other, always in the same order, and one that hangs keeps no other instrument back.
const patience = 250 * time.Millisecond

// submitAll sends every intent that still holds, in the order in which they were made, those of one instrument one after
// the other. One that fails keeps none of the others back. It returns when all calls have.
func (e *Engine) submitAll(ctx context.Context, r *run) error {
	lines := bySymbol(e.pendingWhere(func(o book.OrderState) bool { return o.Status == trading.StatusIntended }))
	ends := make([]lineEnd, len(lines))
	var running sync.WaitGroup
	for i, line := range lines {
		if len(lines) == 1 {
			return e.submitLine(ctx, r, line)
		}
		returned := make(chan struct{})
		running.Go(func() {
			defer close(returned)
			defer func() { ends[i].caught(recover()) }()
			ends[i].err = e.submitLine(ctx, r, line)
		})
		select {
		case <-returned:
		case <-e.cfg.Clock.After(patience):
		case <-ctx.Done():
		}
	}
	running.Wait()
	var all error
	for _, end := range ends {
		if end.panicked != "" {
			panic(end.panicked)
		}
		all = errors.Join(all, end.err)
	}
	return all
}

// lineEnd is how the orders of one instrument went.
type lineEnd struct {
	err      error
	panicked string // with its stack, to be thrown where the run's owner catches it
}

func (l *lineEnd) caught(p any) {
	if p != nil {
		l.panicked = fmt.Sprintf("%v\n\n%s", p, debug.Stack())
	}
}

func bySymbol(orders []book.OrderState) (lines [][]book.OrderState) {
	at := make(map[string]int)
	for _, o := range orders {
		i, ok := at[o.Symbol]
		if !ok {
			i = len(lines)
			at[o.Symbol] = i
			lines = append(lines, nil)
		}
		lines[i] = append(lines[i], o)
	}
	return lines
}

func (e *Engine) submitLine(ctx context.Context, r *run, line []book.OrderState) error {
	var all error
	for _, o := range line {
		if ctx.Err() != nil {
			return errors.Join(all, ctx.Err())
		}
		all = errors.Join(all, e.submit(ctx, r, o))
	}
	return all
}

// submit takes one intent to the Broker. Each of its lines that touches the world is preceded by the one that records
// it: that is what a crash between any two of them is survived by.
func (e *Engine) submit(ctx context.Context, r *run, o book.OrderState) error {
	opening := e.blocked(o.Symbol)
	approved, err := e.holds(o, opening)
	if err != nil {
		return e.withdraw(ctx, r, o, err)
	}
	if err := e.mayBegin(ctx, r, o.Order, opening); err != nil {
		return e.refused(ctx, r, o, err)
	}
	if err := e.record(ctx, r, journal.Submitting{ClientID: o.ClientID}); err != nil {
		return err
	}
	land, err := e.pass(ctx, r, o.Order, e.blocked(o.Symbol))
	if err != nil {
		return e.notSent(ctx, r, o, err)
	}
	err = e.call(ctx, approved, land)
	return e.answered(ctx, r, o, err)
}

// holds tells whether an intent, perhaps from before a crash, is still right, and has Risk approve it.
func (e *Engine) holds(o book.OrderState, opening error) (trading.Approved, error) {
	instrument, ok := e.instruments[o.Symbol]
	e.mu.Lock()
	defer e.mu.Unlock()
	held := openExposure(e.book.ExposureBeside(o.Order))
	opens := o.Quantity.GreaterThan(trading.ClosingPart(o.Side, o.Quantity, held))
	target, _ := e.book.Target(o.Symbol)
	switch {
	case !ok:
		return trading.Approved{}, fmt.Errorf("%s is not set up any more", o.Symbol)
	case !e.cfg.AutoExecute && !target.Approved:
		return trading.Approved{}, errors.New("orders are not placed automatically")
	case o.Leg == "" && target.SignalID != o.SignalID:
		return trading.Approved{}, errors.New("its target was replaced")
	case o.Leg != "":
		if why := e.book.Unwanted(o, e.now(), opening); why != "" {
			return trading.Approved{}, errors.New(why)
		}
	case opens && e.now().After(target.ValidUntil):
		return trading.Approved{}, errors.New("its signal has expired")
	case opens && opening != nil:
		return trading.Approved{}, opening
	}
	approved, err := e.cfg.Risk.Approve(o.Order, trading.View{Instrument: instrument, Held: held, Price: o.DecisionPrice})
	if err != nil {
		return trading.Approved{}, err
	}
	return approved.Confirm(o.Order)
}

// mayBegin asks the gate without going through it.
func (e *Engine) mayBegin(ctx context.Context, r *run, o trading.Order, opening error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.mayLocked(ctx, r, o, opening)
}

// refused deals with an intent that the gate did not let through: an end of the run leaves it for the next one.
func (e *Engine) refused(ctx context.Context, r *run, o book.OrderState, why error) error {
	switch {
	case errors.Is(why, errRunEnded):
		return fmt.Errorf("engine: order %s not sent: %w", o.ClientID, why)
	case errors.Is(why, errUnknown):
		return nil // It waits.
	}
	return e.withdraw(ctx, r, o, why)
}

// withdraw ends an intent that was never sent, or that the Broker does not have and is not going to. One that it may
// get yet is asked about until that is settled: were it ended now, another order would take its place, and then it
// would arrive.
func (e *Engine) withdraw(ctx context.Context, r *run, o book.OrderState, why error) error {
	if o.InFlight {
		e.log.Warn("Order not wanted any more and perhaps on its way", told(o, "reason", why)...)
		return e.record(ctx, r, journal.Unknown{ClientID: o.ClientID, Reason: "not sent again: " + why.Error()})
	}
	e.log.Warn("Order withdrawn", told(o, "reason", why)...)
	reason := "never sent: "
	if o.Sends > 0 {
		reason = "not sent again: "
	}
	return e.record(ctx, r, journal.Cancelled{ClientID: o.ClientID, Reason: reason + why.Error()})
}

// notSent takes back a submission that was announced and then not begun.
func (e *Engine) notSent(ctx context.Context, r *run, o book.OrderState, why error) error {
	err := e.record(context.WithoutCancel(ctx), r, journal.NotReceived{ClientID: o.ClientID, Reason: "not sent: " + why.Error(), InFlight: o.InFlight})
	if errors.Is(why, errRunEnded) {
		err = errors.Join(err, fmt.Errorf("engine: order %s not sent: %w", o.ClientID, why))
	}
	return err
}

// call submits, and lands even where Submit panics.
func (e *Engine) call(ctx context.Context, a trading.Approved, land func()) error {
	defer land()
	limited, cancel := e.limited(ctx)
	defer cancel()
	return e.cfg.Broker.Submit(limited, a)
}

// answered records what Submit returned. It does so although ctx may have ended meanwhile, unless another run has taken
// over: that one asks the Broker itself.
func (e *Engine) answered(ctx context.Context, r *run, o book.OrderState, answer error) error {
	ctx = context.WithoutCancel(ctx)
	switch {
	case answer == nil:
		if err := e.record(ctx, r, journal.Acknowledged{ClientID: o.ClientID}); err != nil {
			return err
		}
		e.log.Info("Order submitted", told(o, "signal_id", o.SignalID)...)
		return nil
	case errors.Is(answer, trading.ErrRejected) && o.Sends == 0:
		return e.reject(ctx, r, o, answer.Error())
	case errors.Is(answer, trading.ErrRejected):
		// This may be about the second sending only, while the first one was accepted. What the Broker has under
		// the client ID decides, and if that is nothing it is a refusal after all; see asked.
		e.noteRefusal(o.ClientID, answer.Error())
	}
	e.log.Warn("Order unknown", told(o, "error", answer)...)
	return e.record(ctx, r, journal.Unknown{ClientID: o.ClientID, Reason: answer.Error()})
}

func (e *Engine) reject(ctx context.Context, r *run, o book.OrderState, reason string) error {
	if err := e.record(ctx, r, journal.Rejected{ClientID: o.ClientID, Reason: reason}); err != nil {
		return err
	}
	e.log.Warn("Order rejected", told(o, "reason", reason)...)
	return nil
}

// told are the attributes by which an order is known in the log.
func told(o book.OrderState, more ...any) []any {
	return append([]any{"client_id", o.ClientID, "symbol", o.Symbol, "side", o.Side, "quantity", o.Quantity}, more...)
}

func (e *Engine) noteRefusal(clientID, reason string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.refusals[clientID] = reason
}
