package generator_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// replay is a Generator driven by hand, a cycle at each end of a bar, on a clock that stands still between them.
type replay struct {
	*generator.Generator
	now *time.Time
}

var origin = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// newReplay returns the configuration of a replay that begins at now, and the clock that the replay moves.
func replayConfig(store signal.Store, now *time.Time) generator.Config {
	cfg := config(store)
	cfg.Clock, cfg.Concurrency = still{now}, 1
	cfg.Source = market{clock: cfg.Clock, interval: time.Minute}
	cfg.Symbols = []string{"BTC", "ETH", "SOL"}
	return cfg
}

func (r replay) minutes(t require.TestingT, n int) {
	for range n {
		*r.now = r.now.Add(time.Minute)
		require.Empty(t, r.Cycle(context.Background(), *r.now).Errors)
	}
}

func TestFailedAppendLosesNothing(t *testing.T) {
	t.Parallel()
	now, other := origin, origin
	store, want := &badStore{Store: signal.NewMemory(0)}, signal.NewMemory(0)
	r := replay{newGenerator(t, replayConfig(store, &now)), &now}
	r.minutes(t, 7)
	store.fail = errors.New("disk full")
	store.offered = nil
	var failed []error
	for len(failed) == 0 || !strings.HasPrefix(failed[0].Error(), "generator: BTC: ") {
		now = now.Add(time.Minute)
		failed = r.Cycle(t.Context(), now).Errors
	}
	at := now
	for now.Before(origin.Add(40 * time.Minute)) {
		now = now.Add(time.Minute)
		r.Cycle(t.Context(), now)
	}
	btc := r.Status().Symbols[0]
	require.Equal(t, 1, btc.Pending, "nothing new is made meanwhile, so that what waits is bounded")
	require.Equal(t, at.Add(-time.Minute), btc.LastBar)
	first := store.offered[0]
	store.fail, store.offered = nil, nil
	r.minutes(t, 1)
	require.Contains(t, store.offered, first, "the very same signal is offered again, with its first CreatedAt")
	require.Zero(t, r.Status().Symbols[0].Pending)

	replay{newGenerator(t, replayConfig(want, &other)), &other}.minutes(t, 41)
	for _, symbol := range []string{"BTC", "ETH", "SOL"} {
		require.Equal(t, stored(t, want, symbol), stored(t, store, symbol))
	}
}

func TestConflictIsToldAndCountsAsStored(t *testing.T) {
	t.Parallel()
	now, log := origin, &logbook{}
	memory := signal.NewMemory(0)
	cfg := replayConfig(memory, &now)
	cfg.Symbols, cfg.Logger = []string{"BTC"}, log.logger(slog.LevelInfo)
	cfg.Specs = []signal.Spec{always(signal.Signal{Direction: signal.Long, Confidence: 1})}
	first := signal.Signal{ID: signal.Stream{Strategy: "always", Symbol: "BTC", Interval: time.Minute}.ID(origin.Add(-time.Minute)), Price: 1}
	require.NoError(t, memory.Append(t.Context(), first))

	g := newGenerator(t, cfg)
	result := g.Cycle(t.Context(), now)
	require.Empty(t, result.Errors)
	require.Zero(t, result.Signals)
	now = now.Add(time.Minute)
	require.Equal(t, 1, g.Cycle(t.Context(), now).Signals, "it is not offered again")
	require.Equal(t, 1, g.Status().Conflicts)
	require.Len(t, log.with("level=WARN"), 1)
	require.Equal(t, 1.0, stored(t, memory, "")[0].Price, "the first one stays")
}

func TestPartsAreStoredAsTheyWereWhenTheySpoke(t *testing.T) {
	t.Parallel()
	now := origin
	store := signal.NewMemory(0)
	cfg := replayConfig(store, &now)
	cfg.Symbols = []string{"BTC"}
	parts := []signal.Part{{Strategy: "a", Weight: 1, Spoke: true, Direction: signal.Long}}
	cfg.Specs = []signal.Spec{spec("reuses", func() signal.Strategy {
		return each(func(signal.Bar) (signal.Signal, bool) {
			parts[0].Confidence += 0.25
			return signal.Signal{Direction: signal.Long, Confidence: 1, Parts: parts}, true
		})
	})}
	g := newGenerator(t, cfg)
	g.Cycle(t.Context(), now)
	now = now.Add(5 * time.Minute)
	g.Cycle(t.Context(), now)
	got := stored(t, store, "")
	require.Greater(t, len(got), 5)
	for i, s := range got[1:] {
		require.Greater(t, s.Parts[0].Confidence, got[i].Parts[0].Confidence)
	}
}

