package main

import (
	"context"
	"log/slog"
)

// seedWords are the lines that operators grep for, by what the library says.
var seedWords = map[string]string{
	"Trading engine starting": "STARTING LIVE TRADING ENGINE",
	"Trading engine started":  "LIVE TRADING ENGINE STARTED SUCCESSFULLY",
}

// wording is a log in the words that operators grep for, with the mode: they say LIVE on paper as well.
type wording struct {
	slog.Handler
	mode string
}

func (w wording) Handle(ctx context.Context, r slog.Record) error {
	words, ok := seedWords[r.Message]
	if !ok {
		return w.Handler.Handle(ctx, r)
	}
	told := slog.NewRecord(r.Time, r.Level, words, r.PC)
	told.AddAttrs(slog.String("mode", w.mode))
	r.Attrs(func(a slog.Attr) bool {
		told.AddAttrs(a)
		return true
	})
	return w.Handler.Handle(ctx, told)
}

func (w wording) WithAttrs(attrs []slog.Attr) slog.Handler {
	return wording{w.Handler.WithAttrs(attrs), w.mode}
}

func (w wording) WithGroup(name string) slog.Handler {
	return wording{w.Handler.WithGroup(name), w.mode}
}
