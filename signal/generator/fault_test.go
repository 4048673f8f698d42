package generator_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// A day of each takes half a minute of the processor's time under the race detector: go test -run DayOfFaults -day .
var wholeDay = flag.Bool("day", false, "let each fault last for a day, not only that of a source that errors")

// lasts is how long a fault lasts. That of a day is followed by more bars than a page holds.
func lasts(fault signaltest.Fault) time.Duration {
	if *wholeDay || fault == signaltest.Failing {
		return 24 * time.Hour
	}
	return 4 * time.Hour
}

// A source that does any of this for a whole day holds nobody else up, ends nothing, and costs no signal.
func TestDayOfFaultsOfOneSymbol(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault signaltest.Fault
		kind  generator.ErrorKind // "" for none
	}{
		"errors":                          {signaltest.Failing, generator.KindSource},
		"panics":                          {signaltest.Panicking, generator.KindSource},
		"calls Goexit":                    {signaltest.Exiting, generator.KindSource},
		"hangs until its context ends":    {signaltest.Hanging, generator.KindSource},
		"hangs whatever its context says": {signaltest.Deaf, generator.KindLeftBehind},
		"returns nothing":                 {signaltest.Empty, ""},
		"returns garbage":                 {signaltest.Garbage, generator.KindData},
		"returns the same bar again, and no other": {signaltest.Frozen, ""}, // it is told by its age
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { faultsForADay(t, test.fault, test.kind) })
		})
	}
}

// undisturbed holds the signals of as much time as a bubble has, and three and a half minutes.
func undisturbed(t *testing.T, during time.Duration) signal.Store {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // where each bubble begins
	store := signal.NewMemory(0)
	cfg := replayConfig(store, &now)
	cfg.Symbols = []string{"BTC", "ETH", "SOL"}
	g := newGenerator(t, cfg)
	g.Cycle(t.Context(), now)
	replay{g, &now}.minutes(t, int(during.Minutes())+3)
	return store
}

func faultsForADay(t *testing.T, fault signaltest.Fault, kind generator.ErrorKind) {
	during := lasts(fault)
	cycles := int(during / (30 * second))
	cfg := config(signal.NewMemory(0))
	cfg.Symbols = []string{"BTC", "ETH", "SOL"}
	cfg.Cycle = 30 * second
	source := signaltest.NewFlaky(cfg.Source)
	cfg.Source = source
	g := newGenerator(t, cfg)
	stop := serve(t, g)
	defer stop()

	time.Sleep(2*time.Minute + 29*second)
	source.Set("ETH", fault)
	time.Sleep(during)
	synctest.Wait()
	status := g.Status()
	require.Equal(t, cycles+5, status.Cycles, "the loop goes on")
	require.Zero(t, status.Overruns)
	for _, s := range []int{0, 2} {
		require.Equal(t, time.Minute+29*second, time.Since(status.Symbols[s].LastBar), "the others are up to date")
		require.Zero(t, status.Symbols[s].Errors)
	}
	eth := status.Symbols[1]
	require.Equal(t, during+time.Minute+29*second, time.Since(eth.LastBar))
	if kind == "" {
		require.Zero(t, eth.Errors)
		require.Greater(t, eth.NotEmitted.NoData, cycles-10)
	} else {
		require.Equal(t, cycles, eth.ErrorRun)
		require.Equal(t, kind, eth.LastError.Kind)
	}

	source.Set("ETH")
	source.Release()
	time.Sleep(2 * 30 * second)
	synctest.Wait()
	eth = g.Status().Symbols[1]
	require.Zero(t, eth.ErrorRun, "back at the end of the second cycle")
	require.Less(t, time.Since(eth.LastBar), 2*time.Minute)
	want := undisturbed(t, during)
	for _, symbol := range cfg.Symbols {
		require.NotEmpty(t, stored(t, want, symbol))
		require.Equal(t, stored(t, want, symbol), stored(t, cfg.Store, symbol), "nothing lost, nothing doubled")
	}
}

