package generator

import (
	"maps"
	"slices"
	"time"
)

// Status is what a Generator has done since it was made. It is a copy.
type Status struct {
	Paused     bool
	Cycle      time.Duration // from one cycle to the next, as it is set now
	Cycles     int
	Overruns   int // cycles that were still running when the next one was due
	Bars       int // bars that reached the strategies, history included
	Signals    int // signals stored; one that was stored before counts again
	Errors     int // symbols that failed in a cycle
	LeftBehind int // times that a cycle went on without a symbol
	Refused    int // bars that cannot be and reached no strategy
	Conflicts  int // appends that met ErrConflict
	Stale      int // symbols whose data is stale now
	NotEmitted NotEmitted
	Faults     DataFaults
	Symbols    []SymbolStatus // those of now, in their order; the sums above count what was taken out as well
	// MinConfidence is what a signal's confidence must reach, as it is set now.
	MinConfidence float64
}

// DataFaults counts in what ways a Source's bars were not what they should be, and reached the strategies all the same or
// did no harm. Those that could not be at all are Refused.
type DataFaults struct {
	Gaps       int // places where bars were missing when the strategies went on
	Missing    int // bars missing there, a thousand to a gap at the most
	Duplicates int // bars that were twice in one answer and were left out
	Revised    int // bars that came again with other content
	Late       int // bars that came after newer ones
	Overlaps   int // bars that open within one that was taken and were left out
	Incomplete int // bars that were not closed yet and were left for later
	OutOfRange int // bars of the time asked from, or of just before, that were left out
	Flat       int // times that MaxFlat bars in a row had one and the same price
}

func (f *DataFaults) add(o DataFaults) {
	f.Gaps += o.Gaps
	f.Missing += o.Missing
	f.Duplicates += o.Duplicates
	f.Revised += o.Revised
	f.Late += o.Late
	f.Overlaps += o.Overlaps
	f.Incomplete += o.Incomplete
	f.OutOfRange += o.OutOfRange
	f.Flat += o.Flat
}

// mustLog reports whether there is something that a log should tell each time. The rest is told by a note.
func (f DataFaults) mustLog() bool {
	f.Incomplete, f.OutOfRange = 0, 0
	return f != DataFaults{}
}

// NotEmitted answers "why no signals?": how often there was none, by reason.
type NotEmitted struct {
	Invalid   int // signals that cannot be: each is its strategy's error as well
	Threshold int // signals whose confidence was below MinConfidence
	Session   int // signals of bars that ended while the market was closed
	Warmup    int // bars that a strategy could not decide on yet
	NoData    int // cycles of a symbol in which a new bar was due and the Source had none
}

func (n *NotEmitted) add(o NotEmitted) {
	n.Invalid += o.Invalid
	n.Threshold += o.Threshold
	n.Session += o.Session
	n.Warmup += o.Warmup
	n.NoData += o.NoData
}

// SymbolStatus is what a Generator has done for one symbol. Its times are zero for never.
type SymbolStatus struct {
	Symbol      string
	LastBar     time.Time     // open of the newest bar
	DataAge     time.Duration // how long before the last cycle that bar had closed
	Loading     bool          // its strategies are being warmed up from history
	Flat        int           // how many bars up to the newest have one and the same price
	Stale       bool          // that is more than MaxAge, and no closed market explains it
	LastSuccess time.Time     // the last cycle in which the symbol was up to date
	ErrorRun    int           // errors since then
	LastError   *Error        // nil for none yet; kept after a recovery
	LastErrorAt time.Time
	BusySince   time.Time // since when it has not come back, for one that was left behind
	Bars        int
	Signals     int
	Errors      int
	LeftBehind  int
	Refused     int
	Conflicts   int
	Pending     int // signals that are made and wait for the Store
	NotEmitted  NotEmitted
	Faults      DataFaults
}

// Status returns what the Generator has done so far. It waits for nothing, whatever a symbol is doing.
func (g *Generator) Status() Status {
	g.mu.Lock()
	s := g.gone
	s.Cycles, s.Overruns = g.cycles, g.overruns
	workers, removed := g.workers, slices.Collect(maps.Values(g.removed))
	g.mu.Unlock()
	set := g.set.Load()
	s.Paused, s.Cycle, s.MinConfidence = g.Paused(), set.cycle, set.minConfidence
	s.Symbols = make([]SymbolStatus, 0, len(workers))
	for _, w := range workers {
		one := w.snapshot()
		s.Symbols = append(s.Symbols, one)
		s.sum(one)
		if one.Stale {
			s.Stale++
		}
	}
	for _, w := range removed {
		s.sum(w.snapshot())
	}
	return s
}

func (s *Status) sum(one SymbolStatus) {
	s.Bars += one.Bars
	s.Signals += one.Signals
	s.Errors += one.Errors
	s.LeftBehind += one.LeftBehind
	s.Refused += one.Refused
	s.Conflicts += one.Conflicts
	s.NotEmitted.add(one.NotEmitted)
	s.Faults.add(one.Faults)
}
