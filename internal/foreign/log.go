package foreign

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
)

// Log is a logger whose handler may panic or end its goroutine: that costs the line and nothing else. Each line is
// written in a goroutine of its own, which is waited for, so a handler that hangs still holds up who logs. The next line
// that arrives says how many were lost and to what. Use NewLog.
type Log struct {
	*slog.Logger

	lost *lost
}

// lost are the lines that a handler did not take.
type lost struct {
	mu    sync.Mutex // guards all below
	count int        // since a line arrived
	err   error      // how the last one ended
	taken bool       // Loss has told of it
}

// NewLog returns a Log that writes to l.
func NewLog(l *slog.Logger) *Log {
	lost := &lost{}
	return &Log{Logger: slog.New(&handler{to: l.Handler(), lost: lost}), lost: lost}
}

// Loss returns how the last line was lost, if one was since the last call.
func (l *Log) Loss() error {
	l.lost.mu.Lock()
	defer l.lost.mu.Unlock()
	if l.lost.err == nil || l.lost.taken {
		return nil
	}
	l.lost.taken = true
	return fmt.Errorf("a log line was lost: %w", l.lost.err)
}

// handler is the side of a Log that package slog sees.
type handler struct {
	to   slog.Handler
	lost *lost
}

// Enabled implements slog.Handler. What cannot say whether it is enabled is asked to handle the line.
func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	enabled, err := Go(func() (bool, error) { return h.to.Enabled(ctx, level), nil }).Result()
	return enabled || err != nil
}

// Handle implements slog.Handler.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	before, why := h.lost.since()
	if before > 0 {
		r = r.Clone()
		r.AddAttrs(slog.Int("lines_lost_before", before), slog.String("lost_to", why))
	}
	_, err := Go(func() (struct{}, error) { return struct{}{}, h.to.Handle(ctx, r) }).Result()
	h.lost.add(err, before)
	return err
}

// since returns how many lines were lost since one arrived, and how the last of them was.
func (l *lost) since() (n int, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count == 0 {
		return 0, ""
	}
	return l.count, l.err.Error()
}

// add takes note of how a line ended which has told of those that were lost before. An error that the handler returned
// is its own to deal with, as package slog has it.
func (l *lost) add(err error, told int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var panicked *Panic
	if errors.As(err, &panicked) || errors.Is(err, ErrGoexit) {
		l.count++
		l.err, l.taken = err, false
		return
	}
	l.count = max(0, l.count-told)
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.derive(func() slog.Handler { return h.to.WithAttrs(attrs) })
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	return h.derive(func() slog.Handler { return h.to.WithGroup(name) })
}

func (h *handler) derive(from func() slog.Handler) slog.Handler {
	to, err := Go(func() (slog.Handler, error) { return from(), nil }).Result()
	if err != nil {
		return h
	}
	return &handler{to, h.lost}
}
