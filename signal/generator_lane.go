package signal

import (
	"fmt"
	"sync"
	"time"
)

// lane is one symbol's way through the Generator. Whoever has claimed it owns what it works with; the rest is for
// everybody who holds its lock.
type lane struct {
	cfg    *GeneratorConfig
	index  int
	symbol string

	// Owned by the claim.
	doing   ErrorKind   // whose code is being called, so that a panic can be told
	since   time.Time   // the first cycle; where nothing is stored yet, signals begin here
	begin   []time.Time // by strategy: only signals of bars that open later are emitted; nil: not read yet
	runners []*runner   // nil: to be warmed up
	after   time.Time   // open of the newest bar that the strategies have seen
	newest  time.Time   // end of the newest bar ever taken; zero for none
	pending []Signal    // made and not stored
	torn    bool        // in the midst of a bar: some strategies have seen it

	mu      sync.Mutex // guards all below
	busy    bool       // claimed
	claimed time.Time  // since when, on the Clock
	turn    int        // how often it was claimed
	left    bool       // the cycle that claimed it has gone on without it
	failing errorRun
	status  SymbolStatus
}

// work is what one claim of a lane did.
type work struct {
	bars       int
	refused    int // bars that cannot be
	signals    int
	conflicts  int
	notEmitted NotEmitted
	current    bool   // no newer bar can exist yet
	closed     bool   // the market is
	err        *Error // the first one
}

// upToDate tells whether the symbol has what there is to have.
func (w *work) upToDate() bool { return w.err == nil && (w.bars > 0 || w.current || w.closed) }

func (w *work) fail(err *Error) {
	if w.err == nil {
		w.err = err
	}
}

// claim takes the lane for one cycle, or says since when it has not come back from an earlier one.
func (l *lane) claim(now, clock time.Time) (turn int, busy *Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy {
		return 0, l.leftBehind(fmt.Errorf("not back yet after %s", clock.Sub(l.claimed)))
	}
	l.busy, l.claimed = true, clock
	if l.since.IsZero() {
		l.since = now
	}
	l.turn++
	return l.turn, nil
}

// leave gives the lane up, still claimed, or returns nil where it has come back from that turn after all.
func (l *lane) leave(turn int, timeout time.Duration) *Error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.busy || l.turn != turn { // another run may have claimed it since
		return nil
	}
	l.left = true
	l.status.LeftBehind++
	l.status.BusySince = l.claimed.UTC()
	return l.leftBehind(fmt.Errorf("not back within %s", timeout))
}

func (l *lane) leftBehind(err error) *Error {
	return &Error{Symbol: l.symbol, Kind: KindLeftBehind, Err: err}
}

// release ends the claim, books what it did, and tells whether it was left behind meanwhile.
func (l *lane) release(w *work) (late bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	late, l.busy, l.left = l.left, false, false
	s := &l.status
	s.BusySince = time.Time{}
	s.Bars += w.bars
	s.Refused += w.refused
	s.Signals += w.signals
	s.Conflicts += w.conflicts
	s.NotEmitted.add(w.notEmitted)
	s.Unstored = len(l.pending)
	if !l.newest.IsZero() {
		s.LastBar = l.newest.Add(-l.cfg.Interval)
	}
	return late
}

// broken makes an Error of what ended the goroutine that had claimed the lane. Strategies that were torn out of a bar
// are not to be trusted any more; a panic of the Source or the Store leaves them as they are.
func (l *lane) broken(recovered any) *Error {
	if l.torn {
		l.runners, l.torn = nil, false
	}
	return escaped(l.symbol, l.doing, recovered)
}

func (l *lane) failed(at time.Time, err *Error) (run errorRun, warn bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	warn = l.failing.fail(at)
	l.status.Errors++
	l.status.LastError, l.status.LastErrorAt = err, at.UTC()
	return l.failing, warn
}

func (l *lane) succeeded(at time.Time) (ended errorRun) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.status.LastSuccess = at.UTC()
	return l.failing.end()
}

func (l *lane) errorf(kind ErrorKind, format string, args ...any) *Error {
	return &Error{Symbol: l.symbol, Kind: kind, Err: fmt.Errorf(format, args...)}
}

// snapshot returns a copy of the lane's status.
func (l *lane) snapshot() SymbolStatus {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.status
	s.Symbol = l.symbol
	s.ErrorRun = l.failing.errors
	return s
}
