package generator

import (
	"context"
	"log/slog"
	"time"
)

// What operators grep for. The words are constant; numbers and names are attributes.
const (
	msgGenerated = "Generated signals"
	msgNoSignals = "Signals not emitted"
	msgError     = "Error in generation cycle"
	msgUnstable  = "consecutive errors - signal generation may be unstable"
	msgRecovered = "Signal generation recovered"
	msgStale     = "Market data is stale"
	msgCurrent   = "Market data is current again"
	msgFaults    = "Market data has faults"
	msgNoted     = "Symbol has a peculiarity"
	msgConflict  = "Signal differs from the one stored before"
)

// warnAfter is the length of a run of errors at which a warning is logged and the count begins again.
const warnAfter = 10

// errorRun is a run of errors with no success between them.
type errorRun struct {
	errors int       // in the whole run
	count  int       // since the run began or the last warning
	since  time.Time // of the first of them
}

// fail lengthens the run, and reports whether it is time for a warning.
func (r *errorRun) fail(at time.Time) (warn bool) {
	if r.errors == 0 {
		r.since = at
	}
	r.errors++
	r.count++
	if r.count < warnAfter {
		return false
	}
	r.count = 0
	return true
}

// end ends the run and returns what it was.
func (r *errorRun) end() errorRun {
	was := *r
	*r = errorRun{}
	return was
}

// failed books and logs an error of one symbol.
func (c *cycle) failed(r *report) {
	run, warn := r.worker.failed(r.now, r.work.err)
	consecutive := run.count
	if warn {
		consecutive = warnAfter
	}
	attrs := []slog.Attr{slog.String("symbol", r.worker.symbol), slog.String("kind", string(r.work.err.Kind)),
		slog.Any("error", r.work.err), slog.Int("consecutive", consecutive)}
	if r.work.err.Stack != "" {
		attrs = append(attrs, slog.String("stack", r.work.err.Stack))
	}
	c.log(slog.LevelError, msgError, attrs...)
	if warn {
		c.log(slog.LevelWarn, msgUnstable, slog.String("symbol", r.worker.symbol), slog.Int("consecutive", warnAfter))
	}
}

// logStale logs that the symbol's data has become stale, or current again.
func (c *cycle) logStale(r *report) {
	s := r.worker.snapshot()
	level, msg := slog.LevelInfo, msgCurrent
	if s.Stale {
		level, msg = slog.LevelWarn, msgStale
	}
	c.log(level, msg, slog.String("symbol", s.Symbol), slog.Time("last_bar", s.LastBar),
		slog.Duration("age", s.DataAge), slog.Duration("limit", c.set.maxAge))
}

// logFaults logs what was not as it should be with the bars of one symbol in one cycle.
func (c *cycle) logFaults(r *report) {
	f := r.work.faults
	c.log(slog.LevelWarn, msgFaults, slog.String("symbol", r.worker.symbol), slog.Int("gaps", f.Gaps),
		slog.Int("missing", f.Missing), slog.Int("duplicates", f.Duplicates), slog.Int("revised", f.Revised),
		slog.Int("late", f.Late), slog.Int("overlaps", f.Overlaps), slog.Int("flat", f.Flat))
}

// logLateError logs what ended a symbol's goroutine when nobody waited for it any more.
func (c *cycle) logLateError(err *Error) {
	defer func() { _ = recover() }() // this goroutine has no guard, and a log handler's panic would end the process
	c.log(slog.LevelError, msgError, slog.String("symbol", err.Symbol), slog.String("kind", string(err.Kind)),
		slog.Any("error", err), slog.String("stack", err.Stack))
}

// succeeded books a success of one symbol, and logs it where it ends a run of errors.
func (c *cycle) succeeded(r *report) {
	if run := r.worker.succeeded(r.now); run.errors > 0 {
		c.log(slog.LevelInfo, msgRecovered, slog.String("symbol", r.worker.symbol), slog.Int("errors", run.errors),
			slog.Duration("duration", r.now.Sub(run.since)))
	}
}

func (c *cycle) logCycle(warn bool) {
	level := slog.LevelDebug
	if c.result.Signals > 0 {
		level = slog.LevelInfo
	}
	c.log(level, msgGenerated, slog.Int("count", c.result.Signals), slog.Duration("duration", c.result.Duration),
		slog.Int("symbols", len(c.workers)))
	c.logNoSignals()
	if warn && len(c.workers) > 1 { // a single symbol has said so itself
		c.log(slog.LevelWarn, msgUnstable, slog.String("scope", "cycle"), slog.Int("consecutive", warnAfter))
	}
}

// logNoSignals says why there were no more signals. Data that is late is told at each cycle until it comes, and what is
// wrong with it elsewhere, so it alone is no news.
func (c *cycle) logNoSignals() {
	n := c.result.NotEmitted
	if n == (NotEmitted{}) {
		return
	}
	level := slog.LevelInfo
	if n == (NotEmitted{NoData: n.NoData}) {
		level = slog.LevelDebug
	}
	c.log(level, msgNoSignals, slog.Int("threshold", n.Threshold), slog.Int("session", n.Session),
		slog.Int("warmup", n.Warmup), slog.Int("no_data", n.NoData), slog.Int("invalid", n.Invalid))
}

// log leaves the cycle's context out: a handler may heed it, and the last words of a run that was told to stop count.
func (c *cycle) log(level slog.Level, msg string, attrs ...slog.Attr) {
	c.g.cfg.Logger.LogAttrs(context.Background(), level, msg, attrs...)
}
