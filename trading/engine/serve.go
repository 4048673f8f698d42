package engine

import (
	"context"
	"errors"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// maxRest bounds the pause after steps that failed one after the other.
const maxRest = 30 * time.Second

// Serve steps until ctx ends: when there is a new signal, when the Broker has news, and at least every Poll. A step
// that failed, because a database is locked or a Broker is down, is observed by health, logged, and tried again after
// a pause that doubles up to 30 s.
//
// It returns ctx's error, or what trying again cannot mend: an *OtherStoreError, a *EntryError, ErrTakenOver,
// ErrStopped, or that another Serve has begun. In that last case this run was given up, perhaps while it hung in a call:
// it cannot begin a submission or a cancel any more, what it still learns is dropped, and the fate of its order is found
// out by the run that took over.
func (e *Engine) Serve(ctx context.Context) error {
	r := e.takeOver(false)
	if r == nil {
		return ErrStopped
	}
	e.log.Info("STARTING LIVE TRADING ENGINE", "instruments", len(e.instruments), "auto_execute", e.cfg.AutoExecute)
	defer e.fence(r)
	failures := 0
	var tick <-chan time.Time
	for {
		wake := e.subscribe()
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
			e.log.Warn("Trading step failed", "error", err, "failures", failures)
		} else {
			failures = 0
		}
		if tick == nil {
			tick = e.cfg.Clock.After(rest(e.cfg.Poll, failures))
		}
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

// takeOver makes a new run the current one. From here on any other can neither write nor begin to send. A run that stops
// the Engine is the last one, but for others that do: there is no run for anybody else then.
func (e *Engine) takeOver(stop bool) *run {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped && !stop {
		return nil
	}
	e.stopped = stop
	e.run = newRun()
	e.reconciled = false
	return e.run
}

// fence ends a run, and tells which orders it leaves behind.
func (e *Engine) fence(r *run) {
	e.mu.Lock()
	r.ended = true
	current := r == e.run
	open := len(e.book.Pending())
	e.mu.Unlock()
	switch {
	case !current:
		e.log.Warn("Trading engine run ended after another one took over")
	case open > 0:
		e.log.Warn("Trading engine stopped", "open_orders", open)
	default:
		e.log.Info("Trading engine stopped", "open_orders", 0)
	}
}

// final tells whether trying again is of no use.
func final(err error) bool {
	var store *OtherStoreError
	var j *book.EntryError
	return errors.As(err, &store) || errors.As(err, &j) || errors.Is(err, errReplaced) ||
		errors.Is(err, journal.ErrTakenOver) || errors.Is(err, ErrStopped)
}

// rest is how long to wait after a step, where so many before it failed.
func rest(poll time.Duration, failures int) time.Duration {
	if failures == 0 {
		return poll
	}
	return max(poll, min(poll<<min(failures-1, 10), maxRest))
}

// alarms are what wakes Serve before its time; nil channels never do.
type alarms struct {
	signals, broker <-chan struct{}
}

// subscribe asks for the alarms. It must be called before what they are about is read, or news could be missed.
func (e *Engine) subscribe() alarms {
	var a alarms
	if n, ok := e.cfg.Signals.(signal.Notifier); ok {
		a.signals = n.Appended()
	}
	if u, ok := e.cfg.Broker.(trading.Updater); ok {
		a.broker = u.Updated()
	}
	return a
}
