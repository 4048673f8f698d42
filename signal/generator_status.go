package signal

import "time"

// GeneratorStatus is what a Generator has done since it was made. It is a copy.
type GeneratorStatus struct {
	Paused     bool
	Cycles     int
	Overruns   int // cycles that were still running when the next one was due
	Bars       int // bars that reached the strategies, history included
	Signals    int // signals stored; one that was stored before counts again
	Errors     int // symbols that failed in a cycle
	LeftBehind int // times that a cycle went on without a symbol
	Refused    int // bars that cannot be and reached no strategy
	Conflicts  int // appends that met ErrConflict
	NotEmitted NotEmitted
	Symbols    []SymbolStatus // in the order of the configuration
}

// NotEmitted answers "why no signals?": how often there was none, by reason.
type NotEmitted struct {
	Threshold int // signals whose confidence was below MinConfidence
	Session   int // signals of bars that ended while the market was closed
	Warmup    int // bars that a strategy could not decide on yet
	NoData    int // cycles of a symbol in which a new bar was due and the Source had none
}

func (n *NotEmitted) add(o NotEmitted) {
	n.Threshold += o.Threshold
	n.Session += o.Session
	n.Warmup += o.Warmup
	n.NoData += o.NoData
}

// SymbolStatus is what a Generator has done for one symbol. Its times are zero for never.
type SymbolStatus struct {
	Symbol      string
	LastBar     time.Time // open of the newest bar
	LastSuccess time.Time // the last cycle in which the symbol was up to date
	ErrorRun    int       // errors since then
	LastError   *Error    // nil for none yet; kept after a recovery
	LastErrorAt time.Time
	BusySince   time.Time // since when it has not come back, for one that was left behind
	Bars        int
	Signals     int
	Errors      int
	LeftBehind  int
	Refused     int
	Conflicts   int
	Unstored    int // signals that are made and wait for the Store
	NotEmitted  NotEmitted
}

// Status returns what the Generator has done so far. It waits for nothing, whatever a symbol is doing.
func (g *Generator) Status() GeneratorStatus {
	s := GeneratorStatus{Paused: g.Paused(), Symbols: make([]SymbolStatus, 0, len(g.lanes))}
	g.mu.Lock()
	s.Cycles, s.Overruns = g.cycles, g.overruns
	g.mu.Unlock()
	for _, l := range g.lanes {
		one := l.snapshot()
		s.Symbols = append(s.Symbols, one)
		s.Bars += one.Bars
		s.Signals += one.Signals
		s.Errors += one.Errors
		s.LeftBehind += one.LeftBehind
		s.Refused += one.Refused
		s.Conflicts += one.Conflicts
		s.NotEmitted.add(one.NotEmitted)
	}
	return s
}
