package backtest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/trading/backtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)

// script is everything that a replay drives, and writes down what it is asked to do.
type script struct {
	bars    []signal.Bar
	signals int // stored in each cycle
	fail    string
	diary   []string
}

var errScript = errors.New("as scripted")

func (s *script) Next() (signal.Bar, error) {
	if s.fail == "next" {
		return signal.Bar{}, errScript
	}
	if len(s.bars) == 0 {
		return signal.Bar{}, io.EOF
	}
	bar := s.bars[0]
	s.bars = s.bars[1:]
	return bar, nil
}

func (s *script) note(what string) error {
	s.diary = append(s.diary, what)
	if s.fail == what {
		return errScript
	}
	return nil
}

func (s *script) Set(t time.Time)            { _ = s.note("clock " + t.Sub(start).String()) }
func (s *script) Push(signal.Bar) error      { return s.note("tape") }
func (s *script) OnBar(signal.Bar) error     { return s.note("broker") }
func (s *script) Step(context.Context) error { return s.note("engine") }
func (s *script) done(signal.Bar)            { _ = s.note("done") }
func (s *script) config() backtest.Config {
	return backtest.Config{Bars: s, Clock: s, Tape: s, Broker: s, Generator: s, Engine: s, OnBar: s.done}
}
func (s *script) Cycle(ctx context.Context, now time.Time) generator.Result {
	r := generator.Result{At: now, Signals: s.signals}
	if err := s.note("generator"); err != nil {
		r.Errors = []error{err}
	}
	health.Observe(ctx, errScript) // must reach nobody
	return r
}

func minutes(n int) []signal.Bar {
	bars := make([]signal.Bar, n)
	for i := range bars {
		bars[i] = signal.Bar{Symbol: "A/B", Time: start.Add(time.Duration(i) * time.Minute), Interval: time.Minute, Open: 1, High: 1, Low: 1, Close: 1}
	}
	return bars
}

func TestTheOrderInWhichABarIsDealtWith(t *testing.T) {
	t.Parallel()
	s := &script{bars: minutes(1), signals: 1}
	require.NoError(t, backtest.Run(t.Context(), s.config()))
	require.Equal(t, "clock 1m0s, broker, engine, tape, generator, engine, done", strings.Join(s.diary, ", "))

	s = &script{bars: minutes(2)}
	require.NoError(t, backtest.Run(t.Context(), s.config()))
	require.Equal(t, "clock 1m0s, broker, engine, tape, generator, done, clock 2m0s, broker, engine, tape, generator, done",
		strings.Join(s.diary, ", "), "without a signal the engine has nothing to act on")
}

func TestTheFirstErrorEndsIt(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"broker", "engine", "tape", "generator"} {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			s := &script{bars: minutes(3), fail: part}
			err := backtest.Run(t.Context(), s.config())
			require.EqualError(t, err, "replay of A/B at 2022-01-01T00:00:00Z: as scripted")
			require.ErrorIs(t, err, errScript)
			require.Equal(t, part, s.diary[len(s.diary)-1])
		})
	}
	s := &script{fail: "next"}
	require.Equal(t, errScript, backtest.Run(t.Context(), s.config()), "the feed's own error names its line")
}

func TestItKeepsToItsSpeed(t *testing.T) {
	t.Parallel()
	for speed, want := range map[float64]time.Duration{0: 0, 1: 9 * time.Minute, 60: 9 * time.Second, 0.5: 18 * time.Minute} {
		t.Run(fmt.Sprint(speed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{bars: minutes(10)}
				cfg := s.config()
				cfg.Speed = speed
				began := time.Now()
				require.NoError(t, backtest.Run(t.Context(), cfg))
				require.Equal(t, want, time.Since(began))
			})
		})
	}
}

func TestItEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{bars: minutes(10)}
		cfg := s.config()
		cfg.Speed = 1
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(90*time.Second, cancel)
		began := time.Now()
		require.ErrorIs(t, backtest.Run(ctx, cfg), context.Canceled)
		require.Equal(t, 90*time.Second, time.Since(began))
		require.Len(t, s.bars, 10-3, "the third bar was waiting for its time")
	})
}

func TestItSpeaksForItselfAlone(t *testing.T) {
	t.Parallel()
	registry := health.NewRegistry(health.Config{})
	ctx := health.NewContext(t.Context(), registry.Begin("replay").Part())
	s := &script{bars: minutes(3)}
	require.NoError(t, backtest.Run(ctx, s.config()))
	part, _ := registry.Report().Part("replay")
	require.Zero(t, part.ErrorRun, "what it drives lives on another clock")
	require.False(t, part.LastProgress.IsZero())
}

func TestABadConfigurationIsRefusedWithItsField(t *testing.T) {
	t.Parallel()
	s := &script{}
	for field, breakIt := range map[string]func(*backtest.Config){
		"Bars":      func(c *backtest.Config) { c.Bars = nil },
		"Clock":     func(c *backtest.Config) { c.Clock = nil },
		"Tape":      func(c *backtest.Config) { c.Tape = nil },
		"Broker":    func(c *backtest.Config) { c.Broker = nil },
		"Generator": func(c *backtest.Config) { c.Generator = nil },
		"Engine":    func(c *backtest.Config) { c.Engine = nil },
		"Speed":     func(c *backtest.Config) { c.Speed = math.NaN() },
	} {
		cfg := s.config()
		breakIt(&cfg)
		require.ErrorContains(t, backtest.Run(t.Context(), cfg), "Config."+field)
	}
	require.Empty(t, s.diary)
}
