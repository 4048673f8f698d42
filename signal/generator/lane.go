package generator

import (
	"fmt"
	"github.com/seed-5dee1c0a/vigil/signal"
	"sync"
	"time"
)

// lane is one symbol's way through the Generator. Whoever has claimed it owns what it works with; the rest is for
// everybody who holds its lock.
type lane struct {
	cfg    *Config
	symbol string

	// Owned by the claim.
	doing    ErrorKind       // whose code is being called, so that a panic can be told
	since    time.Time       // the first cycle; where nothing is stored yet, signals begin here
	begin    []time.Time     // by strategy: only signals of bars that open later are emitted; nil: not read yet
	runners  []*runner       // nil: to be warmed up
	after    time.Time       // open of the newest bar that the strategies have seen
	due      time.Time       // end of that bar, where it is among the recent ones
	newest   time.Time       // end of the newest bar ever taken; zero for none
	pending  []signal.Signal // made and not stored
	torn     bool            // in the midst of a bar: some strategies have seen it
	recent   recent          // the newest bars seen
	gap      time.Time       // the bar before the newest gap
	gapAsks  int             // in how many more cycles it is asked for again
	overlaps time.Time       // the newest bar that was left out because it overlaps another
	set      *settings       // of the cycle that claimed it
	unsaved  bool            // the strategies know more than their States
	anew     bool            // the next warm-up leaves the States alone

	mu      sync.Mutex // guards all below
	busy    bool       // claimed
	claimed time.Time  // since when, on the Clock
	turn    int        // how often it was claimed
	left    bool       // the cycle that claimed it has gone on without it
	rejoins bool       // it was taken out: the next claim begins like after a restart
	shut    time.Time  // the last cycle that found its market closed
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
	faults     DataFaults
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

// rejoin makes the next claim begin like after a restart.
func (l *lane) rejoin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rejoins = true
}

// ripe tells whether a cycle that was woken by one bar should take the lane along.
func (l *lane) ripe(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := l.status.LastBar
	return !l.busy && l.failing.errors == 0 && (last.IsZero() || !last.Add(2*l.cfg.Interval).After(now))
}

// claim takes the lane for one cycle, or says since when it has not come back from an earlier one.
func (l *lane) claim(now, clock time.Time, set *settings) (turn int, busy *Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy {
		return 0, l.leftBehind(fmt.Errorf("not back yet after %s", clock.Sub(l.claimed)))
	}
	l.busy, l.claimed, l.set = true, clock, set
	if l.rejoins {
		l.rejoins, l.runners, l.begin, l.since = false, nil, nil, time.Time{}
	}
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
	s.Faults.add(w.faults)
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
		l.runners, l.torn, l.anew = nil, false, true // a State may be what broke it
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

// age books how old the newest bar is. It returns whether that is too old for the symbol to be up to date, and whether
// this turn has made its data stale, or current again. Data is stale only once it has had MaxAge to come: since the
// first cycle, and since its market opened.
func (l *lane) age(now time.Time, set *settings, closed bool) (old, turned bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if closed {
		l.shut = now
	}
	s := &l.status
	base := later(l.since, l.shut)
	if !s.LastBar.IsZero() {
		end := s.LastBar.Add(l.cfg.Interval)
		base = later(base, end)
		s.DataAge = max(now.Sub(end), 0)
		old = s.DataAge > set.maxAge && !closed
	}
	was := s.Stale
	s.Stale = now.Sub(base) > set.maxAge
	return old, was != s.Stale
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
