package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// fetchOrder asks the Broker about one order.
func (c *reconciler) fetchOrder(ctx context.Context, r *run, o book.OrderState) (stuck, err error) {
	health.Beat(ctx)
	asked := c.env.passed() // before the question: the answer is at least as young as this
	limited, cancel := c.env.limited(ctx)
	report, err := c.env.cfg.Broker.Order(limited, o.Ref())
	cancel()
	switch {
	case err == nil:
		return nil, c.settle(ctx, r, o, report)
	case errors.Is(err, trading.ErrUnknownOrder):
		return c.missing(ctx, r, o, asked)
	}
	return nil, c.ledger.markUnreconciled(r, fmt.Errorf("engine: ask the broker for order %s: %w", o.ClientID, err))
}

// settle records what the Broker says of an order. How much was filled is not taken from it: that comes with the fills,
// and until they are all there the order is not done.
func (c *reconciler) settle(ctx context.Context, r *run, asked book.OrderState, report trading.OrderReport) error {
	_, err := c.ledger.write(context.WithoutCancel(ctx), r, func(b *book.Book) (events []journal.Event, err error) {
		o, _ := b.Order(asked.ClientID)
		switch behind := o.Filled.LessThan(report.Filled); {
		case o.Status.Done():
			return nil, nil
		case behind && !c.isShort(o, report):
			c.noteBehind()
		default:
			if ended := ending(o, report); ended != nil {
				return []journal.Event{ended}, nil
			}
		}
		if o.Status == trading.StatusUnknown {
			events = append(events, journal.Acknowledged{ClientID: o.ClientID})
		}
		triggered := journal.Triggered{ClientID: o.ClientID}
		if report.Triggered && !report.Status.Done() && b.Check(triggered) == nil {
			events = append(events, triggered)
		}
		return events, nil
	})
	if err != nil {
		return err
	}
	now, _ := c.ledger.order(asked.ClientID)
	r.known.note(now, report)
	c.logOutcome(asked)
	return nil
}

// ending is the event by which an order ends of which all fills are there; nil where it has not ended, or by its fills.
func ending(o book.OrderState, report trading.OrderReport) journal.Event {
	//exhaustive:enforce
	switch report.Status {
	case trading.StatusRejected:
		if o.Filled.IsZero() {
			return journal.Rejected{ClientID: o.ClientID, Reason: report.Reason}
		}
		return journal.Canceled{ClientID: o.ClientID, Reason: report.Reason}
	case trading.StatusCanceled:
		return journal.Canceled{ClientID: o.ClientID, Reason: report.Reason}
	case trading.StatusExpired:
		return journal.Expired{ClientID: o.ClientID, Reason: report.Reason}
	case trading.StatusFilled:
		if o.Filled.IsPositive() && report.Filled.IsPositive() {
			return journal.Canceled{
				ClientID: o.ClientID, Complete: true,
				Reason: fmt.Sprintf("the broker counts it as filled with %s of %s", o.Filled, o.Quantity),
			}
		}
	case trading.StatusIntended, trading.StatusUnknown, trading.StatusOpen:
	}
	return nil
}

// feeAtMost is the largest part of what was filled, as its inverse, by which the fills of an order may stay behind its
// report for ever: some venues take a fee in coins out of the fill and count the order without it.
const feeAtMost = 100

// isShort reports whether an order is filled although its fills never add up to what the Broker counts. All of them were
// asked for, from as far back as there can be any.
func (c *reconciler) isShort(o book.OrderState, report trading.OrderReport) bool {
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	missing := report.Filled.Sub(o.Filled).Mul(decimal.NewFromInt(feeAtMost))
	return report.Status == trading.StatusFilled && c.lookBack >= book.MaxLookBack && !missing.GreaterThan(report.Filled)
}

