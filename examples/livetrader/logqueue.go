package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/health"
)

const (
	queueBytes  = 4 << 20         // of lines that wait to be written
	logPatience = time.Second     // how long the end waits for the log and the summary to be taken
	lossShown   = 5 * time.Minute // how long health shows that lines were lost
)

// logQueue stands between the log and the file that it goes to, which may be a pipe that nobody reads, a full disk or a
// closed terminal. A Write never waits for it: a line that finds no room is dropped and counted, and so is one that the
// file refuses. The first line after a loss says how many are missing.
//
// It is a service as well, which shows the losses in health.
type logQueue struct {
	file  io.Writer
	clock clock.Clock
	ended chan struct{} // closed by its goroutine, which ends after Close unless the file holds it up

	mu     sync.Mutex // guards all below
	more   *sync.Cond // there are lines, or there will be none
	lines  [][]byte
	bytes  int
	closed bool
	untold int   // lines lost that the log does not tell of yet
	lost   int64 // lines lost in all
	lossAt time.Time
	cause  error // of the last loss
}

func newLogQueue(file io.Writer, clk clock.Clock) *logQueue {
	q := &logQueue{file: file, clock: clk, ended: make(chan struct{})}
	q.more = sync.NewCond(&q.mu)
	go q.write()
	return q
}

var errNotTaken = fmt.Errorf("nobody reads it: %d MiB of lines wait", queueBytes>>20)

// Write takes one line.
func (q *logQueue) Write(line []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.bytes+len(line) > queueBytes {
		q.loseLocked(errNotTaken)
		return len(line), nil
	}
	q.lines = append(q.lines, bytes.Clone(line))
	q.bytes += len(line)
	q.more.Signal()
	return len(line), nil
}

func (q *logQueue) loseLocked(cause error) {
	q.untold++
	q.lost++
	q.lossAt, q.cause = q.clock.Now(), cause
}

// write hands the lines to the file.
func (q *logQueue) write() {
	defer close(q.ended)
	for {
		line, missing, ok := q.next()
		if !ok {
			return
		}
		if missing > 0 {
			notice := fmt.Sprintf("time=%s level=WARN msg=\"Log lines lost\" lines=%d\n",
				q.clock.Now().UTC().Format(time.RFC3339), missing)
			line = append([]byte(notice), line...)
		}
		if _, err := q.file.Write(line); err != nil {
			q.refused(missing, err)
		}
	}
}

// refused books a line that the file did not take, and that those before it are still not told of.
func (q *logQueue) refused(untold int, cause error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.untold += untold
	q.loseLocked(cause)
}

// next waits for a line, and tells how many are missing before it.
func (q *logQueue) next() (line []byte, missing int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.lines) == 0 && !q.closed {
		q.more.Wait()
	}
	if len(q.lines) == 0 {
		return nil, 0, false
	}
	line, q.lines = q.lines[0], q.lines[1:]
	q.bytes -= len(line)
	missing, q.untold = q.untold, 0
	return line, missing, true
}

// Close takes no more lines and waits until those that it has are written, but no longer than logPatience.
func (q *logQueue) Close() {
	q.mu.Lock()
	q.closed = true
	q.more.Signal()
	q.mu.Unlock()
	select {
	case <-q.ended:
	case <-q.clock.After(logPatience):
	}
}

// Serve shows in health what was lost.
func (q *logQueue) Serve(ctx context.Context) error {
	const key = "lines_lost"
	told := int64(0)
	for {
		lost, since, cause := q.losses()
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
		case <-q.clock.After(time.Second):
		}
	}
}

func (q *logQueue) losses() (lost int64, since time.Duration, cause error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lost, q.clock.Now().Sub(q.lossAt), q.cause
}

// writeWithin writes text to a file that may take nothing, and gives up after logPatience.
func writeWithin(clk clock.Clock, file io.Writer, text []byte, log *slog.Logger) {
	written := make(chan error, 1)
	go func() {
		_, err := file.Write(text)
		written <- err
	}()
	select {
	case err := <-written:
		if err != nil {
			log.Warn("Summary not written", "error", err)
		}
	case <-clk.After(logPatience):
		log.Warn("Summary not written", "error", "nobody reads it")
	}
}
