package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

// seedWords are the lines that operators grep for, by what the library says.
var seedWords = map[string]string{
	"Trading engine starting":                  "STARTING LIVE TRADING ENGINE",
	"Trading engine started":                   "LIVE TRADING ENGINE STARTED SUCCESSFULLY",
	"Store has no room, nothing new is opened": "Disk nearly full, nothing new is opened",
	"Store has room again":                     "Disk has room again",
}

// saidBefore is what the library says and was said already, before all else and in the words of the flags.
const saidBefore = "Trading goes on with what stands from before"

// wording is a log in the words that operators grep for, with the mode: they say LIVE on paper as well.
type wording struct {
	slog.Handler
	mode string
}

// Handle says a line of the library in the words that operators know.
func (w wording) Handle(ctx context.Context, r slog.Record) error {
	words, ok := seedWords[r.Message]
	switch {
	case r.Message == saidBefore:
		return nil
	case !ok:
		return w.Handler.Handle(ctx, r)
	}
	told := slog.NewRecord(r.Time, r.Level, words, r.PC)
	told.AddAttrs(slog.String("mode", w.mode))
	r.Attrs(func(a slog.Attr) bool {
		told.AddAttrs(a)
		if err, ok := a.Value.Any().(error); ok && errors.As(err, new(*sqlite.LostError)) { // for good
			told.Message, told.Level = "Database lost, nothing is stored any more", slog.LevelError
		}
		return true
	})
	return w.Handler.Handle(ctx, told)
}

// WithAttrs implements slog.Handler.
func (w wording) WithAttrs(attrs []slog.Attr) slog.Handler {
	return wording{w.Handler.WithAttrs(attrs), w.mode}
}

// WithGroup implements slog.Handler.
func (w wording) WithGroup(name string) slog.Handler {
	return wording{w.Handler.WithGroup(name), w.mode}
}