// Wherever a run is cut off, the next one goes on as if there had been no cut.
func TestCutAtAnyBarChangesNothing(t *testing.T) {
	t.Parallel()
	const length = 60
	now := origin
	want := signal.NewMemory(0)
	replay{newGenerator(t, replayConfig(want, &now)), &now}.minutes(t, length)
	require.Greater(t, len(stored(t, want, "")), 10)
	firstOf := func(symbol string) time.Time { return stored(t, want, symbol)[0].BarTime }
	started := firstOf("BTC")
	for _, symbol := range []string{"ETH", "SOL"} {
		if at := firstOf(symbol); at.After(started) {
			started = at
		}
	}
	for cut := 1; cut < length; cut++ {
		now, store := origin, signal.NewMemory(0)
		replay{newGenerator(t, replayConfig(store, &now)), &now}.minutes(t, cut)
		down := 0
		if now.After(started.Add(time.Minute)) { // every symbol has a stored signal to go on from
			down = min(10, length-cut-1)
		}
		now = now.Add(time.Duration(down) * time.Minute)
		replay{newGenerator(t, replayConfig(store, &now)), &now}.minutes(t, length-cut-down)
		for _, symbol := range []string{"BTC", "ETH", "SOL"} {
			require.Equal(t, stored(t, want, symbol), stored(t, store, symbol), "cut after bar %d", cut)
		}
	}
}

func TestFirstStartEmitsNothingOlderThanItself(t *testing.T) {
	t.Parallel()
	now := origin.Add(30 * second)
	store := signal.NewMemory(0)
	cfg := replayConfig(store, &now)
	cfg.Symbols = []string{"BTC"}
	cfg.Specs = []signal.Spec{always(signal.Signal{Direction: signal.Long, Confidence: 1})}
	g := newGenerator(t, cfg)
	result := g.Cycle(t.Context(), now)
	require.Equal(t, 20, result.Bars, "history was taken: twenty times the Warmup")
	require.Zero(t, result.Signals)
	now = now.Add(time.Minute)
	require.Equal(t, 1, g.Cycle(t.Context(), now).Signals)
	require.Equal(t, origin, stored(t, store, "")[0].BarTime)
}

func TestRestartCatchesUpAsFarBackAsHistoryReaches(t *testing.T) {
	t.Parallel()
	now := origin
	store := signal.NewMemory(0)
	cfg := replayConfig(store, &now)
	cfg.Symbols, cfg.History = []string{"BTC"}, 20
	cfg.Specs = []signal.Spec{always(signal.Signal{Direction: signal.Long, Confidence: 1})}
	replay{newGenerator(t, cfg), &now}.minutes(t, 3)
	before := stored(t, store, "")
	now = now.Add(time.Hour)
	require.Equal(t, 20, newGenerator(t, cfg).Cycle(t.Context(), now).Signals)
	after := stored(t, store, "")
	require.Equal(t, before, after[:len(before)])
	require.Equal(t, now.Add(-20*time.Minute), after[len(before)].BarTime)
}

func TestLongWayToCatchUpTakesSeveralCycles(t *testing.T) {
	t.Parallel()
	now := origin
	cfg := replayConfig(signal.NewMemory(0), &now)
	cfg.Symbols = []string{"BTC"}
	g := newGenerator(t, cfg)
	g.Cycle(t.Context(), now)
	now = now.Add(25_000 * time.Minute)
	for _, want := range []int{9_998, 9_998, 5_004, 0} { // ten pages each, less what is asked for again
		require.Equal(t, want, g.Cycle(t.Context(), now).Bars)
	}
}

func TestHistoryLongerThanTimeItselfIsFine(t *testing.T) {
	t.Parallel()
	now := origin
	cfg := replayConfig(signal.NewMemory(0), &now)
	cfg.History = 1 << 61
	require.Equal(t, 30_000, newGenerator(t, cfg).Cycle(t.Context(), now).Bars, "ten pages of each symbol")
}

