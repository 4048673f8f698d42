package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// totals is what the summary tells of one run.
type totals struct {
	started time.Time
	earlier earlier // what the account had done before

	mu           sync.Mutex // guards all below
	autoRestarts int
	candles      candle.Report // of a replay
	replayOf     trading.Instrument
	system       *system
	restarts     int
	cycles       int // of the tree, once it has ended
	signals      int
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

// restarted counts a restart; whole tells whether it was one of all of trading.
func (t *totals) restarted(whole bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.restarts++
	if whole {
		t.autoRestarts++
	}
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

// print writes the summary: first what this run has done, then how the account stands that has lived since its database
// was made.
func (t *totals) print(w io.Writer, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.system == nil {
		return
	}
	s := t.system.engine.Status()
	fmt.Fprintln(w, "\nSummary of this run")
	line := func(name string, value any) { fmt.Fprintf(w, "  %-18s %v\n", name, value) }
	line("uptime", now.Sub(t.started).Round(time.Millisecond))
	t.printCandles(line)
	line("cycles", t.cycles)
	line("signals", t.signals)
	run := t.earlier.since(s.Counts)
	line("refused", run.Signals[journal.OutcomeRefused])
	line("expired", run.Signals[journal.OutcomeExpired])
	line("orders", run.Orders)
	line("rejected", run.Rejected)
	line("fills", run.Fills)
	line("fees", run.Fees)
	line("realised profit", run.Realised)
	line("restarts", t.restarts)
	if t.autoRestarts > 0 {
		line("auto-restarts", t.autoRestarts)
	}
	printAccount(w, line, s)
}

func (t *totals) printCandles(line func(string, any)) {
	c := t.candles
	if c.Name == "" {
		return
	}
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

// printAccount writes how the account stands, over all runs on its database. No name of a line is one of this run's.
func printAccount(w io.Writer, line func(string, any), s engine.Status) {
	fmt.Fprintln(w, "Account since its database was made")
	line("all orders", s.Counts.Orders)
	line("all fills", s.Counts.Fills)
	line("all fees", s.Counts.Fees)
	line("all realised", s.Counts.Realised)
	line("unrealised profit", s.Unrealised)
	line("equity", s.Equity)
	if s.Halt.Active() {
		line("halted", s.Halt.Reason+" ("+rearmHint+")")
	}
	for _, o := range s.Orders {
		line("open order", fmt.Sprintf("%s %s %s %s %s", o.Side, o.Remaining(), o.Symbol, o.Type, o.Leg))
	}
	for _, p := range s.Positions {
		line("position", fmt.Sprintf("%s %s", p.Quantity, p.Symbol))
	}
}
