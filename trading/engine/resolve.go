package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// resolve asks the Broker about every order that was sent and is not done. stuck names those that only a person can
// decide on; err says that the Broker or the Journal did not answer.
func (e *Engine) resolve(ctx context.Context, r *run) (stuck, err error) {
	e.mu.Lock()
	pending := e.book.Pending()
	e.mu.Unlock()
	for _, o := range pending {
		if o.Status == trading.StatusIntended {
			continue
		}
		left, err := e.learn(ctx, r, o)
		stuck = errors.Join(stuck, left)
		if err != nil {
			return stuck, err
		}
	}
	return stuck, nil
}

// learn asks the Broker about one order.
func (e *Engine) learn(ctx context.Context, r *run, o book.OrderState) (stuck, err error) {
	health.Beat(ctx)
	asked := e.passed() // before the question: the answer is at least as young as this
	limited, cancel := e.limited(ctx)
	report, err := e.cfg.Broker.Order(limited, o.Ref())
	cancel()
	switch {
	case err == nil:
		return nil, e.settle(ctx, r, o, report)
	case errors.Is(err, trading.ErrUnknownOrder):
		return e.missing(ctx, r, o, asked)
	}
	return nil, e.doubt(r, fmt.Errorf("engine: ask the broker for order %s: %w", o.ClientID, err))
}

// settle records what the Broker says of an order. How much was filled is not taken from it: that comes with the fills,
// and until they are all there the order is not done.
func (e *Engine) settle(ctx context.Context, r *run, asked book.OrderState, report trading.OrderReport) error {
	ctx = context.WithoutCancel(ctx)
	_, err := e.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
		o, _ := b.Order(asked.ClientID)
		if o.Status.Done() {
			return nil, nil
		}
		if o.Filled.LessThan(report.Filled) {
			e.noteBehind()
			return nil, nil
		}
		switch {
		case report.Status == trading.StatusRejected && o.Filled.IsZero():
			return []journal.Event{journal.Rejected{ClientID: o.ClientID, Reason: report.Reason}}, nil
		case report.Status == trading.StatusExpired:
			return []journal.Event{journal.Expired{ClientID: o.ClientID, Reason: report.Reason}}, nil
		case report.Status == trading.StatusRejected, report.Status == trading.StatusCancelled:
			return []journal.Event{journal.Cancelled{ClientID: o.ClientID, Reason: report.Reason}}, nil
		}
		return nil, nil
	})
	if err != nil {
		return err
	}
	_, err = e.write(ctx, r, func(b *book.Book) (events []journal.Event, err error) {
		o, _ := b.Order(asked.ClientID)
		if o.Status == trading.StatusUnknown {
			events = append(events, journal.Acknowledged{ClientID: o.ClientID})
		}
		if reached := (journal.Triggered{ClientID: o.ClientID}); report.Triggered && !report.Status.Done() && b.Check(reached) == nil {
			events = append(events, reached)
		}
		return events, nil
	})
	e.tellFate(asked)
	return err
}

// noteBehind remembers that fills are missing which the Broker has.
func (e *Engine) noteBehind() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.behind = true
}

func (e *Engine) tellFate(before book.OrderState) {
	e.mu.Lock()
	now, _ := e.book.Order(before.ClientID)
	e.mu.Unlock()
	if now.Status == before.Status {
		return
	}
	switch now.Status {
	case trading.StatusOpen:
		e.log.Info("Order found at the broker", "client_id", now.ClientID, "symbol", now.Symbol)
	case trading.StatusRejected, trading.StatusCancelled, trading.StatusExpired:
		level := slog.LevelWarn
		if now.CancelAsked && now.Status == trading.StatusCancelled { // by us
			level = slog.LevelInfo
		}
		e.log.Log(context.Background(), level, "Order ended by the broker", "client_id", now.ClientID,
			"symbol", now.Symbol, "status", now.Status, "filled", now.Filled, "reason", now.Reason)
	}
}

// missing deals with an order that was sent and that the Broker, asked when so much time had passed, did not have.
func (e *Engine) missing(ctx context.Context, r *run, o book.OrderState, asked time.Duration) (stuck, err error) {
	resend := e.resendable(o)
	switch wait, why := e.mayBelieve(o, asked); {
	case resend && (wait || why != ""):
		e.log.Warn("Order was not received and is sent again", "client_id", o.ClientID, "symbol", o.Symbol)
		return nil, e.record(ctx, r, journal.NotReceived{ClientID: o.ClientID, Reason: "the broker does not have it yet", InFlight: true})
	case wait:
		return nil, nil
	case why != "":
		stuck = fmt.Errorf("engine: order %s for %s needs a person: %s", o.ClientID, o.Symbol, why)
		if e.sayOnce("stuck " + o.ClientID) {
			e.log.Error("Order needs a person", told(o, "reason", why)...)
		}
		if o.Status == trading.StatusOpen {
			return stuck, e.record(ctx, r, journal.Unknown{ClientID: o.ClientID, Reason: why})
		}
		return stuck, nil
	}
	if reason, ok := e.takeRefusal(o.ClientID); ok {
		return nil, e.reject(ctx, r, o, reason)
	}
	e.log.Warn("Order was not received and may be sent again", "client_id", o.ClientID, "symbol", o.Symbol)
	return nil, e.record(ctx, r, journal.NotReceived{ClientID: o.ClientID, Reason: "the broker does not have it", InFlight: false})
}

// resendable tells whether an order may be sent again although an earlier sending may be under way: it is still wanted,
// and the Broker takes its client ID only once. One that it refused, for whatever it knew of then, is not.
func (e *Engine) resendable(o book.OrderState) bool {
	if !e.cfg.Broker.Traits().RefusesDuplicates || o.Acknowledged {
		return false
	}
	opening := e.blocked(o.Symbol)
	e.mu.Lock()
	_, refused := e.refusals[o.ClientID]
	e.mu.Unlock()
	if refused {
		return false
	}
	_, err := e.holds(o, opening)
	return err == nil
}

// mayBelieve tells whether it can be believed that the Broker will never have the order: neither wait nor a reason
// against it.
//
// A Broker may get the request a moment after it was asked, so its longest flight is waited out first. It counts from
// when the request was begun or, if that was in a process that is gone, from when this one opened the Journal: the old
// one may have written the submission down long before it began, and its clock may have been another.
func (e *Engine) mayBelieve(o book.OrderState, asked time.Duration) (wait bool, against string) {
	traits := e.cfg.Broker.Traits()
	e.mu.Lock()
	defer e.mu.Unlock()
	since, ours := e.heard[o.ClientID]
	if !ours {
		since = e.openedAt
	}
	switch {
	case o.Acknowledged: // Some venues answer questions from a copy that lags behind what they acknowledge.
		return asked-since < e.cfg.Timeout, "the broker had it and has forgotten it"
	case e.flying[o.ClientID] > 0:
		return true, "" // The call has not even returned.
	case traits.MaxFlight <= 0:
		return false, "the broker does not have it, and no bound is known for how long a request takes"
	}
	return asked-since < traits.MaxFlight, ""
}

func (e *Engine) takeRefusal(clientID string) (reason string, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	reason, ok = e.refusals[clientID]
	delete(e.refusals, clientID)
	return reason, ok
}
