package main

import (
	"fmt"
	"io"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// printSummary writes first what this run has done, then how the account stands that has lived since its database was
// made. A run that never came to trading has nothing to tell.
func (a *app) printSummary(w io.Writer) {
	s := a.ended
	if s.Trading == nil {
		return
	}
	fmt.Fprintln(w, "\nSummary of this run")
	line := func(name string, value any) { fmt.Fprintf(w, "  %-18s %v\n", name, value) }
	line("uptime", a.clock.Now().Sub(a.started).Round(time.Millisecond))
	if a.candles != nil {
		printCandles(line, a.candles.Report(), a.replayed)
	}
	line("cycles", s.Generator.Cycles)
	line("signals", s.Generator.Signals)
	run := s.Run()
	line("refused", run.Signals[journal.OutcomeRefused])
	line("expired", run.Signals[journal.OutcomeExpired])
	line("orders", run.Orders)
	line("rejected", run.Rejected)
	line("fills", run.Fills)
	line("fees", run.Fees)
	line("realized profit", run.Realized)
	line("restarts", s.Restarts)
	if s.Rebuilt > 0 {
		line("auto-restarts", s.Rebuilt)
	}
	printAccount(w, line, *s.Trading)
	a.printShadow(w)
}

func printCandles(line func(string, any), c candle.Report, instrument trading.Instrument) {
	line("bars", c.Bars)
	line("from", c.First.Format(time.DateTime))
	line("to", c.Last.Add(c.Interval).Format(time.DateTime))
	line("gaps", fmt.Sprintf("%d (%d bars missing)", c.Gaps, c.Missing))
	line("duplicates", c.Duplicates)
	line("broken bars", c.Broken)
	if c.Others > 0 {
		line("of other symbols", c.Others)
	}
	line("tick, step", fmt.Sprintf("%s, %s", instrument.Tick, instrument.Step))
}

// printAccount writes how the account stands, over all runs on its database. No name of a line is one of this run's.
func printAccount(w io.Writer, line func(string, any), s engine.Status) {
	fmt.Fprintln(w, "Account since its database was made")
	line("all orders", s.Counts.Orders)
	line("all fills", s.Counts.Fills)
	line("all fees", s.Counts.Fees)
	line("all realized", s.Counts.Realized)
	line("unrealized profit", s.Unrealized)
	line("equity", s.Equity)
	if s.Halt.Active() {
		line("halted", s.Halt.Reason+" ("+rearmHint+")")
	}
	if s.ReduceOnly {
		line("reduce only", "("+reduceOnlyHint+")")
	}
	for _, o := range s.Orders {
		line("open order", fmt.Sprintf("%s %s %s %s %s", o.Side, o.Remaining(), o.Symbol, o.Type, o.Leg))
	}
	for _, p := range s.Positions {
		line("position", fmt.Sprintf("%s %s", p.Quantity, p.Symbol))
	}
}
