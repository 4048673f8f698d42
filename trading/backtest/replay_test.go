package backtest_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/backtest"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)

const coin = "A/B"

var errScript = errors.New("as scripted")

// minutes are n bars that rise by one from 100 on.
func minutes(n int) *inMemory {
	bars := make(inMemory, n)
	for i := range bars {
		open := 100 + float64(i)
		bars[i] = signal.Bar{
			Symbol: coin, Time: start.Add(time.Duration(i) * time.Minute), Interval: time.Minute,
			Open: open, High: open + 1, Low: open, Close: open + 0.5, Volume: 1,
		}
	}
	return &bars
}

// scripted is a strategy that calls a function for each bar.
type scripted func(signal.Bar) (signal.Signal, bool)

func (scripted) Warmup() int                                { return 1 }
func (f scripted) OnBar(b signal.Bar) (signal.Signal, bool) { return f(b) }

// buysAt goes long on the close of bar n.
func buysAt(n int) signal.Spec {
	return signal.Spec{Name: "buys", New: func() signal.Strategy {
		return scripted(func(b signal.Bar) (signal.Signal, bool) {
			return signal.Signal{Direction: signal.Long, Confidence: 1}, b.Time.Equal(start.Add(time.Duration(n) * time.Minute))
		})
	}}
}

// buying is a replay of rising minutes that buys on the close of the third.
func buying(t *testing.T, n int) backtest.Config {
	cfg := crossing(t, minutes(n), coin)
	cfg.Generator.Specs = []signal.Spec{buysAt(2)}
	return cfg
}

func newReplay(t *testing.T, cfg backtest.Config) *backtest.Replay {
	t.Helper()
	r, err := backtest.New(cfg)
	require.NoError(t, err)
	return r
}

func TestReplayFillsOnTheBarAfterTheDecision(t *testing.T) {
	t.Parallel()
	cfg := buying(t, 6)
	var held []string
	var r *backtest.Replay
	cfg.OnBar = func(b signal.Bar) {
		s := r.Status()
		require.Equal(t, b.End(), s.Engine.At, "the parts live on the clock of the bars")
		require.Equal(t, len(held)+1, s.Bars)
		text := fmt.Sprint(len(s.Engine.Orders), " open")
		if len(s.Engine.Positions) > 0 {
			text += fmt.Sprint(", paid ", s.Engine.Positions[0].AveragePrice())
		}
		held = append(held, text)
	}
	r = newReplay(t, cfg)
	require.NoError(t, r.Run(t.Context()))
	bought := "0 open, paid 103" // the open of the fourth
	require.Equal(t, []string{"0 open", "0 open", "1 open", bought, bought, bought}, held)
}

// fails are what makes one part of a replay fail at its third bar.
var fails = map[string]func(t *testing.T, cfg *backtest.Config){
	"the broker": func(_ *testing.T, cfg *backtest.Config) {
		(*cfg.Bars.(*inMemory))[2].Symbol = "C/D"
	},
	"the engine": func(_ *testing.T, cfg *backtest.Config) { cfg.Journal = &brokenJournal{Memory: journal.NewMemory()} },
	"the tape": func(_ *testing.T, cfg *backtest.Config) {
		(*cfg.Bars.(*inMemory))[2].Time = start // the broker leaves an older bar out
	},
	"the strategy": func(_ *testing.T, cfg *backtest.Config) {
		cfg.Generator.Specs = []signal.Spec{{Name: "breaks", New: func() signal.Strategy {
			return scripted(func(b signal.Bar) (signal.Signal, bool) {
				if b.Time.Equal(start.Add(2 * time.Minute)) {
					panic(errScript)
				}
				return signal.Signal{}, false
			})
		}}}
	},
}

// brokenJournal takes no signal.
type brokenJournal struct{ *journal.Memory }

func (j *brokenJournal) Append(ctx context.Context, at time.Time, events ...journal.Event) error {
	if _, ok := events[0].(journal.SignalSeen); ok {
		return errScript
	}
	return j.Memory.Append(ctx, at, events...)
}

func TestReplayEndsWithTheFirstError(t *testing.T) {
	t.Parallel()
	for part, breaks := range fails {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			cfg := buying(t, 6)
			breaks(t, &cfg)
			r := newReplay(t, cfg)
			require.ErrorContains(t, r.Run(t.Context()), "replay of ")
			require.Equal(t, 2, r.Status().Bars)
			require.Len(t, *cfg.Bars.(*inMemory), 3, "no further bar is read")
		})
	}
	cfg := buying(t, 1)
	cfg.Bars = broken{}
	require.Equal(t, errScript, newReplay(t, cfg).Run(t.Context()), "what gives the bars names the place itself")
}

