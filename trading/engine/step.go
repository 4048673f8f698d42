package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Step does one round of the Engine's work and returns when it is done: it reads the Journal if it must, brings the
// book and the Broker together, opens the trading day, decides on the signals from the cursor on, sends what is to be
// sent and takes in the fills. It waits for nothing but its calls, so a replay that drives it from one goroutine gives
// the same result every time.
//
// An error says that the round could not be finished, or that an order needs a person; the next Step goes on where this
// one stopped. Only one Step runs at a time; the others wait for it.
func (e *Engine) Step(ctx context.Context) error {
	e.mu.Lock()
	if e.stopped {
		e.mu.Unlock()
		return ErrStopped
	}
	if e.run == nil || e.run.ended {
		e.run = newRun()
	}
	r := e.run
	e.mu.Unlock()
	stuck, err := e.step(ctx, r)
	if stuck == nil {
		return err
	}
	return errors.Join(stuck, err)
}

// step does a round for run r. stuck names the orders that need a person; they keep nothing else back.
func (e *Engine) step(ctx context.Context, r *run) (stuck, err error) {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	stuck, err = e.round(ctx, r)
	e.tellClock()
	e.mu.Lock()
	defer e.mu.Unlock()
	if r == e.run {
		e.lastErr = errors.Join(stuck, err)
	}
	return stuck, err
}

func (e *Engine) round(ctx context.Context, r *run) (stuck, err error) {
	if err := e.load(ctx, r); err != nil {
		return nil, err
	}
	if err := e.journalHalt(ctx, r); err != nil {
		return nil, err
	}
	if err := e.fetchFills(ctx, r); err != nil {
		return nil, err
	}
	stuck, err = e.resolve(ctx, r)
	e.widen()
	if err != nil {
		return stuck, err
	}
	for _, phase := range []func(context.Context, *run) error{
		e.reconcile, e.rollDay, e.follow, e.sweep, e.cancelAll, e.retry, e.guard, e.submitAll, e.fetchFills,
		e.guard, e.submitAll, // What has filled a moment ago is guarded at once.
	} {
		health.Beat(ctx)
		if err := phase(ctx, r); err != nil {
			return stuck, err
		}
	}
	return stuck, nil
}

// firstLookBack is how much further back fills are asked for when the first of them is missing.
const firstLookBack = time.Minute

// widen asks for fills from ever further back while the Broker reports more filled than its fills add up to: its clock
// may be far behind ours, so that a fill of now bears a time from before the order was made.
func (e *Engine) widen() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.behind {
		e.lookBack = min(max(2*e.lookBack, firstLookBack), book.MaxLookBack)
	} else {
		e.lookBack = 0
	}
	e.behind = false
}

// rollDay opens a new trading day, and halts when the day's loss has reached its limit.
func (e *Engine) rollDay(ctx context.Context, r *run) error {
	prices := e.prices()
	e.mu.Lock()
	equity, missing := e.book.Equity(prices)
	limit, limited := e.cfg.Risk.DailyLoss()
	if !limited {
		missing = nil
	}
	e.unvalued = missing
	opened := e.book.Day()
	e.mu.Unlock()
	if len(missing) > 0 {
		return nil // blockedLocked keeps anything from being opened meanwhile.
	}
	if day := e.today(); day > opened.Day {
		return e.record(ctx, r, journal.DayOpened{Day: day, Equity: equity})
	}
	if loss := opened.Equity.Sub(equity); limited && loss.GreaterThanOrEqual(limit) {
		return e.haltFor(ctx, r, fmt.Sprintf("daily loss: %s lost since %s, the limit is %s", loss, opened.Day, limit))
	}
	return nil
}

func (e *Engine) today() string { return e.now().In(e.cfg.Day).Format(time.DateOnly) }

// prices asks for the price of everything that is held. It returns what was said, so that the Pricer, who is not ours,
// is not called under the lock.
func (e *Engine) prices() book.PriceFunc {
	e.mu.Lock()
	positions := e.book.Positions()
	e.mu.Unlock()
	known := make(map[string]decimal.Decimal)
	for _, p := range positions {
		if p.Quantity.IsZero() {
			continue
		}
		if price, ok := e.price(p.Symbol); ok {
			known[p.Symbol] = price
		}
	}
	return func(symbol string) (decimal.Decimal, bool) {
		price, ok := known[symbol]
		return price, ok
	}
}

// journalHalt makes a halt durable that could not be journaled when it was asked for.
func (e *Engine) journalHalt(ctx context.Context, r *run) error {
	e.mu.Lock()
	reason := e.halting
	e.mu.Unlock()
	if reason == "" {
		return nil
	}
	if err := e.record(ctx, r, journal.Halted{Reason: reason}); err != nil {
		return err
	}
	e.mu.Lock()
	e.halting = ""
	e.mu.Unlock()
	return nil
}

// Halt stops everything that opens a position, at once and until a person calls Rearm, restarts or not. What reduces a
// position still passes. The halt holds from the moment of the call; an error says that it is not in the Journal yet,
// which the next Step tries again.
func (e *Engine) Halt(ctx context.Context, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return errors.New("engine: a halt needs a reason")
	}
	e.mu.Lock()
	e.halting = reason
	e.mu.Unlock()
	e.log.Warn("Trading halted", "reason", reason)
	return e.journalHalt(ctx, nil)
}

// Rearm lifts the halt; by says who did. The day's loss counts anew from what the account is worth now, or else a halt
// for the daily loss would stand again a moment later.
func (e *Engine) Rearm(ctx context.Context, by string) error {
	if strings.TrimSpace(by) == "" {
		return errors.New("engine: re-arming needs a name")
	}
	prices, today := e.prices(), e.today()
	_, err := e.write(ctx, nil, func(b *book.Book) ([]journal.Event, error) {
		if !b.Halted().Active() {
			return nil, nil
		}
		events := []journal.Event{journal.Rearmed{By: by}}
		if equity, missing := b.Equity(prices); len(missing) == 0 {
			// A day that is still to come is of a clock that was set back since.
			events = append(events, journal.DayOpened{Day: max(today, b.Day().Day), Equity: equity})
		}
		return events, nil
	})
	if err != nil {
		return err
	}
	e.mu.Lock()
	e.halting = ""
	e.mu.Unlock()
	e.log.Warn("Trading re-armed", "by", by)
	return nil
}

// SetReduceOnly lets only those orders pass that reduce a position, or all again. Unlike a halt it lasts as long as the
// Engine.
func (e *Engine) SetReduceOnly(on bool) {
	e.mu.Lock()
	e.reduceOnly = on
	e.mu.Unlock()
	e.log.Warn("Reduce only", "on", on)
}