func TestSignalsBeginWithTheFirstCycleAlsoWhereItFailed(t *testing.T) {
	t.Parallel()
	now, store := origin, &badStore{Store: signal.NewMemory(0), latest: errors.New("locked")}
	cfg := replayConfig(store, &now)
	cfg.Symbols, cfg.Specs = []string{"BTC"}, []signal.Spec{always(signal.Signal{Direction: signal.Long})}
	g := newGenerator(t, cfg)
	require.Len(t, g.Cycle(t.Context(), now).Errors, 1)
	now, store.latest = now.Add(5*time.Minute), nil
	require.Equal(t, 6, g.Cycle(t.Context(), now).Signals)
	require.Equal(t, origin.Add(-time.Minute), stored(t, store, "")[0].BarTime)
}

func TestStoreMayKeepWhatItWasGiven(t *testing.T) {
	t.Parallel()
	now, store := origin, &keepingStore{Memory: signal.NewMemory(0)}
	cfg := replayConfig(store, &now)
	cfg.Symbols, cfg.Specs = []string{"BTC"}, []signal.Spec{always(signal.Signal{Direction: signal.Long})}
	replay{newGenerator(t, cfg), &now}.minutes(t, 3)
	for i, given := range store.given {
		require.Equal(t, stored(t, store, "")[i].BarTime, given[0].BarTime)
	}
}

type keepingStore struct {
	*signal.Memory
	given [][]signal.Signal
}

func (s *keepingStore) Append(ctx context.Context, signals ...signal.Signal) error {
	s.given = append(s.given, signals)
	return s.Memory.Append(ctx, signals...)
}

func TestSessionIsTheOneAtTheBarsEnd(t *testing.T) {
	t.Parallel()
	now, store := origin, signal.NewMemory(0)
	cfg := replayConfig(store, &now)
	cfg.Symbols, cfg.Specs = []string{"BTC"}, []signal.Spec{always(signal.Signal{Direction: signal.Long})}
	closes := origin.Add(4 * time.Minute)
	cfg.Hours = hoursFunc(func(at time.Time) bool { return at.Before(closes) })
	g := newGenerator(t, cfg)
	g.Cycle(t.Context(), now)
	now = now.Add(10 * time.Minute)
	require.Equal(t, 3, g.Cycle(t.Context(), now).Signals, "late, and yet as if it had been there")
	require.Equal(t, generator.NotEmitted{Session: 7}, g.Status().NotEmitted)
}

func TestSignalIsComplete(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("somewhere", 3600)
	now := origin.In(zone)
	store := signal.NewMemory(0)
	cfg := replayConfig(store, &now)
	cfg.Symbols, cfg.Validity = []string{"BTC"}, time.Hour
	cfg.Specs = []signal.Spec{always(signal.Signal{
		Direction: signal.Short, Confidence: 0.25, ID: "x", Seq: 9, Strategy: "x", Symbol: "x", Price: 1})}
	cfg.Specs[0].Params = "a=1"
	newGenerator(t, cfg).Cycle(t.Context(), now)
	bar := market{interval: time.Minute}.bar("BTC", origin.Add(-time.Minute))
	got, err := store.Latest(t.Context(), signal.Query{})
	require.NoError(t, err)
	require.Equal(t, []signal.Signal{{
		ID: signal.Stream{Strategy: "always", Params: "a=1", Symbol: "BTC", Interval: time.Minute}.ID(bar.Time), Seq: 1, Strategy: "always", Params: "a=1",
		Symbol: "BTC", Interval: time.Minute, Direction: signal.Short, Confidence: 0.25, Price: bar.Close,
		BarTime: bar.Time, CreatedAt: origin, ValidUntil: origin.Add(time.Hour),
	}}, got)
}

func TestSignalNotEmittedIsCountedByReason(t *testing.T) {
	t.Parallel()
	noon := origin.Add(12 * time.Hour)
	tests := map[string]struct {
		direction  signal.Direction
		confidence float64
		closed     bool
		signals    int
		want       generator.NotEmitted
		log        string
	}{
		"sure enough": {signal.Long, 0.5, false, 1, generator.NotEmitted{}, ""},
		"below the threshold": {signal.Long, 0.49, false, 0, generator.NotEmitted{Threshold: 1},
			`level=INFO msg="Signals not emitted" threshold=1 session=0 warmup=0 no_data=0 invalid=0`},
		"a flat below the threshold is emitted": {signal.Flat, 0, false, 1, generator.NotEmitted{}, ""},
		"the market is closed": {signal.Short, 1, true, 0, generator.NotEmitted{Session: 1},
			`level=INFO msg="Signals not emitted" threshold=0 session=1 warmup=0 no_data=0 invalid=0`},
		"a flat in a closed market is emitted": {signal.Flat, 1, true, 1, generator.NotEmitted{}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := noon
			cfg := replayConfig(signal.NewMemory(0), &now)
			log := &logbook{}
			cfg.Symbols, cfg.MinConfidence, cfg.Logger = []string{"BTC"}, 0.5, log.logger(slog.LevelInfo)
			cfg.Hours = hoursFunc(func(time.Time) bool { return !test.closed })
			cfg.Specs = []signal.Spec{always(signal.Signal{Direction: test.direction, Confidence: test.confidence})}
			g := newGenerator(t, cfg)
			result := g.Cycle(t.Context(), now)
			require.Empty(t, result.Errors)
			require.Equal(t, test.signals, result.Signals)
			require.Equal(t, test.want, g.Status().NotEmitted)
			require.Equal(t, test.want, g.Status().Symbols[0].NotEmitted)
			require.Equal(t, test.want, result.NotEmitted)
			require.Equal(t, test.log, strings.Join(log.with("not emitted"), ""))
		})
	}
}

