package generator

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/foreign"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// A cycle takes at most maxPages pages of a symbol; the rest waits for the next one, so that a long way to catch up
// does not hold the others up.
const (
	pageSize = 1000
	maxPages = 10
)

// task is what a worker works with. It has no lock: it belongs to the goroutine of the cycle that claimed the worker.
//
// A bar is checked and placed among its neighbours (bars.go, place.go) and fed to the strategies, and what they make of
// it waits in pending until the Store has it. Strategies begin in warmup.go, with what state.go has kept of them.
type task struct {
	cfg    *Config
	ports  *ports
	symbol string

	// Of the present claim.
	now         time.Time // the time that the cycle was given
	set         *settings
	calling     ErrorKind // whose code was entered last, so that a panic can be told
	at          *runner   // which strategy's, if it was one's
	writesState bool      // it writes down its state
	work        work      // what was done so far

	// From claim to claim.
	since       time.Time       // the first cycle; where nothing is stored yet, signals begin here
	runners     []*runner       // nil: like after a restart
	notPrepared bool            // those that are not aside are to be warmed up
	loading     bool            // they are on their way through history
	history     int             // how many bars that takes
	trusted     bool            // a claim has found that clock and bars agree
	dirty       bool            // the strategies know more than their States
	after       time.Time       // open of the newest bar that the strategies have seen
	nextOpen    time.Time       // end of that bar, where it is among the recent ones: a later open leaves a gap
	newest      time.Time       // end of the newest bar ever taken; zero for none
	pending     []signal.Signal // made and not stored
	refused     int             // appends in a row that met ErrConflict
	conflict    error           // what the last of them said
	recent      recent          // the newest bars seen
	gap         time.Time       // the bar before the newest gap
	gapAsks     int             // in how many more cycles it is asked for again
	whole       time.Time       // up to when the Source has said that nothing is missing
	missing     int             // how many bars are, before the one that is taken now
	spaces      spaces          // how many were, before the newest ones
	flat        int             // how many bars up to the newest have one and the same price
	flatAt      float64         // that price
	odd         oddTimes        // what the Source answered beside what was asked for
	overlaps    time.Time       // the newest bar that was left out because it overlaps another
}

// work is what one claim of a worker did.
type work struct {
	bars       int
	refused    int // bars that cannot be
	signals    int
	conflicts  int
	notEmitted NotEmitted
	faults     DataFaults
	current    bool   // no newer bar can exist yet
	closed     bool   // the market is
	lastFailed bool   // a strategy's last word was an error
	future     bool   // a bar closes later than the clock says it is
	err        *Error // the first one
}

// upToDate reports whether the symbol has what there is to have.
func (w *work) upToDate() bool {
	return w.err == nil && !w.lastFailed && w.conflicts == 0 && (w.bars > 0 || w.current || w.closed)
}

// forget makes the task begin like after a restart.
func (t *task) forget() { t.runners = nil }

// begin makes the task ready for a claim.
func (t *task) begin(now, since time.Time, set *settings) {
	t.now, t.since, t.set, t.work = now, since, set, work{}
	if t.runners == nil {
		t.runners, t.notPrepared = t.newRunners(), true
	}
	t.loading = t.loading || t.notPrepared
	for _, r := range t.runners {
		r.step(inClaimed)
	}
}

// fail keeps the claim's first error.
func (t *task) fail(err *Error) {
	if t.work.err == nil {
		t.work.err = err
	}
}

func (t *task) errorf(kind ErrorKind, format string, args ...any) *Error {
	return &Error{Symbol: t.symbol, Kind: kind, Err: fmt.Errorf(format, args...)}
}

// broken books what has torn the claim apart, and reports whether it may go on. A strategy that was torn out of a bar is
// not to be trusted any more; a panic of the Source or the Store leaves them as they are.
func (t *task) broken(err error) (goOn bool) {
	if t.work.err == nil || t.work.err.Stack == "" {
		t.work.err = &Error{Symbol: t.symbol, Kind: t.calling, Err: err, Stack: foreign.Stack(err)}
	}
	return t.runnerFailed()
}

// rebuild has the strategies made anew, from history and without their States.
func (t *task) rebuild() {
	t.notPrepared = true
	for _, r := range t.runners {
		r.step(inIgnored)
	}
}

// advance takes the task up to now. Whatever it leaves undone when it fails or ctx ends, the next call finds the task
// in order: a bar counts as seen once all strategies have seen it, and a signal stays pending until it is stored.
func (t *task) advance(ctx context.Context) {
	t.work.closed = !t.open(t.now)
	if err := t.store(ctx); err != nil {
		t.fail(err)
		return // what is old goes first, or the Store would not have the signals in order
	}
	from := t.askFrom()
	for range maxPages {
		if t.notPrepared {
			if err := t.warmUp(ctx); err != nil {
				t.fail(err)
				return
			}
			from = t.after
		}
		more, err := t.page(ctx, from)
		if err != nil {
			t.fail(err)
			return
		}
		if !more {
			t.loading = t.loading && (ctx.Err() != nil || t.runners == nil)
			break
		}
		from = t.after
	}
	t.catchUp(ctx)
	t.fail(t.save(ctx))
	t.fail(t.live(ctx))
	t.checkDue()
}

// page takes one page of bars by way of the strategies to the Store, and reports whether there may be another.
func (t *task) page(ctx context.Context, from time.Time) (more bool, err *Error) {
	bars, err := t.fetch(ctx, from)
	if err != nil {
		return false, err
	}
	before := t.after
	t.take(ctx, bars, from)
	if t.work.future && !t.trusted {
		t.pending = nil // a clock that was never right makes no signals; nothing is lost, the next claim begins anew
		t.forget()
		return false, nil
	}
	if err := t.store(ctx); err != nil {
		return false, err
	}
	return ctx.Err() == nil && (t.notPrepared || len(bars) >= pageSize && !t.after.Equal(before)), nil
}

// checkDue books whether a newer bar is due than the newest one taken.
func (t *task) checkDue() {
	w := &t.work
	known := t.known()
	w.current = !known.IsZero() && known.Add(t.cfg.Interval).Add(t.slack()).After(t.now)
	if ahead := t.newest.Sub(t.by()); ahead > t.cfg.MaxSkew { // no bar was ahead when it was taken: the Clock went back
		t.fail(t.errorf(KindClock, "the newest bar closes %s ahead of the clock", ahead))
	}
	if err := t.ahead(); err != nil {
		t.fail(t.errorf(KindClock, "%w", err))
	}
	if t.refused >= maxRefused {
		t.fail(t.errorf(KindStore, "the last %d appends met other signals of the same ID and brought nothing: "+
			"is another Generator at work on these streams? %w", t.refused, t.conflict))
	}
	w.lastFailed, t.trusted = t.lastFailed(), t.trusted || t.sane()
	if w.err == nil && w.bars == 0 && !w.current && !w.closed {
		w.notEmitted.NoData++
	}
}

func (t *task) fetch(ctx context.Context, after time.Time) ([]signal.Bar, *Error) {
	batch, err := t.ports.source.enter(t).Bars(ctx, t.symbol, after, pageSize)
	if err == nil {
		err = ctx.Err() // what comes too late is asked for again
	}
	if err != nil {
		return nil, t.sourceError(after, err)
	}
	t.setComplete(batch.Complete)
	return batch.Bars, nil
}

func (t *task) sourceError(after time.Time, err error) *Error {
	return t.errorf(KindSource, "bars after %s: %w", stamp(after), err)
}
