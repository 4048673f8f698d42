package generator_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
)

// Whatever a source answers, each strategy sees only bars that can be, of its symbol, closed, in the order of time and
// not within each other; no bar gives two signals; and once the source answers as it should, the next cycle succeeds.
func TestAnswerThatCannotBeReachesNoStrategy(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := origin.Add(time.Hour)
		store := signal.NewMemory(0)
		var answer []signal.Bar
		honest := market{clock: still{&now}, interval: time.Minute}
		well := false
		cfg := replayConfig(store, &now)
		cfg.Symbols = []string{"BTC"}
		cfg.Source = answers(func(after time.Time, limit int) []signal.Bar {
			if well {
				batch, _ := honest.Bars(context.Background(), "BTC", after, limit)
				return batch.Bars
			}
			return answer
		})
		cfg.Rebuild = rapid.Bool().Draw(t, "rebuild")
		cfg.GapWait = time.Duration(rapid.IntRange(0, 2).Draw(t, "wait")) * time.Minute
		cfg.Recheck = rapid.SampledFrom([]int{-1, 1, 40}).Draw(t, "recheck")
		cfg.Specs = []signal.Spec{spec("judge", func() signal.Strategy {
			var last time.Time
			return each(func(b signal.Bar) (signal.Signal, bool) {
				require.NoError(t, b.Validate())
				require.Equal(t, "BTC", b.Symbol)
				require.Equal(t, time.Minute, b.Interval)
				require.False(t, b.End().After(now))
				require.False(t, !last.IsZero() && b.Time.Sub(last) < 30*second, "%s after %s", b.Time, last)
				last = b.Time
				return signal.Signal{Direction: signal.Long, Confidence: 1}, true
			})
		})}
		g := newGenerator(t, cfg)
		for range rapid.IntRange(1, 8).Draw(t, "cycles") {
			answer = nil
			for range rapid.IntRange(0, 12).Draw(t, "bars") {
				answer = append(answer, anyBar(t, honest, now))
			}
			g.Cycle(context.Background(), now)
			now = now.Add(time.Duration(rapid.IntRange(0, 150).Draw(t, "seconds")) * second)
		}
		well = true
		now = now.Truncate(time.Minute).Add(5 * time.Minute)
		for range 2 {
			now = now.Add(time.Minute)
			require.Empty(t, g.Cycle(context.Background(), now).Errors)
		}
		require.Equal(t, now.Add(-time.Minute), g.Status().Symbols[0].LastBar)
		bars := make(map[time.Time]bool)
		for _, s := range stored(t, store, "") {
			require.False(t, bars[s.BarTime], "two signals of %s", s.BarTime)
			bars[s.BarTime] = true
		}
	})
}

// anyBar is a bar of the last hour or so, with nothing wrong, or something.
func anyBar(t *rapid.T, m market, now time.Time) signal.Bar {
	at := now.Truncate(time.Minute).Add(time.Duration(rapid.IntRange(-70, 3).Draw(t, "at")) * time.Minute)
	b := m.bar("BTC", at)
	numbers := rapid.SampledFrom([]float64{0, -1, 1, math.Inf(1), math.NaN(), math.MaxFloat64})
	switch rapid.IntRange(0, 12).Draw(t, "fault") {
	case 0:
		b.Symbol = rapid.SampledFrom([]string{"", "ETH", "btc", "BTC\x00"}).Draw(t, "symbol")
	case 1:
		b.Interval = rapid.SampledFrom([]time.Duration{0, -1, time.Second, time.Hour, math.MaxInt64}).Draw(t, "interval")
	case 2:
		b.Time = b.Time.Add(time.Duration(rapid.IntRange(-59, 59).Draw(t, "off")) * second)
	case 3:
		b.Time = rapid.SampledFrom([]time.Time{{}, time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64),
			time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(0, 0)}).Draw(t, "time")
	case 4:
		b.Close = numbers.Draw(t, "close")
	case 5:
		b.High, b.Low = b.Low, b.High
	case 6:
		b.Volume = numbers.Draw(t, "volume")
	case 7:
		b.Open++ // a revision, if it has come before
		b.High++
	}
	return b
}

// answers is a Source that says what it likes.
type answers func(after time.Time, limit int) []signal.Bar

func (a answers) Bars(_ context.Context, _ string, after time.Time, limit int) (signal.Batch, error) {
	return signal.Batch{Bars: a(after, limit)}, nil
}

// A source that changes its bars' times at each answer can fill no memory with bars that came late.
func TestLateBarsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.at(t, 3, minuteBar(1), minuteBar(3))
	for shift := range 20 {
		late := minuteBar(2)
		late.Time = late.Time.Add(time.Duration(shift) * second)
		b.source.bars = []signal.Bar{minuteBar(1), late, minuteBar(3)}
		b.Cycle(t.Context(), b.now)
	}
	require.Equal(t, generator.DataFaults{Gaps: 1, Missing: 1, Late: 1, Overlaps: 19}, b.Status().Faults)
	require.Zero(t, b.Status().Errors)
}

// closedHours is a market that is open for one second in a year, and counts how often it is asked.
type closedHours struct {
	says  bool // when it changes
	asked int
}

func (c *closedHours) Open(_ string, at time.Time) (bool, time.Time) {
	c.asked++
	next := time.Date(at.Year(), 7, 1, 0, 0, 0, 0, time.UTC)
	if at.Equal(next) {
		return true, next.Add(second)
	}
	if at.After(next) {
		next = next.AddDate(1, 0, 0)
	}
	if !c.says {
		next = time.Time{}
	}
	return false, next
}

// What a gap of fifty years costs is not what fifty years of seconds would.
func TestGapOfALifetimeIsCountedInNoTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		says    bool
		missing int
	}{
		"of hours that say when they change": {true, 50}, "of hours that do not": {false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hours := &closedHours{says: c.says}
			second := func(at time.Time) signal.Bar {
				bar := minuteBar(1)
				bar.Time, bar.Interval = at, time.Second
				return bar
			}
			b := newBench(t, func(cfg *generator.Config) {
				cfg.Interval, cfg.Hours, cfg.History = time.Second, hours, 60*366*24*3600
			})
			b.source.bars = []signal.Bar{second(origin.AddDate(-50, 0, 0)), second(origin)}
			require.Empty(t, b.Cycle(t.Context(), b.now).Errors)
			require.Equal(t, 2, b.Status().Bars)
			require.Equal(t, c.missing, b.Status().Faults.Missing)
			require.Less(t, hours.asked, 20_000)
		})
	}
}
