package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// totals is what the summary tells, over all trees of one run.
type totals struct {
	started      time.Time
	autoRestarts int

	mu       sync.Mutex    // guards all below
	candles  candle.Report // of a replay
	replayOf trading.Instrument
	system   *system
	restarts int
	cycles   int // of trees that have ended
	signals  int
}

// watch makes sys the system that is counted.
func (t *totals) watch(sys *system) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.system = sys
}

// watched is the system that is counted; nil if there is none yet.
func (t *totals) watched() *system {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.system
}

func (t *totals) restarted() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.restarts++
}

// replayed keeps what a replay found in its file.
func (t *totals) replayed(report candle.Report, instrument trading.Instrument) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.candles, t.replayOf = report, instrument
}

// treeEnded adds what the present system has done; its account lives on in the journal.
func (t *totals) treeEnded() {
	t.mu.Lock()
	defer t.mu.Unlock()
	status := t.system.generator.Status()
	t.cycles += status.Cycles
	t.signals += status.Signals
}

// print writes the summary. Signals and cycles are this run's; orders, fills and money are the account's since its
// database was made.
func (t *totals) print(w io.Writer, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.system == nil {
		return
	}
	s := t.system.engine.Status()
	fmt.Fprintln(w, "\nSummary")
	line := func(name string, value any) { fmt.Fprintf(w, "  %-18s %v\n", name, value) }
	line("uptime", now.Sub(t.started).Round(time.Millisecond))
	if c := t.candles; c.Name != "" {
		line("bars", c.Bars)
		line("from", c.First.Format(time.DateTime))
		line("to", c.Last.Add(c.Interval).Format(time.DateTime))
		line("gaps", fmt.Sprintf("%d (%d bars missing)", c.Gaps, c.Missing))
		line("duplicates", c.Duplicates)
		line("broken bars", c.Broken)
		if c.Others > 0 {
			line("of other symbols", c.Others)
		}
		line("tick, step", fmt.Sprintf("%s, %s", t.replayOf.Tick, t.replayOf.Step))
	}
	line("cycles", t.cycles)
	line("signals", t.signals)
	line("orders", s.Counts.Orders)
	line("fills", s.Counts.Fills)
	line("fees", s.Counts.Fees)
	line("realised profit", s.Counts.Realised)
	line("unrealised profit", s.Unrealised)
	line("equity", s.Equity)
	if s.Halt.Active() {
		line("halted", s.Halt.Reason+" ("+rearmHint+")")
	}
	line("restarts", t.restarts)
	if t.autoRestarts > 0 {
		line("auto-restarts", t.autoRestarts)
	}
	for _, o := range s.Orders {
		line("open order", fmt.Sprintf("%s %s %s %s %s", o.Side, o.Remaining(), o.Symbol, o.Type, o.Leg))
	}
	for _, p := range s.Positions {
		line("position", fmt.Sprintf("%s %s", p.Quantity, p.Symbol))
	}
}
