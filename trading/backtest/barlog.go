package backtest

import (
	"context"
	"log/slog"
	"time"
)

// barLog adds to each line the time of the bars, since the line's own time is the machine's.
type barLog struct {
	slog.Handler
	clock interface{ Now() time.Time }
}

func (h barLog) Handle(ctx context.Context, r slog.Record) error {
	r = r.Clone()
	r.AddAttrs(slog.Time("bar_time", h.clock.Now()))
	return h.Handler.Handle(ctx, r)
}

func (h barLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return barLog{h.Handler.WithAttrs(attrs), h.clock}
}

func (h barLog) WithGroup(name string) slog.Handler {
	return barLog{h.Handler.WithGroup(name), h.clock}
}
