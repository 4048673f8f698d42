package feed

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
	"github.com/seed-5dee1c0a/vigil/signal"
)

var errBusy = fmt.Errorf("an earlier call is %w yet", foreign.ErrNotBack)

// ask asks one source for no longer than Timeout, and remembers whether it did well.
func (f *Failover) ask(ctx context.Context, source int, symbol string, after time.Time, limit int) (signal.Batch, error) {
	l, busy := f.lookup(source, symbol)
	if busy {
		return signal.Batch{}, errBusy
	}
	limited, cancel := clockctx.WithTimeout(ctx, f.cfg.Clock, f.cfg.Timeout)
	defer cancel()
	call := foreign.Go(func() (signal.Batch, error) {
		return f.cfg.Sources[source].Source.Bars(limited, symbol, after, limit)
	})
	batch, err := call.Wait(limited)
	if err == nil {
		err = checkAnswer(batch.Bars, symbol, after, limit)
	}
	f.leave(l, call)
	if ctx.Err() != nil { // it is the caller's end, not the source's fault
		return signal.Batch{}, ctx.Err()
	}
	f.record(l, err)
	if err != nil {
		return signal.Batch{}, err
	}
	return batch, nil
}

// lookup returns what is known of a source for a symbol, and reports whether a call of it hangs.
func (f *Failover) lookup(source int, symbol string) (l *line, busy bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l = f.lineLocked(source, symbol)
	l.left = slices.DeleteFunc(l.left, (*foreign.Call[signal.Batch]).Ended)
	return l, len(l.left) > 0
}

// leave remembers a call that has not ended.
func (f *Failover) leave(l *line, call *foreign.Call[signal.Batch]) {
	if call.Ended() {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	l.left = append(l.left, call)
}

// record remembers how a source has answered.
func (f *Failover) record(l *line, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l.failed = err
	if err != nil {
		l.until = f.cfg.Clock.Now().Add(f.cfg.Retry)
	}
}

func (f *Failover) lineLocked(source int, symbol string) *line {
	key := lineKey{source, symbol}
	if f.lines[key] == nil {
		f.lines[key] = &line{}
	}
	return f.lines[key]
}

// checkAnswer says what a source must not answer. What it holds against a frozen feed is that bars have to be newer
// than the one that was asked from.
func checkAnswer(bars []signal.Bar, symbol string, after time.Time, limit int) error {
	if len(bars) > max(limit, 0) {
		return fmt.Errorf("%d bars were answered, at most %d asked for", len(bars), limit)
	}
	for i, b := range bars {
		at := b.Time.Format(time.RFC3339Nano)
		if err := b.Validate(); err != nil {
			return fmt.Errorf("the bar of %s: %w", at, err)
		}
		switch {
		case b.Symbol != symbol:
			return fmt.Errorf("the bar of %s is of %q", at, b.Symbol)
		case !b.Time.After(after):
			return fmt.Errorf("the bar of %s is not after %s", at, after.UTC().Format(time.RFC3339Nano))
		case b.Interval != bars[0].Interval:
			return fmt.Errorf("the bar of %s is of %s, the first one of %s", at, b.Interval, bars[0].Interval)
		case i > 0 && b.Time.Sub(bars[i-1].Time) <= b.Interval/2: // as a Generator takes them: a day may have 23 hours
			return fmt.Errorf("the bar of %s opens before the one in front of it ends, and not even half of that is over", at)
		}
	}
	return nil
}
