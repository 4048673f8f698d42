package feed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/signal"
)

var (
	errHangs = errors.New("an earlier call has not returned yet")
	errGone  = errors.New("the call ended its goroutine")
)

// call is one question to one source.
type call struct {
	line   *line
	answer chan struct{} // closed when bars and err are there
	bars   []signal.Bar
	err    error

	returned, abandoned bool // guarded by the Failover's mu
}

// ask asks one source for no longer than Timeout, and remembers whether it did well.
func (f *Failover) ask(ctx context.Context, source int, symbol string, after time.Time, limit int) ([]signal.Bar, error) {
	f.mu.Lock()
	l := f.lineLocked(source, symbol)
	hangs := l.hanging > 0
	f.mu.Unlock()
	if hangs {
		return nil, errHangs
	}
	limited, cancel := clockctx.WithTimeout(ctx, f.cfg.Clock, f.cfg.Timeout)
	defer cancel()
	c := &call{line: l, answer: make(chan struct{})}
	go f.run(c, func() ([]signal.Bar, error) { return f.cfg.Sources[source].Source.Bars(limited, symbol, after, limit) })
	var bars []signal.Bar
	var err error
	select {
	case <-c.answer:
		if bars, err = c.bars, c.err; err == nil {
			err = faulty(bars, symbol, after, limit)
		}
	case <-limited.Done():
		err = limited.Err()
		f.abandon(c)
	}
	if ctx.Err() != nil { // it is the caller's end, not the source's fault
		return nil, ctx.Err()
	}
	f.judge(l, err)
	if err != nil {
		return nil, err
	}
	return bars, nil
}

// run makes the call. Its goroutine ends when the source returns; ask waits for it up to the time limit.
func (f *Failover) run(c *call, bars func() ([]signal.Bar, error)) {
	c.err = errGone
	defer func() {
		if p := recover(); p != nil {
			c.err = fmt.Errorf("panic: %v", p)
		}
		f.mu.Lock()
		c.returned = true
		if c.abandoned {
			c.line.hanging--
		}
		f.mu.Unlock()
		close(c.answer)
	}()
	c.bars, c.err = bars()
}

// abandon leaves a call behind.
func (f *Failover) abandon(c *call) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.abandoned = !c.returned; c.abandoned {
		c.line.hanging++
	}
}

// judge remembers how a source has answered.
func (f *Failover) judge(l *line, err error) {
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

// faulty says what a source must not answer. What it holds against a frozen feed is that bars have to be newer than the
// one that was asked from.
func faulty(bars []signal.Bar, symbol string, after time.Time, limit int) error {
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
		case i > 0 && b.Time.Before(bars[i-1].End()):
			return fmt.Errorf("the bar of %s opens before the one in front of it ends", at)
		}
	}
	return nil
}