type broken struct{}

func (broken) Next() (signal.Bar, error) { return signal.Bar{}, errScript }

func TestReplayRunsOnce(t *testing.T) {
	t.Parallel()
	r := newReplay(t, buying(t, 6))
	require.NoError(t, r.Run(t.Context()))
	require.ErrorContains(t, r.Run(t.Context()), "has run")
}

// The journal of a replay that was cut short is taken up again, with the account that it knows.
func TestReplayResumesItsJournal(t *testing.T) {
	t.Parallel()
	whole := newReplay(t, buying(t, 9))
	require.NoError(t, whole.Run(t.Context()))

	signals, kept := signal.NewMemory(0), journal.NewMemory()
	for _, n := range []int{3, 9} {
		cfg := buying(t, n)
		cfg.Signals, cfg.Journal = signals, kept
		r := newReplay(t, cfg)
		require.NoError(t, r.Run(t.Context()))
		if n < 9 {
			require.Len(t, r.Status().Engine.Orders, 1, "it ended between the decision and the fill")
			continue
		}
		want, got := whole.Status().Engine, r.Status().Engine
		require.Equal(t, want.Positions[0].Quantity.String(), got.Positions[0].Quantity.String())
		require.Equal(t, 1, got.Counts.Fills)
	}
}

func TestReplayKeepsToItsSpeed(t *testing.T) {
	t.Parallel()
	for speed, want := range map[float64]time.Duration{0: 0, 1: 9 * time.Minute, 60: 9 * time.Second, 0.5: 18 * time.Minute} {
		t.Run(fmt.Sprint(speed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := buying(t, 10)
				cfg.Speed = speed
				began := time.Now()
				require.NoError(t, newReplay(t, cfg).Run(t.Context()))
				require.Equal(t, want, time.Since(began))
			})
		})
	}
}

func TestReplayEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := buying(t, 10)
		cfg.Speed = 1
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(90*time.Second, cancel)
		began := time.Now()
		r := newReplay(t, cfg)
		require.ErrorIs(t, r.Run(ctx), context.Canceled)
		require.Equal(t, 90*time.Second, time.Since(began))
		require.Equal(t, 2, r.Status().Bars, "the third bar was waiting for its time")
	})
}

func TestReplaySpeaksForItselfAlone(t *testing.T) {
	t.Parallel()
	registry := health.NewRegistry(health.Config{})
	ctx := health.NewContext(t.Context(), registry.Begin("replay").Part())
	require.NoError(t, newReplay(t, buying(t, 3)).Run(ctx))
	report := registry.Report()
	part, _ := report.Part("replay")
	require.False(t, part.LastProgress.IsZero())
	_, ok := report.Part("replay/" + coin)
	require.False(t, ok, "what it drives lives on another clock")
}

func TestReplayRefusesABadConfigurationWithItsField(t *testing.T) {
	t.Parallel()
	for field, breakIt := range map[string]func(*backtest.Config){
		"Bars":             func(c *backtest.Config) { c.Bars = nil },
		"Instruments":      func(c *backtest.Config) { c.Instruments = nil },
		"Speed":            func(c *backtest.Config) { c.Speed = math.NaN() },
		"Interval":         func(c *backtest.Config) { c.Generator.Interval = 0 },
		"Generator.Source": func(c *backtest.Config) { c.Generator.Source, _ = feed.NewTape(1) },
		"Generator.Clock":  func(c *backtest.Config) { c.Generator.Clock = feed.NewReplayClock(start) },
		"Engine.Broker":    func(c *backtest.Config) { c.Engine.Broker = tradingtest.NewVenue(nil, trading.Traits{}) },
		"Engine.Journal":   func(c *backtest.Config) { c.Engine.Journal = journal.NewMemory() },
		"Engine.Capital":   func(c *backtest.Config) { c.Engine.Capital = number("1") },
		"Size":             func(c *backtest.Config) { c.Engine.Size = nil },
		"Cash":             func(c *backtest.Config) { c.Paper.Cash = number("0") },
		"Paper.Quote":      func(c *backtest.Config) { c.Paper.Quote = func(string) (float64, bool) { return 1, true } },
	} {
		cfg := buying(t, 3)
		breakIt(&cfg)
		_, err := backtest.New(cfg)
		require.ErrorContains(t, err, field)
	}
}
