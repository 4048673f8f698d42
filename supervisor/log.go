package supervisor

import (
	"context"
	"log/slog"
)

// LogEvent writes an event to a logger: the path under "service", the rest under fixed names. A Supervisor does it by
// itself for its Config.Logger.
func LogEvent(log *slog.Logger, e Event) {
	level, message, attrs := describe(e)
	stamp := e.Stamped()
	record := slog.NewRecord(stamp.Time, level, message, 0)
	record.AddAttrs(slog.String("service", stamp.Path))
	record.AddAttrs(attrs...)
	ctx := context.Background()
	if log.Enabled(ctx, level) {
		_ = log.Handler().Handle(ctx, record)
	}
}

func describe(e Event) (slog.Level, string, []slog.Attr) {
	attr := func(a ...slog.Attr) []slog.Attr { return a }
	switch e := e.(type) {
	case Added:
		return slog.LevelDebug, "service added", nil
	case Removed:
		return slog.LevelDebug, "service removed", nil
	case Started:
		return slog.LevelInfo, "service started", attr(slog.String("attempt", e.Attempt.String()))
	case Verified:
		return slog.LevelDebug, "service verified", nil
	case Failed:
		return slog.LevelError, "service ended", describeEnd(e.End,
			slog.Duration("ran", e.Ran), slog.Bool("failed_start", e.FailedStart))
	case Restarting:
		return slog.LevelWarn, "service restarting", attr(slog.Time("at", e.At), slog.String("attempt", e.Attempt.String()))
	case Stopped:
		return slog.LevelInfo, "service stopped", nil
	case Finished:
		return slog.LevelInfo, "service finished", nil
	case Stalled:
		return slog.LevelError, "service stalled", attr(slog.Duration("silence", e.Silence),
			slog.Duration("limit", e.Limit), slog.String("stack", e.Stack))
	case Abandoned:
		return slog.LevelError, "service abandoned", attr(slog.Int("zombies", e.Zombies), slog.Bool("replaced", e.Replaced))
	case ZombieEnded:
		return slog.LevelWarn, "zombie ended", attr(slog.Duration("after", e.After))
	case Parked:
		return slog.LevelError, "service parked", attr(slog.Time("until", e.Until))
	case Escalated:
		return slog.LevelError, "service escalated", describeEnd(e.End)
	case GaveUp:
		return slog.LevelError, "service given up", nil
	case Paused:
		return slog.LevelInfo, "service paused", nil
	case Resumed:
		return slog.LevelInfo, "service resumed", nil
	case StopTimedOut:
		return slog.LevelError, "service did not stop", attr(slog.Duration("after", e.After))
	case Suspended:
		return slog.LevelWarn, "machine suspended", attr(slog.Duration("late", e.Late))
	case Dropped:
		return slog.LevelWarn, "events dropped", attr(slog.Int("events", e.N))
	}
	return slog.LevelError, "unknown event", nil
}

func describeEnd(end End, more ...slog.Attr) []slog.Attr {
	attrs := append([]slog.Attr{slog.String("end", string(end.Kind)), slog.String("error", textOf(end))}, more...)
	if end.Stack != "" {
		attrs = append(attrs, slog.String("stack", end.Stack))
	}
	return attrs
}
