package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// maxBackoff bounds the pause after steps that failed one after the other.
const maxBackoff = 30 * time.Second

// shortBackoff bounds it while a position may lack its stop-loss.
const shortBackoff = 5 * time.Second

// Serve steps until ctx ends: when there is a new signal, when the Broker has news, and at least every Poll. A step
// that failed, because a database is locked or a Broker is down, is observed by health, logged, and tried again after
// a pause that doubles up to 30 s, and to 5 s while a position may lack its stop-loss.
//
// It returns ctx's error, or what trying again cannot mend: an *OtherStoreError, a *EntryError, ErrTakenOver,
// ErrStopped, or that another Serve has begun. In that last case this run was given up, perhaps while it hung in a call:
// it cannot begin a submission or a cancel any more, what it still learns is dropped, and the fate of its order is found
// out by the run that took over.
func (e *Engine) Serve(ctx context.Context) error {
	r := e.ledger.takeOver(false)
	if r == nil {
		return ErrStopped
	}
	e.env.log.Info("Trading engine starting", "instruments", len(e.env.instruments), "auto_execute", e.env.cfg.AutoExecute)
	defer e.ledger.end(r)
	failures := 0
	var tick <-chan time.Time
	var until time.Time // the tick
	for {
		wake := e.env.subscribe()
		stuck, err := e.step(ctx, r)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if final(err) {
			return err
		}
		health.Observe(ctx, errors.Join(stuck, err))
		if err != nil {
			failures++
			wake, tick = alarms{}, nil // A Broker that is down is not asked more often for being talked about.
			e.env.log.Warn("Trading step failed", "error", err, "failures", failures)
		} else {
			failures = 0
		}
		if tick == nil {
			pause := e.pause(failures)
			tick, until = e.env.cfg.Clock.After(pause), e.env.cfg.Clock.Now().Add(pause)
		}
		health.Idle(ctx, until) // A pause that is planned is no hang, however long.
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick:
			tick = nil
		case <-wake.signals:
		case <-wake.broker:
		}
	}
}

// Step does one round of the Engine's work and returns when it is done: it reads the Journal if it must, brings the
// book and the Broker together, opens the trading day, decides on the signals from the cursor on, sends what is to be
// sent and takes in the fills. It waits for nothing but its calls, so a replay that drives it from one goroutine gives
// the same result every time.
//
// An error says that the round could not be finished, or that an order needs a person; the next Step goes on where this
// one stopped. Only one Step runs at a time; the others wait for it.
func (e *Engine) Step(ctx context.Context) error {
	r := e.ledger.join()
	if r == nil {
		return ErrStopped
	}
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
	if more := e.conditions.look(ctx, r, stuck, err); more != nil {
		stuck = errors.Join(stuck, more)
	}
	if r.logged { // After what holds has been raised: what an earlier run has raised, and this one not, is then gone.
		health.Ready(ctx)
	}
	e.env.logClock()
	e.ledger.mu.Lock()
	defer e.ledger.mu.Unlock()
	if r == e.ledger.runs.current {
		e.lastErr = errors.Join(stuck, err)
	}
	return stuck, err
}

// phase is a part of a round.
type phase func(context.Context, *run) error

// round is what the Engine does again and again: it settles what has happened, decides on what is new, and acts on it.
func (e *Engine) round(ctx context.Context, r *run) (stuck, err error) {
	if stuck, err = e.settle(ctx, r); err != nil {
		return stuck, err
	}
	if err := e.decide(ctx, r); err != nil {
		return stuck, err
	}
	err = e.act(ctx, r)
	return stuck, errors.Join(r.notCanceled, err)
}

// settle brings the journal, the book and the Broker together.
func (e *Engine) settle(ctx context.Context, r *run) (stuck, err error) {
	for _, p := range []phase{e.ledger.load, e.configurer.begin, e.days.close, e.reconciler.mustResume, e.gate.journalHalt} {
		if err := p(ctx, r); err != nil {
			return nil, err
		}
	}
	if stuck, err = e.reconciler.catchUp(ctx, r); err != nil {
		return stuck, err
	}
	return stuck, inTurn(ctx, r, e.reconciler.compare)
}

// decide turns signals into targets and intents. What is not wanted any more is canceled before it is replaced.
func (e *Engine) decide(ctx context.Context, r *run) error {
	return inTurn(ctx, r, e.configurer.change, e.days.openDay, e.follower.follow, e.follower.unblock,
		e.watchdog.watch, e.watchdog.closeUnguarded, e.watchdog.closeDelisted, e.adjust, e.follower.unfilled,
		e.follower.sweep, e.sender.cancelAll, e.sender.cancelForeign, e.follower.retry, e.follower.anchor, e.follower.guard)
}

// act sends the intents, and guards at once what has filled a moment ago.
func (e *Engine) act(ctx context.Context, r *run) error {
	return inTurn(ctx, r, e.sender.submitAll, e.reconciler.fetchSent, e.follower.anchor, e.follower.guard,
		e.sender.submitAll, e.guardAlone)
}

// inTurn does one phase after the other, up to the first that fails.
func inTurn(ctx context.Context, r *run, sequence ...phase) error {
	for _, p := range sequence {
		health.Beat(ctx)
		if err := p(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// final reports whether trying again is of no use.
func final(err error) bool {
	var store *OtherStoreError
	var j *book.EntryError
	return errors.As(err, &store) || errors.As(err, &j) || errors.Is(err, errReplaced) ||
		errors.Is(err, journal.ErrTakenOver) || errors.Is(err, ErrStopped)
}

// pause is how long to wait after a step, where so many before it failed.
func (e *Engine) pause(failures int) time.Duration {
	pause := backoff(e.env.cfg.Poll, failures)
	if pause > max(e.env.cfg.Poll, shortBackoff) && view(e.ledger, e.env.mayMissStop) {
		return max(e.env.cfg.Poll, shortBackoff)
	}
	return pause
}

// mayMissStop reports whether a position lacks its stop-loss at the Broker, or may be there unknown to us, as an order that
// opens may have filled.
func (e *env) mayMissStop(b *book.Book) bool {
	for h := range b.Holdings() {
		if !e.unguardedQuantity(b, h).IsZero() {
			return true
		}
	}
	return slices.ContainsFunc(b.Pending(), func(o book.OrderState) bool {
		return !o.ReduceOnly && o.Status != trading.StatusIntended
	})
}

// backoff is how long to wait after a step, where so many before it failed.
func backoff(poll time.Duration, failures int) time.Duration {
	if failures == 0 {
		return poll
	}
	return max(poll, min(poll<<min(failures-1, 10), maxBackoff))
}