func (c *reconciler) logOutcome(before book.OrderState) {
	now, _ := c.ledger.order(before.ClientID)
	if now.Status == before.Status {
		return
	}
	//exhaustive:enforce
	switch now.Status {
	case trading.StatusOpen:
		c.env.log.Info("Order found at the broker", "client_id", now.ClientID, "symbol", now.Symbol)
	case trading.StatusRejected, trading.StatusCanceled, trading.StatusExpired:
		level := slog.LevelWarn
		expected := view(c.ledger, func(b *book.Book) bool { return endedAsExpected(b, now) })
		if expected && now.Status == trading.StatusCanceled {
			level = slog.LevelInfo
		}
		c.env.log.Log(context.Background(), level, "Order ended by the broker", "client_id", now.ClientID,
			"symbol", now.Symbol, "status", now.Status, "filled", now.Filled, "reason", now.Reason)
	case trading.StatusIntended, trading.StatusUnknown, trading.StatusFilled: // The fills were logged.
	}
}

// missing deals with an order that was sent and that the Broker, asked when so much time had passed, did not have.
func (c *reconciler) missing(ctx context.Context, r *run, o book.OrderState, asked time.Duration) (stuck, err error) {
	retry := c.canRetry(o)
	switch wait, why := c.trustMissing(o, asked); {
	case retry && (wait || why != ""):
		c.env.log.Warn("Order was not received and is sent again", "client_id", o.ClientID, "symbol", o.Symbol)
		return nil, c.ledger.record(ctx, r, journal.NotReceived{
			ClientID: o.ClientID, Reason: "the broker does not have it yet", InFlight: true,
		})
	case wait:
		return nil, nil
	case why != "":
		stuck = fmt.Errorf("engine: order %s for %s needs a person: %s", o.ClientID, o.Symbol, why)
		if c.env.logOnce("stuck " + o.ClientID) {
			c.env.log.Error("Order needs a person", orderAttrs(o, "reason", why)...)
		}
		if o.Status == trading.StatusOpen {
			return stuck, c.ledger.record(ctx, r, journal.Unknown{ClientID: o.ClientID, Reason: why})
		}
		return stuck, nil
	}
	if reason, ok := c.gate.takeReject(o.ClientID); ok {
		return nil, c.reject(ctx, r, reason, o)
	}
	c.env.log.Warn("Order was not received and may be sent again", "client_id", o.ClientID, "symbol", o.Symbol)
	return nil, c.ledger.record(ctx, r, journal.NotReceived{ClientID: o.ClientID, Reason: "the broker does not have it"})
}

// canRetry reports whether an order may be sent again although an earlier sending may be under way: it is still wanted,
// and the Broker takes its client ID only once. One that it refused, for whatever it knew of then, is not.
func (c *reconciler) canRetry(o book.OrderState) bool {
	if !c.env.cfg.Broker.Traits().RefusesDuplicates || o.Acknowledged || c.gate.wasRefused(o.ClientID) || !c.canPair(o) {
		return false
	}
	_, err := c.gate.recheck(o, c.gate.blocked(o.Symbol))
	return err == nil
}

// trustMissing reports whether it can be believed that the Broker will never have the order: neither wait nor a reason
// against it.
//
// A Broker may get the request a moment after it was asked, so its longest flight is waited out first. It counts from
// when the request was begun or, if that was in a process that is gone, from when this one opened the Journal: the old
// one may have written the submission down long before it began, and its clock may have been another.
func (c *reconciler) trustMissing(o book.OrderState, asked time.Duration) (wait bool, reason string) {
	traits := c.env.cfg.Broker.Traits()
	since, inFlight := c.gate.newsOf(o.ClientID)
	switch {
	case o.Acknowledged: // Some venues answer questions from a copy that lags behind what they acknowledge.
		return asked-since < c.env.cfg.Timeout, "the broker had it and has forgotten it"
	case inFlight:
		return true, "" // The call has not even returned.
	case !traits.Remembered(o.Ref(), c.env.now()):
		return false, "it was made longer ago than the broker remembers"
	case traits.MaxFlight <= 0:
		return false, "the broker does not have it, and no bound is known for how long a request takes"
	}
	return asked-since < traits.MaxFlight, ""
}

// reject records that the Broker refused an order, or both of a pair.
func (c *reconciler) reject(ctx context.Context, r *run, reason string, refused ...book.OrderState) error {
	err := c.ledger.record(ctx, r, each(refused, func(o book.OrderState) journal.Event {
		return journal.Rejected{ClientID: o.ClientID, Reason: reason}
	})...)
	if err != nil {
		return err
	}
	for _, o := range refused {
		c.env.log.Warn("Order rejected", orderAttrs(o, "reason", reason)...)
	}
	return nil
}
