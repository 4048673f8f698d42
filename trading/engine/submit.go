package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// patience is how long the orders of other instruments wait for a call of Submit to return: a prompt Broker gets its
// orders one after the other, always in the same order, and one that hangs keeps no other instrument back.
const patience = 250 * time.Millisecond

// sender takes intents and cancels to the Broker.
type sender struct {
	env        *env
	ledger     *ledger
	gate       *gate
	reconciler *reconciler
}

// submitAll sends every intent that still holds, in the order in which they were made, those of one instrument one after
// the other. One that fails keeps none of the others back. It returns when all calls have.
func (s *sender) submitAll(ctx context.Context, r *run) error {
	lines := bySymbol(s.ledger.pendingWhere(func(o book.OrderState) bool {
		return o.Status == trading.StatusIntended && (r.notCanceled == nil || o.ReduceOnly)
	}))
	r.known.sent = r.known.sent || len(lines) > 0
	ends := make([]lineEnd, len(lines))
	var running sync.WaitGroup
	for i, line := range lines {
		if len(lines) == 1 {
			return s.submitLine(ctx, r, line)
		}
		returned := make(chan struct{})
		running.Go(func() {
			defer close(returned)
			defer func() { ends[i].recovered(recover()) }()
			ends[i].err = s.submitLine(ctx, r, line)
		})
		select {
		case <-returned:
		case <-s.env.cfg.Clock.After(patience):
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

func (l *lineEnd) recovered(p any) {
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

// submitLine sends the orders of one instrument. Where a leg takes the place of another one, as where what rests locks what is
// held, legs come first: a smaller stop leaves room for what closes a part.
func (s *sender) submitLine(ctx context.Context, r *run, line []book.OrderState) error {
	if s.env.replaces() == trading.Atomic {
		slices.SortStableFunc(line, legFirst)
	}
	var all error
	tried := make(map[string]bool)
	for _, o := range line {
		health.Beat(ctx)
		if ctx.Err() != nil {
			return errors.Join(all, ctx.Err())
		}
		if tried[o.ClientID] = true; !tried[book.MateID(o.ClientID)] { // else it went with its mate, or was not to
			all = errors.Join(all, s.submitOne(ctx, r, o))
		}
	}
	return all
}

// submitOne takes one intent to the Broker, and its mate along.
func (s *sender) submitOne(ctx context.Context, r *run, o book.OrderState) error {
	if _, hasMate := s.ledger.mate(o); hasMate {
		return s.submitLeg(ctx, r, o.ClientID)
	}
	return s.submit(ctx, r, o)
}

func legFirst(a, b book.OrderState) int {
	switch {
	case a.Leg != "" && b.Leg == "":
		return -1
	case a.Leg == "" && b.Leg != "":
		return 1
	}
	return 0
}

// submit takes one intent to the Broker. Each of its lines that touches the world is preceded by the one that records
// it: that is what a crash between any two of them is survived by.
func (s *sender) submit(ctx context.Context, r *run, o book.OrderState) error {
	opening := s.gate.blocked(o.Symbol)
	approved, err := s.gate.recheck(o, opening)
	if err != nil {
		return s.withdraw(ctx, r, o, err)
	}
	if err := s.gate.mayBegin(ctx, r, o.Order, opening); err != nil {
		return s.refused(ctx, r, o, err)
	}
	if err := s.ledger.record(ctx, r, journal.Submitting{ClientID: o.ClientID}); err != nil {
		return err
	}
	t := s.gate.try(r, o.Order)
	err = s.call(ctx, approved, t)
	switch {
	case t.began:
	case err == nil:
		err = errNoBegin
	case s.gate.callsBegin() && !errors.Is(err, trading.ErrRejected):
		return s.notSent(ctx, r, o, t, err)
	}
	return s.recordResult(ctx, r, err, o)
}

// refused deals with an intent that the gate did not let through: an end of the run leaves it for the next one.
func (s *sender) refused(ctx context.Context, r *run, o book.OrderState, why error) error {
	switch {
	case endsRun(why):
		return fmt.Errorf("engine: order %s not sent: %w", o.ClientID, why)
	case errors.Is(why, errUnknown), errors.Is(why, ErrOtherUnits):
		return nil // It waits.
	}
	return s.withdraw(ctx, r, o, why)
}

// withdraw ends an intent that was never sent, or that the Broker does not have and is not going to. One that it may
// get yet is asked about until that is settled: were it ended now, another order would take its place, and then it
// would arrive.
func (s *sender) withdraw(ctx context.Context, r *run, o book.OrderState, why error) error {
	if o.InFlight {
		s.env.log.Warn("Order not wanted any more and perhaps on its way", orderAttrs(o, "reason", why)...)
		return s.ledger.record(ctx, r, journal.Unknown{ClientID: o.ClientID, Reason: "not sent again: " + why.Error()})
	}
	s.env.log.Warn("Order withdrawn", orderAttrs(o, "reason", why)...)
	reason := "never sent: "
	if o.Sends > 0 {
		reason = "not sent again: "
	}
	limit, _ := limitOf(why)
	return s.ledger.record(ctx, r, journal.Canceled{ClientID: o.ClientID, Reason: reason + why.Error(), Limit: limit})
}

// notSent takes back a submission that was announced and then not begun. That the adapter itself could not is an error of
// the step, which lets the next one wait.
func (s *sender) notSent(ctx context.Context, r *run, o book.OrderState, t *attempt, answer error) error {
	why := cmp.Or(t.refused, answer)
	err := s.ledger.record(context.WithoutCancel(ctx), r, journal.NotReceived{
		ClientID: o.ClientID, Reason: "not sent: " + why.Error(), InFlight: o.InFlight,
	})
	if endsRun(why) || t.refused == nil {
		err = errors.Join(err, fmt.Errorf("engine: order %s not sent: %w", o.ClientID, why))
	}
	return err
}

// call submits, and tells the gate that it is over even where Submit panics.
func (s *sender) call(ctx context.Context, a trading.Approved, t *attempt) error {
	defer s.gate.end(t)
	limited, cancel := s.env.limited(ctx)
	defer cancel()
	gated := a.Gated(func(context.Context) error { return s.gate.begin(ctx, t) })
	if old, ok := s.replacedLeg(t.order); ok {
		defer s.gate.ask(old.ClientID) // What became of it the answer does not say.
		return s.env.cfg.Broker.(trading.Replacer).Replace(limited, old.Ref(), gated)
	}
	return s.env.cfg.Broker.Submit(limited, gated)
}

// replacedLeg is the leg that an order takes the place of, where the venue does that in one act.
func (s *sender) replacedLeg(o trading.Order) (old book.OrderState, ok bool) {
	if o.Leg == "" || s.env.replaces() != trading.Atomic {
		return old, false
	}
	now := s.env.now()
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	for _, other := range s.ledger.book.PendingOf(o.Symbol) {
		rests := other.Status == trading.StatusOpen && !other.CancelAsked
		if rests && other.Leg == o.Leg && s.ledger.book.Unwanted(other, now, nil) != "" {
			return other, true
		}
	}
	return old, false
}

// recordResult records what Submit returned, or SubmitPair of two. It does so although ctx may have ended meanwhile, unless
// another run has taken over: that one asks the Broker itself.
func (s *sender) recordResult(ctx context.Context, r *run, answer error, sent ...book.OrderState) error {
	ctx = context.WithoutCancel(ctx)
	if answer == nil {
		s.gate.noteAnswer("")
	} else {
		s.gate.noteAnswer(answer.Error())
	}
	switch {
	case answer == nil:
		if err := s.ledger.record(ctx, r, each(sent, acknowledged)...); err != nil {
			return err
		}
		for _, o := range sent {
			s.env.log.Info("Order submitted", orderAttrs(o, "signal_id", o.SignalID)...)
		}
		return nil
	case errors.Is(answer, trading.ErrRejected) && sent[0].Sends == 0:
		return s.reconciler.reject(ctx, r, answer.Error(), sent...)
	case errors.Is(answer, trading.ErrRejected):
		// This may be about the second sending only, while the first one was accepted. What the Broker has under
		// the client ID decides, and if that is nothing it is a refusal after all; see missing.
		for _, o := range sent {
			s.gate.noteReject(o.ClientID, answer.Error())
		}
	}
	for _, o := range sent {
		s.env.log.Warn("Order unknown", orderAttrs(o, "error", answer)...)
	}
	return s.ledger.record(ctx, r, each(sent, func(o book.OrderState) journal.Event {
		return journal.Unknown{ClientID: o.ClientID, Reason: answer.Error()}
	})...)
}

func acknowledged(o book.OrderState) journal.Event { return journal.Acknowledged{ClientID: o.ClientID} }

// each is what happens to each of some orders.
func each(orders []book.OrderState, event func(book.OrderState) journal.Event) (events []journal.Event) {
	for _, o := range orders {
		events = append(events, event(o))
	}
	return events
}

// cancelAll takes every cancel that was asked for to the Broker, and learns what became of the order. One that fails
// keeps back what opens something, and nothing else: a venue that cancels nothing for a while must be left all the same.
func (s *sender) cancelAll(ctx context.Context, r *run) error {
	r.notCanceled = nil
	canceler, ok := s.env.cfg.Broker.(trading.Canceler)
	if !ok {
		return nil
	}
	var all error
	canceled := make(map[string]bool)
	for _, o := range s.ledger.pendingWhere(func(o book.OrderState) bool {
		return o.CancelAsked && o.Status == trading.StatusOpen
	}) {
		health.Beat(ctx)
		if err := s.gate.mayCancel(ctx, r); err != nil {
			return errors.Join(all, fmt.Errorf("engine: order %s not canceled: %w", o.ClientID, err))
		}
		var err error
		if !canceled[book.MateID(o.ClientID)] { // else the venue has canceled it along
			limited, cancel := s.env.limited(ctx)
			err = canceler.Cancel(limited, o.Ref())
			cancel()
		}
		canceled[o.ClientID] = err == nil
		if err != nil && !errors.Is(err, trading.ErrUnknownOrder) {
			s.gate.ask(o.ClientID) // What became of it the answer does not say.
			r.notCanceled = errors.Join(r.notCanceled, fmt.Errorf("engine: cancel order %s: %w", o.ClientID, err))
			continue
		}
		_, err = s.reconciler.fetchOrder(ctx, r, o)
		all = errors.Join(all, err)
	}
	return all
}
