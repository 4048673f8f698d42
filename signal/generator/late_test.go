package generator_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

func TestAnswerThatComesTooLateIsNotTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		source := signaltest.NewFlaky(cfg.Source)
		cfg.Source = source
		source.Set("BTC", signaltest.Deaf, signaltest.Fine)
		g := newGenerator(t, cfg)
		require.Len(t, g.Cycle(t.Context(), time.Now()).Errors, 1)
		source.Release()
		synctest.Wait()
		require.Zero(t, g.Status().Bars)
		require.Equal(t, 61, g.Cycle(t.Context(), time.Now()).Bars)
	})
}

// What a strategy says after its symbol was left behind is kept, and it is the next cycle that stores it.
func TestSymbolThatWasLeftBehindStopsBetweenTwoBars(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, release := &badStore{Store: signal.NewMemory(0)}, make(chan struct{})
		cfg := config(store)
		bars := 0
		cfg.Specs = []signal.Spec{spec("slow", func() signal.Strategy {
			return each(func(signal.Bar) (signal.Signal, bool) {
				if bars++; bars == 22 {
					<-release
				}
				return signal.Signal{Direction: signal.Long}, true
			})
		})}
		g := newGenerator(t, cfg)
		require.Equal(t, 1, g.Cycle(t.Context(), time.Now()).Signals)
		store.offered = nil
		time.Sleep(3 * time.Minute)
		var err *generator.Error
		require.ErrorAs(t, g.Cycle(t.Context(), time.Now()).Errors[0], &err)
		require.Equal(t, generator.KindLeftBehind, err.Kind)
		close(release)
		synctest.Wait()
		require.Equal(t, 22, g.Status().Bars)
		require.Equal(t, 1, g.Status().Symbols[0].Pending)
		require.Empty(t, store.offered, "a run that was given up stores nothing")
		require.Equal(t, 1, g.Status().Errors, "it was told when it was left behind, and is not told again")

		require.Equal(t, 3, g.Cycle(t.Context(), time.Now()).Signals)
		require.Len(t, stored(t, store, ""), 4)
	})
}

func TestPanicIsToldAlsoWhereNobodyWaitsForIt(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*logbook) *slog.Logger{
		"in the log":                         func(b *logbook) *slog.Logger { return b.logger(slog.LevelError) },
		"and a log that panics ends nothing": func(b *logbook) *slog.Logger { return slog.New(panicsOn{b.logger(0).Handler(), "panic: late"}) },
	}
	for name, logger := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				log, release := &logbook{}, make(chan struct{})
				cfg := config(signal.NewMemory(0))
				cfg.Logger = logger(log)
				cfg.Source = sourceFunc(func() ([]signal.Bar, error) {
					<-release
					panic("late")
				})
				g := newGenerator(t, cfg)
				g.Cycle(t.Context(), time.Now())
				close(release)
				synctest.Wait()
				require.Len(t, log.with(`kind=source error="generator: BTC: source: panic: late"`), 1)
				require.Len(t, g.Cycle(t.Context(), time.Now()).Errors, 1, "it has come back")
			})
		})
	}
}

func TestPanicIsToldAlsoWhileStopping(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	log := &logbook{}
	cfg := config(signal.NewMemory(0))
	cfg.Logger = log.logger(slog.LevelError)
	cfg.Symbols = []string{"BTC", "ETH"}
	cfg.Concurrency = 2
	began := make(chan struct{})
	cfg.Source = bySymbol{
		"BTC": func() ([]signal.Bar, error) { <-began; cancel(); panic("stopping") },
		"ETH": func() ([]signal.Bar, error) { close(began); <-ctx.Done(); return nil, errors.New("closed") },
	}
	result := newGenerator(t, cfg).Cycle(ctx, time.Now())
	require.Len(t, result.Errors, 1)
	require.EqualError(t, result.Errors[0], "generator: BTC: source: panic: stopping")
	require.Len(t, log.with("Error in generation cycle"), 1)
}

type bySymbol map[string]sourceFunc

func (s bySymbol) Bars(_ context.Context, symbol string, _ time.Time, _ int) (signal.Batch, error) {
	bars, err := s[symbol]()
	return signal.Batch{Bars: bars}, err
}

// panicsOn is a log handler that panics once it has written of a certain error.
type panicsOn struct {
	slog.Handler
	text string
}

func (h panicsOn) Handle(ctx context.Context, r slog.Record) error {
	err := h.Handler.Handle(ctx, r)
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "stack" && r.NumAttrs() == 4 { // the late one has no count
			panic("log")
		}
		return true
	})
	return err
}

func TestAnswerAfterTheContextsEndIsTheSourcesError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(signal.NewMemory(0))
		cfg.Source = &asked{Source: cfg.Source, then: func(int) { time.Sleep(4200 * time.Millisecond) }}
		g := newGenerator(t, cfg)
		var err *generator.Error
		require.ErrorAs(t, g.Cycle(t.Context(), time.Now()).Errors[0], &err)
		require.Equal(t, generator.KindSource, err.Kind)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Zero(t, g.Status().LeftBehind, "it came back in time for that")
	})
}

func TestPageOfNothingButBadBarsIsAskedForOnce(t *testing.T) {
	t.Parallel()
	calls := 0
	cfg := config(signal.NewMemory(0))
	cfg.Source = sourceFunc(func() ([]signal.Bar, error) {
		calls++
		return make([]signal.Bar, 1000), nil
	})
	g := newGenerator(t, cfg)
	require.Len(t, g.Cycle(t.Context(), time.Now()).Errors, 1)
	require.Equal(t, 1, calls)
	require.Equal(t, 1000, g.Status().Refused)
}