func TestTenErrorsInARowWarnOnceAndTheCountBeginsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, log := config(signal.NewMemory(0)), &logbook{}
		cfg.Logger = log.logger(slog.LevelInfo)
		source := signaltest.NewFlaky(cfg.Source)
		cfg.Source = source
		source.Set("BTC", signaltest.Failing)
		stop := serve(t, newGenerator(t, cfg))
		defer stop()

		time.Sleep(44 * second)
		require.Len(t, log.with("Error in generation cycle"), 9)
		require.Empty(t, log.with("unstable"))
		time.Sleep(second)
		synctest.Wait()
		require.Equal(t, []string{
			`level=WARN msg="consecutive errors - signal generation may be unstable" symbol=BTC consecutive=10`,
		}, log.with("unstable"))
		time.Sleep(60 * second)
		synctest.Wait()
		require.Len(t, log.with("unstable"), 2, "at the tenth and at the twentieth of 22")
		failures := log.with("Error in generation cycle")
		require.Len(t, failures, 22)
		require.Contains(t, failures[9], "consecutive=10")
		require.Contains(t, failures[10], "consecutive=1")
		require.Contains(t, failures[0], `symbol=BTC kind=source error="generator: BTC: source: bars after `)

		source.Set("BTC")
		time.Sleep(5 * second)
		synctest.Wait()
		require.Equal(t, []string{`level=INFO msg="Signal generation recovered" symbol=BTC errors=22 duration=1m50s`},
			log.with("recovered"), "also when the count has begun again")
	})
}

func TestLoopWarnsWhereNoSymbolSucceeds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, log := config(signal.NewMemory(0)), &logbook{}
		cfg.Logger = log.logger(slog.LevelWarn)
		cfg.Symbols = []string{"BTC", "ETH"}
		source := signaltest.NewFlaky(cfg.Source)
		cfg.Source = source
		source.Set("BTC", signaltest.Failing)
		source.Set("ETH", signaltest.Failing, signaltest.Failing, signaltest.Fine, signaltest.Failing)
		stop := serve(t, newGenerator(t, cfg))
		defer stop()
		time.Sleep(11*5*second + second)
		require.Empty(t, log.with("scope=cycle"), "the third cycle had a success: nine since then")
		time.Sleep(5 * second)
		synctest.Wait()
		require.Equal(t, []string{
			`level=WARN msg="consecutive errors - signal generation may be unstable" scope=cycle consecutive=10`,
		}, log.with("scope=cycle"))
	})
}