func TestWarmingUpAndMissingDataAreCounted(t *testing.T) {
	t.Parallel()
	now := origin
	cfg := replayConfig(signal.NewMemory(0), &now)
	log := &logbook{}
	cfg.Symbols, cfg.Logger = []string{"BTC"}, log.logger(slog.LevelDebug)
	m := cfg.Source
	source := &asked{Source: m}
	young := sourceAfter{source, origin.Add(-time.Minute)} // the symbol's first bar ends with the first cycle
	flaky := signaltest.NewFlaky(young)
	cfg.Source = flaky
	r := replay{newGenerator(t, cfg), &now}
	r.Cycle(t.Context(), now)
	r.minutes(t, 5)
	require.Equal(t, generator.NotEmitted{Warmup: 2}, r.Status().NotEmitted, "the first two bars of three")

	flaky.Set("BTC", signaltest.Empty)
	now = now.Add(59 * second)
	require.Equal(t, 1, r.Cycle(t.Context(), now).Succeeded, "nothing is due yet")
	now = now.Add(second)
	result := r.Cycle(t.Context(), now)
	require.Zero(t, result.Succeeded, "a bar is due")
	require.Empty(t, result.Errors)
	require.Equal(t, generator.NotEmitted{Warmup: 2, NoData: 1}, r.Status().NotEmitted)
	require.Equal(t, []string{
		`level=INFO msg="Signals not emitted" threshold=0 session=0 warmup=1 no_data=0 invalid=0`,
		`level=INFO msg="Signals not emitted" threshold=0 session=0 warmup=1 no_data=0 invalid=0`,
		`level=DEBUG msg="Signals not emitted" threshold=0 session=0 warmup=0 no_data=1 invalid=0`,
	}, log.with("not emitted"))
}

// sourceAfter has no bars that open before from.
type sourceAfter struct {
	signal.Source
	from time.Time
}

func (s sourceAfter) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	if after.Before(s.from.Add(-1)) {
		after = s.from.Add(-1)
	}
	return s.Source.Bars(ctx, symbol, after, limit)
}

func TestServeRunsShareTheSymbols(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		want := signal.NewMemory(0)
		cfg := config(signal.NewMemory(0))
		cfg.Symbols = []string{"BTC", "ETH"}
		undisturbed := cfg
		undisturbed.Store = want
		source := signaltest.NewFlaky(cfg.Source)
		cfg.Source = source
		g := newGenerator(t, cfg)
		stopOther := serve(t, newGenerator(t, undisturbed))
		stopFirst := serve(t, g)
		time.Sleep(3*time.Minute + second)
		source.Set("BTC", signaltest.Deaf)
		time.Sleep(5 * second)
		stopFirst() // its call hangs on
		stopSecond := serve(t, g)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		require.Equal(t, 1, source.Waiting(), "the symbol is not run a second time")
		require.False(t, g.Status().Symbols[0].BusySince.IsZero())
		require.Less(t, time.Since(g.Status().Symbols[1].LastBar), 2*time.Minute+2*second)

		source.Set("BTC")
		source.Release()
		time.Sleep(5 * second)
		synctest.Wait()
		require.True(t, g.Status().Symbols[0].BusySince.IsZero())
		require.Equal(t, stored(t, want, "BTC"), stored(t, cfg.Store, "BTC"))
		require.Equal(t, stored(t, want, "ETH"), stored(t, cfg.Store, "ETH"))
		stopSecond()
		stopOther()
	})
}
