package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// logEvent tells what happens in the tree in the words that operators grep for. The tree folds what repeats.
func (a *app) logEvent(e supervisor.Event) {
	if e.Stamped().Path == generationPath {
		a.tellGeneration(e)
		return
	}
	if e, again := e.(supervisor.Restarting); again && e.Path == tradingPath {
		a.log.Error("Trading failed, starting it again", "in", e.At.Sub(e.Time).Round(time.Millisecond))
		return
	}
	supervisor.LogEvent(a.log, e)
}

// tellWhenReady says that trading is on once the engine in ctx has reconciled. The function that it returns waits for
// its end.
func (a *app) tellWhenReady(ctx context.Context) (wait func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-ctx.Done():
		case <-health.FromContext(ctx).AwaitReady():
			a.log.Info("Production trading loop active", "duration", a.durationText(),
				"active_symbols", len(a.cfg.symbols))
			a.log.Info("Processing symbols", "count", len(a.cfg.symbols), "symbols", a.cfg.symbols)
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

func (a *app) durationText() string {
	if a.cfg.duration == 0 {
		return "infinite"
	}
	return a.cfg.duration.String()
}

// tellGeneration says what happens to the signal generation in the words that its operators know.
func (a *app) tellGeneration(e supervisor.Event) {
	switch e := e.(type) {
	case supervisor.Verified:
		a.log.Info("Background task is running successfully")
	case supervisor.Failed:
		a.tellEnd(e)
	case supervisor.Restarting:
		a.log.Warn("Background task stopped, attempting to restart",
			"attempt", e.Attempt.N, "max_attempts", e.Attempt.Max, "in", e.At.Sub(e.Time).Round(time.Millisecond))
	case supervisor.Parked:
		a.log.Error("Max restart attempts reached", "next_round_at", e.Until)
	default:
		supervisor.LogEvent(a.log, e)
	}
}

func (a *app) tellEnd(e supervisor.Failed) {
	attrs := []any{"end", e.End.Kind, "error", e.End.Error(), "ran", e.Ran}
	if e.End.Kind == supervisor.EndPanic {
		attrs = append(attrs, "stack", e.End.Stack)
	}
	switch {
	case e.FailedStart:
		a.log.Error("Failed to start background task", attrs...)
	case e.End.Clean():
		a.log.Warn("Background task ended", attrs...)
	default:
		a.log.Error("Background task crashed", attrs...)
	}
}

// taskMonitor looks at the signal generation every two cycles, and says so at every tenth time that it finds it working.
func (a *app) taskMonitor(ctx context.Context) error {
	for checks := 1; ; checks++ {
		next := a.clock.Now().Add(2 * a.cfg.cycle())
		health.Idle(ctx, next)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-a.clock.After(2 * a.cfg.cycle()):
		}
		part, _ := a.registry.Report().Part(generationPath)
		health.Observe(ctx, nil)
		if checks%10 == 0 && part.Verdict != health.Unhealthy {
			a.log.Info("Background task health check passed", "checks", checks, "state", part.Lifecycle.State)
		}
	}
}

// service makes a Service of a function.
type service func(ctx context.Context) error

func (f service) Serve(ctx context.Context) error { return f(ctx) }

// announced is a source that says once for each symbol that its bars are being processed.
type announced struct {
	signal.Source
	log *slog.Logger

	said sync.Map
}

func (s *announced) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	if _, said := s.said.LoadOrStore(symbol, true); !said {
		s.log.Info("Processing symbol", "symbol", symbol)
	}
	return s.Source.Bars(ctx, symbol, after, limit)
}