func TestErrorsKeepTheirKind(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	broken := func(f each) []signal.Spec { return []signal.Spec{spec("s", func() signal.Strategy { return f })} }
	says := func(s signal.Signal) []signal.Spec { return []signal.Spec{always(s)} }
	tests := map[string]struct {
		spoil func(*generator.Config)
		kind  generator.ErrorKind
		text  string
		stack bool
	}{
		"a source that has not got the symbol": {
			func(c *generator.Config) {
				c.Source = sourceFunc(func() ([]signal.Bar, error) { return nil, cause })
			},
			generator.KindSource, "cause", false},
		"a source that panics with an error": {
			func(c *generator.Config) { c.Source = sourceFunc(func() ([]signal.Bar, error) { panic(cause) }) },
			generator.KindSource, "panic: cause", true},
		"a strategy that panics": {
			func(c *generator.Config) {
				c.Specs = broken(func(signal.Bar) (signal.Signal, bool) { panic(cause) })
			},
			generator.KindStrategy, "panic: cause", true},
		"a strategy that calls Goexit": {
			func(c *generator.Config) {
				c.Specs = broken(func(signal.Bar) (signal.Signal, bool) { runtime.Goexit(); return signal.Signal{}, false })
			}, generator.KindStrategy, "runtime.Goexit was called", false},
		"a strategy that is nil": {
			func(c *generator.Config) { c.Specs[0].New = func() signal.Strategy { return nil } },
			generator.KindStrategy, "turns: Spec.New returned nil", false},
		"a strategy that cannot be made": {
			func(c *generator.Config) { c.Specs[0].New = func() signal.Strategy { panic(cause) } },
			generator.KindStrategy, "panic: cause", true},
		"a confidence that is no number": {
			func(c *generator.Config) { c.Specs = says(signal.Signal{Confidence: math.NaN()}) },
			generator.KindStrategy, "always: confidence NaN is not between 0 and 1", false},
		"a confidence above one": {
			func(c *generator.Config) { c.Specs = says(signal.Signal{Confidence: 1.01}) },
			generator.KindStrategy, "confidence 1.01", false},
		"a confidence below zero": {
			func(c *generator.Config) { c.Specs = says(signal.Signal{Confidence: -0.01}) },
			generator.KindStrategy, "confidence -0.01", false},
		"a direction that is none": {
			func(c *generator.Config) { c.Specs = says(signal.Signal{Direction: 7}) },
			generator.KindStrategy, "always: Direction(7) is no direction", false},
		"a part that could not be stored": {
			func(c *generator.Config) {
				c.Specs = says(signal.Signal{Parts: []signal.Part{{Strategy: "a"}, {Strategy: "b", Weight: math.Inf(1)}}})
			},
			generator.KindStrategy, `always: Parts[1] "b": Weight +Inf is not a number`, false},
		"a store that cannot be read": {
			func(c *generator.Config) { c.Store = &badStore{Store: c.Store, latest: cause} },
			generator.KindStore, "read the newest signal of turns: cause", false},
		"a store that cannot be written": {
			func(c *generator.Config) {
				c.Store, c.Specs = &badStore{Store: c.Store, fail: cause}, says(signal.Signal{Direction: signal.Long})
			}, generator.KindStore, "append signal ", false},
		"hours that panic": {
			func(c *generator.Config) { c.Hours = hoursFunc(func(time.Time) bool { panic(cause) }) },
			generator.KindSession, "panic: cause", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(signal.NewMemory(0))
			test.spoil(&cfg)
			g := newGenerator(t, cfg)
			result := g.Cycle(t.Context(), time.Now().Truncate(time.Minute))
			require.Len(t, result.Errors, 1)
			var err *generator.Error
			require.ErrorAs(t, result.Errors[0], &err)
			require.Equal(t, test.kind, err.Kind)
			require.Equal(t, "BTC", err.Symbol)
			require.Contains(t, err.Error(), "BTC: "+string(test.kind)+": ")
			require.Contains(t, err.Error(), test.text)
			require.Equal(t, test.stack, err.Stack != "")
			if test.stack {
				require.ErrorIs(t, err, cause)
				require.Contains(t, err.Stack, "fault_test.go")
			}
			require.Equal(t, err, g.Status().Symbols[0].LastError)
		})
	}
}

func TestBarThatCannotBeReachesNoStrategy(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	clk := still{&now}
	m := market{clock: clk, interval: time.Minute}
	good := func(minutes int) signal.Bar { return m.bar("BTC", now.Add(time.Duration(minutes)*time.Minute)) }
	tests := map[string]struct {
		spoil func(*signal.Bar)
		text  string
	}{
		"of another symbol":       {func(b *signal.Bar) { b.Symbol = "ETH" }, `symbol "ETH" is not "BTC"`},
		"of another interval":     {func(b *signal.Bar) { b.Interval = time.Hour }, "interval 1h0m0s is not 1m0s"},
		"older than was asked":    {func(b *signal.Bar) { b.Time = now.Add(-100 * time.Minute) }, "not later than 2026-01-01T11:38:59.999999999Z"},
		"not closed yet":          {func(b *signal.Bar) { b.Time = now.Add(2*second + 1) }, "not closed before 2026-01-01T12:01:02.000000001Z"},
		"with a name without end": {func(b *signal.Bar) { b.Symbol = strings.Repeat("x", 1000) }, `symbol "` + strings.Repeat("x", 40) + `" is not "BTC"`},
		"high below low":          {func(b *signal.Bar) { b.High = 1 }, "high 1 is below"},
		"without a close":         {func(b *signal.Bar) { b.Close = 0 }, "close 0 is not a price"},
		"open that is no number":  {func(b *signal.Bar) { b.Open = math.NaN() }, "open NaN is not a price"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := good(-2)
			test.spoil(&bad)
			answers := [][]signal.Bar{{good(-3), bad, good(-1)}}
			source := sourceFunc(func() ([]signal.Bar, error) {
				if len(answers) == 0 {
					return nil, nil
				}
				answer := answers[0]
				answers = answers[1:]
				return answer, nil
			})
			var seen []signal.Bar
			cfg := config(signal.NewMemory(0))
			cfg.Clock, cfg.Source = clk, source
			cfg.Specs = []signal.Spec{spec("see", func() signal.Strategy {
				return each(func(b signal.Bar) (signal.Signal, bool) {
					seen = append(seen, b)
					return signal.Signal{}, false
				})
			})}
			g := newGenerator(t, cfg)
			result := g.Cycle(t.Context(), now)
			require.Equal(t, []signal.Bar{good(-3), good(-1)}, seen, "the rest goes on")
			require.Equal(t, 2, result.Bars)
			require.Len(t, result.Errors, 1)
			require.ErrorContains(t, result.Errors[0], "BTC: data: bar ")
			require.ErrorContains(t, result.Errors[0], test.text)
			require.Equal(t, 1, g.Status().Refused)

			result = g.Cycle(t.Context(), now)
			require.Empty(t, result.Errors)
			require.Equal(t, 1, result.Succeeded)
		})
	}
}

