package vigil

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/health"
)

const (
	queueLines = 10_000          // that wait to be written: some megabytes
	lossShown  = 5 * time.Minute // how long health shows that lines were lost
)

// LogQueue is a slog.Handler that stands before another one, whose file may be a pipe that nobody reads, a full disk or a
// closed terminal. Who logs never waits for it: a line that finds no room is dropped and counted, and so is one that the
// file refuses. The first line after a loss says how many are missing. Use NewLogQueue.
//
// A Trader puts one before its Logger, unless that has one already. Lines are written by a goroutine that lives while there
// are some. What a line tells of must not change afterwards.
//
// It is a service as well, which shows the losses in health.
type LogQueue struct {
	to    slog.Handler
	lines *lines
}

// lines are those that wait, of a LogQueue and all that were made of it.
type lines struct {
	plain slog.Handler // says what is missing
	clock health.Clock

	mu     sync.Mutex // guards all below
	queue  []func() error
	empty  chan struct{} // closed once all are written; nil where there are none
	untold int           // lines lost that the log does not tell of yet
	lost   int64         // lines lost in all
	lossAt time.Time
	cause  error // of the last loss
}

// NewLogQueue returns a queue before a handler. A nil clk means the machine's clock.
func NewLogQueue(to slog.Handler, clk health.Clock) *LogQueue {
	if clk == nil {
		clk = clock.New()
	}
	return &LogQueue{to: to, lines: &lines{plain: to, clock: clk}}
}

// queued is a log with a queue before its file.
func queued(log *slog.Logger, clk health.Clock) (*slog.Logger, *LogQueue) {
	if q, ok := log.Handler().(*LogQueue); ok {
		return log, q
	}
	q := NewLogQueue(log.Handler(), clk)
	return slog.New(q), q
}

// Enabled implements slog.Handler.
func (q *LogQueue) Enabled(ctx context.Context, level slog.Level) bool {
	return q.to.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (q *LogQueue) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &LogQueue{to: q.to.WithAttrs(attrs), lines: q.lines}
}

// WithGroup implements slog.Handler.
func (q *LogQueue) WithGroup(name string) slog.Handler {
	return &LogQueue{to: q.to.WithGroup(name), lines: q.lines}
}

// Handle takes a line, and returns at once.
func (q *LogQueue) Handle(ctx context.Context, r slog.Record) error {
	r = r.Clone()
	q.lines.add(func() error { return q.to.Handle(context.WithoutCancel(ctx), r) })
	return nil
}

// Flush waits until all lines are written, but no longer than that.
func (q *LogQueue) Flush(within time.Duration) {
	q.lines.mu.Lock()
	empty := q.lines.empty
	q.lines.mu.Unlock()
	if empty == nil {
		return
	}
	select {
	case <-empty:
	case <-q.lines.clock.After(within):
	}
}

// Serve shows in health what was lost, until ctx ends.
func (q *LogQueue) Serve(ctx context.Context) error {
	const key = "lines_lost"
	told := int64(0)
	for {
		lost, since, cause := q.lines.losses()
		health.Count(ctx, key, lost-told)
		told = lost
		if lost > 0 && since < lossShown {
			health.Raise(ctx, health.Condition{
				Key: key, Verdict: health.Degraded, Text: fmt.Sprintf("%d lines of the log were lost: %v", lost, cause),
				Remedy: "see to it that what reads the log keeps up, and that its disk has room",
			})
		} else {
			health.Clear(ctx, key)
		}
		health.Observe(ctx, nil)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-q.lines.clock.After(time.Second):
		}
	}
}

var errNotTaken = fmt.Errorf("nobody reads it: %d lines wait", queueLines)

func (l *lines) add(write func() error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) >= queueLines {
		l.loseLocked(errNotTaken)
		return
	}
	l.queue = append(l.queue, write)
	if l.empty == nil {
		l.empty = make(chan struct{})
		go l.write() // it ends when all is written, unless the file holds it up
	}
}

func (l *lines) loseLocked(cause error) {
	l.untold++
	l.lost++
	l.lossAt, l.cause = l.clock.Now(), cause
}

// write hands the lines to the file until there are none.
func (l *lines) write() {
	for write, missing := l.next(); write != nil; write, missing = l.next() {
		if missing > 0 && harmlessly(func() error { return l.tell(missing) }) == nil {
			missing = 0
		}
		l.written(missing, harmlessly(write))
	}
}

func (l *lines) tell(missing int) error {
	notice := slog.NewRecord(l.clock.Now(), slog.LevelWarn, "Log lines lost", 0)
	notice.AddAttrs(slog.Int("lines", missing))
	return l.plain.Handle(context.Background(), notice)
}

// harmlessly makes an error of a handler's panic: nobody stands above the goroutine that writes.
func harmlessly(write func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return write()
}

// written takes note of how a line was taken, and of those before it that are still not told of.
func (l *lines) written(untold int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.untold += untold
	if err != nil {
		l.loseLocked(err)
	}
}

// next is the next line, and how many are missing before it; nil where there is none.
func (l *lines) next() (write func() error, missing int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		close(l.empty)
		l.queue, l.empty = nil, nil
		return nil, 0
	}
	write, l.queue = l.queue[0], l.queue[1:]
	missing, l.untold = l.untold, 0
	return write, missing
}

func (l *lines) losses() (lost int64, since time.Duration, cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost, l.clock.Now().Sub(l.lossAt), l.cause
}
