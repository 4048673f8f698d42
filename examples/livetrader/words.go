package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

// seedWords are the lines that operators grep for, by what the library says. They are told with the mode: they say LIVE on
// paper as well.
var seedWords = map[string]string{
	"Health monitor started":    "Health monitor started in background",
	"Signal generation started": "Background signal generation started",
	"Error in generation cycle": "Error in background generation cycle",
	"Trading engine starting":   "STARTING LIVE TRADING ENGINE",
	"Trading engine started":    "LIVE TRADING ENGINE STARTED SUCCESSFULLY",
	noRoom:                      "Disk nearly full, nothing new is opened",
	"Store has room again":      "Disk has room again",
}

// sameWords are those that the launcher, or the library, says as they are.
var sameWords = []string{
	"STARTING LIVE TRADING", "STARTING PRODUCTION TRADING LOOP", "Production trading loop active", "Processing symbols",
	"Processing symbol", "Generated signals", "Heartbeat", "TRADING IS HALTED",
	"Background task is running successfully", "Background task crashed", "Background task ended",
	"Failed to start background task", "Background task stopped, attempting to restart", "Max restart attempts reached",
	"Background task health check passed",
}

// noRoom is what the library says of a store that takes nothing more, for whichever reason.
const noRoom = "Store has no room, nothing new is opened"

// saidBefore is what the library says and was said already, before all else and in the words of the flags.
const saidBefore = "Trading goes on with what stands from before"

// wording is a log in the words that operators grep for.
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
	case ok:
	case slices.Contains(sameWords, r.Message):
		words = r.Message
	default:
		return w.Handler.Handle(ctx, r)
	}
	told := slog.NewRecord(r.Time, r.Level, words, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		told.AddAttrs(a)
		if err, ok := a.Value.Any().(error); ok && r.Message == noRoom && errors.As(err, new(*sqlite.LostError)) { // for good
			told.Message, told.Level = "Database lost, nothing is stored any more", slog.LevelError
		} else if ok && r.Message == noRoom && errors.As(err, new(*haltLeftError)) {
			told.Message = "A halt was left, nothing new is opened"
		}
		return true
	})
	told.AddAttrs(slog.String("mode", w.mode))
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