// A panic in the midst of a bar leaves some strategies a bar ahead of others: all of them start anew from history.
func TestStrategiesAreWarmedUpAnewAfterAPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, leave := range []func(){func() { panic("torn") }, runtime.Goexit} {
			want, got := signal.NewMemory(0), signal.NewMemory(0)
			cfg := config(got)
			made, bars, last := 0, 0, time.Time{}
			cfg.Specs = append(cfg.Specs, spec("fragile", func() signal.Strategy {
				made++
				inner := &turns{}
				return each(func(b signal.Bar) (signal.Signal, bool) {
					if bars++; bars == 75 || bars == 80 {
						leave()
					}
					return inner.OnBar(b)
				})
			}))
			undisturbed := config(want)
			undisturbed.Specs = append(undisturbed.Specs, spec("fragile", func() signal.Strategy { return &turns{} }))
			g := newGenerator(t, cfg)
			stop, stopOther := serve(t, g), serve(t, newGenerator(t, undisturbed))
			for range 60 * 12 {
				time.Sleep(5 * second)
				synctest.Wait()
				now := g.Status().Symbols[0].LastBar
				require.False(t, now.Before(last), "taking history again is no step back")
				last = now
			}
			require.Equal(t, 3, made)
			require.Equal(t, 2, g.Status().Errors)
			require.LessOrEqual(t, g.Status().Signals-len(stored(t, got, "")), 1, "only the torn bar is told again")
			for _, strategy := range []string{"turns", "fragile"} {
				w, err := want.Latest(t.Context(), signal.Query{Strategy: strategy, Limit: 100})
				require.NoError(t, err)
				g, err := got.Latest(t.Context(), signal.Query{Strategy: strategy, Limit: 100})
				require.NoError(t, err)
				require.Len(t, g, len(w))
				for i := range w {
					require.True(t, w[i].Same(g[i]), "%v and %v", w[i], g[i])
				}
			}
			stop()
			stopOther()
		}
	})
}

// sourceFunc answers whatever it is asked.
type sourceFunc func() ([]signal.Bar, error)

func (f sourceFunc) Bars(context.Context, string, time.Time, int) (signal.Batch, error) {
	bars, err := f()
	return signal.Batch{Bars: bars}, err
}

type hoursFunc func(at time.Time) bool

func (f hoursFunc) Open(_ string, at time.Time) (bool, time.Time) { return f(at), time.Time{} }

// badStore fails where it has an error to fail with.
type badStore struct {
	signal.Store
	latest, fail error
	offered      []string
}

func (s *badStore) Latest(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
	if s.latest != nil {
		return nil, s.latest
	}
	return s.Store.Latest(ctx, q)
}

func (s *badStore) Append(ctx context.Context, signals ...signal.Signal) error {
	s.offered = append(s.offered, fmt.Sprint(signals))
	if s.fail != nil {
		return s.fail
	}
	return s.Store.Append(ctx, signals...)
}
