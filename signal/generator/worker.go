package generator

import (
	"fmt"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// worker takes one symbol through the Generator, for one cycle at a time. A cycle claims it, and gets its task; the
// account can be read meanwhile, whatever the task is hanging in.
type worker struct {
	cfg    *Config
	symbol string
	task   task // owned by whoever has claimed the worker

	mu      sync.Mutex // guards account
	account account
}

// account is what everybody may know of a worker.
type account struct {
	busy      bool      // claimed
	gone      bool      // let go: nobody claims it any more
	claimed   time.Time // since when, on the Clock
	turn      int       // how often it was claimed
	left      bool      // the cycle that claimed it has gone on without it
	mustReset bool      // it was taken out: the next claim begins like after a restart
	since     time.Time // the first cycle
	last      time.Time // the last one
	shut      time.Time // the last cycle that found its market closed
	closed    bool      // the last turn found it closed
	spent     bool      // it ran out of time when it was tried last
	noted     noted     // what holds
	reported  noted     // what health says of it
	known     time.Time // up to when all bars are known
	slack     time.Duration
	failed    errorRun
	status    SymbolStatus
}

func newWorker(cfg *Config, ports *ports, symbol string) *worker {
	return &worker{cfg: cfg, symbol: symbol, task: task{cfg: cfg, ports: ports, symbol: symbol}}
}

// reset makes the next claim begin like after a restart.
func (w *worker) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.account.mustReset = true
}

// close ends the worker, unless it is busy, and returns what it did.
func (w *worker) close() (did SymbolStatus, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.account.gone = !w.account.busy
	return w.account.status, w.account.gone
}

// due reports whether a cycle that was woken by one bar should take the worker along.
func (w *worker) due(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := &w.account
	last := a.status.LastBar
	return !a.busy && a.failed.errors == 0 && (last.IsZero() || !last.Add(2*w.cfg.Interval).After(now))
}

// claim takes the worker for one cycle and hands out its task, or says since when it has not come back from an earlier
// one. The turn is the claim's number. There is no task of a worker that was let go.
func (w *worker) claim(now, clock time.Time, set *settings) (t *task, turn int, busy *Error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := &w.account
	switch {
	case a.gone:
		return nil, 0, nil
	case a.busy:
		return nil, 0, w.leftBehind(fmt.Errorf("%w yet after %s", foreign.ErrNotBack, clock.Sub(a.claimed)))
	}
	a.busy, a.claimed = true, clock
	if a.mustReset {
		a.mustReset, a.since = false, time.Time{}
		w.task.forget()
	}
	if !w.task.trusted && !a.since.IsZero() && (now.Before(a.since) || now.Sub(a.last) > w.maxJump(set)) {
		a.since = time.Time{} // the clock was wrong when it was read first, and nothing has begun yet
		w.task.forget()
	}
	if a.since.IsZero() {
		a.since = now
	}
	a.last = now
	a.turn++
	w.task.begin(now, a.since, set)
	a.status.Loading, a.noted[noteLoading] = w.task.loading, w.task.loading
	return &w.task, a.turn, nil
}

// maxJump is how far the time may jump from one cycle to the next while it is not known to be right.
func (w *worker) maxJump(set *settings) time.Duration {
	return max(span(max(w.task.history, historyPerWarmup), w.cfg.Interval), 2*set.cycle)
}

// setTimedOut books whether the worker ran out of time. It reports whether health is to say something else of it.
func (w *worker) setTimedOut(spent bool) (news bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := &w.account
	a.spent = spent
	return a.noted != a.reported
}

// slow reports whether the worker ran out of time when it was tried last, and when that was.
func (w *worker) slow() (spent bool, tried time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.account.spent, w.account.last
}

// closed reports whether the worker's market was closed when it was tried last.
func (w *worker) closed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.account.closed
}

// leave gives the worker up, still claimed, or returns nil where it has come back from that turn after all.
func (w *worker) leave(turn int, timeout time.Duration) *Error {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := &w.account
	if !a.busy || a.turn != turn { // another run may have claimed it since
		return nil
	}
	a.left = true
	a.status.LeftBehind++
	a.status.BusySince = a.claimed.UTC()
	return w.leftBehind(fmt.Errorf("%w within %s", foreign.ErrNotBack, timeout))
}

func (w *worker) leftBehind(err error) *Error {
	return &Error{Symbol: w.symbol, Kind: KindLeftBehind, Err: err}
}

// release takes the task back, books what it did, and reports whether it was left behind meanwhile.
func (w *worker) release(t *task) (late bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a, did := &w.account, &t.work
	late, a.busy, a.left = a.left, false, false
	a.closed, a.noted, a.known, a.slack = did.closed, t.noted(), t.known(), t.slack()
	s := &a.status
	s.BusySince = time.Time{}
	s.Loading, s.Flat = t.loading, t.flat
	s.Bars += did.bars
	s.Refused += did.refused
	s.Signals += did.signals
	s.Conflicts += did.conflicts
	s.NotEmitted.add(did.notEmitted)
	s.Faults.add(did.faults)
	s.Pending = len(t.pending)
	if !t.newest.IsZero() {
		s.LastBar = t.newest.Add(-w.cfg.Interval)
	}
	return late
}

func (w *worker) failed(at time.Time, err *Error) (run errorRun, warn bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := &w.account
	warn = a.failed.fail(at)
	a.status.Errors++
	a.status.LastError, a.status.LastErrorAt = err, at.UTC()
	return a.failed, warn
}

func (w *worker) succeeded(at time.Time) (ended errorRun) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.account.status.LastSuccess = at.UTC()
	return w.account.failed.end()
}

// age books how old the newest bar is. It returns whether what is known is too old for the symbol to be up to date, and whether
// this turn has made its data stale, or current again. Data is stale only once it has had MaxAge to come: since the
// first cycle, and since its market opened.
func (w *worker) age(now time.Time, set *settings, closed bool) (old, changed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := &w.account
	if closed {
		a.shut = now
	}
	s := &a.status
	limit := set.maxAge + a.slack
	if !s.LastBar.IsZero() {
		s.DataAge = max(now.Sub(s.LastBar.Add(w.cfg.Interval)), 0)
	}
	if !a.known.IsZero() {
		old = now.Sub(a.known) > limit && !closed
	}
	was := s.Stale
	s.Stale = now.Sub(later(a.known, later(a.since, a.shut))) > limit
	return old, was != s.Stale
}

// snapshot returns a copy of the symbol's status.
func (w *worker) snapshot() SymbolStatus {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.account.status
	s.Symbol = w.symbol
	s.ErrorRun = w.account.failed.errors
	return s
}
