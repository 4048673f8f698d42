package engine

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/seed-5dee1c0a/vigil/health"
)

// ErrStopped says that the Engine was stopped for good.
var ErrStopped = errors.New("engine: the engine was stopped")

// errReplaced ends what a run that was given up still tries: another one has taken over.
var errReplaced = errors.New("engine: another run of this engine has taken over")

// run is one Serve, or the Steps between two of them. Only the current one may write or send.
type run struct {
	turn        chan struct{}               // held by the Step that runs: one at a time
	store       string                      // the signal store's identity, once asked; used with turn held
	logged      bool                        // the first reconciliation was logged; used with turn held
	known       knowledge                   // used with turn held
	raised      map[string]health.Condition // the conditions that hold, by key; used with turn held
	found       []problem                   // in the step that runs; used with turn held
	checked     checked                     // guarded by ledger.mu
	failures    failures                    // used with turn held
	unguarded   unguardedTimes              // used with turn held
	ended       bool                        // guarded by ledger.mu
	refusedPair atomic.Bool                 // the Broker has refused a pair: its stop is to rest alone

	notCanceled error // the cancels that failed in the step that runs; used with turn held

	began, configured bool // the settings are in the journal; used with turn held
}

func newRun() *run { return &run{turn: make(chan struct{}, 1)} }

// runs are the runs of an Engine, one after the other. They are part of the ledger and guarded by its mu.
type runs struct {
	current *run
	stopped bool // for good
}

// mayWrite says why a run may not write any more. A nil r is a person, who always may.
func (s *runs) mayWrite(r *run) error {
	switch {
	case r == nil || r == s.current:
		return nil
	case s.stopped:
		return ErrStopped
	}
	return errReplaced
}

// takeOver makes a new run the current one. From here on any other can neither write nor begin to send. A run that stops
// the Engine is the last one, but for others that do: there is no run for anybody else then.
func (l *ledger) takeOver(stop bool) *run {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.runs.stopped && !stop {
		return nil
	}
	l.runs = runs{current: newRun(), stopped: stop}
	l.reconciled = false
	return l.runs.current
}

// join returns the current run, or a new one where none is; nil where the Engine was stopped.
func (l *ledger) join() *run {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.runs.stopped:
		return nil
	case l.runs.current == nil || l.runs.current.ended:
		l.runs.current = newRun()
	}
	return l.runs.current
}

// end ends a run, and logs which orders it leaves behind.
func (l *ledger) end(r *run) {
	l.mu.Lock()
	r.ended = true
	current := r == l.runs.current
	open := len(l.book.Pending())
	l.mu.Unlock()
	switch {
	case !current:
		l.env.log.Warn("Trading engine run ended after another one took over")
	case open > 0:
		l.env.log.Warn("Trading engine stopped", "open_orders", open)
	default:
		l.env.log.Info("Trading engine stopped", "open_orders", 0)
	}
}

// markReconciled notes that the Broker and the book agree. It does not count where a run found so that was given up, or
// where a write has failed meanwhile.
func (l *ledger) markReconciled(r *run) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reconciled = l.loaded && r == l.runs.current
	switch {
	case r != l.runs.current:
		return errReplaced
	case !l.loaded:
		return errNotReconciled
	}
	return nil
}

// markUnreconciled notes that the Broker could not be asked: what happened meanwhile is to be looked into. That a run
// which was given up could not says nothing about the one that took over.
func (l *ledger) markUnreconciled(r *run, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r == l.runs.current {
		l.reconciled = false
	}
	return err
}

// mayActLocked says why a run may not begin anything at the Broker; mu is held.
func (l *ledger) mayActLocked(ctx context.Context, r *run) error {
	switch {
	case ctx.Err() != nil || r != l.runs.current || r.ended:
		return errRunEnded
	case !l.loaded || !l.reconciled:
		return errNotReconciled // Another goroutine's write failed: the next step reads the Journal and begins anew.
	}
	return nil
}
