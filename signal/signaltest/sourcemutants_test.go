package signaltest_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// digits is a number to so many digits.
func digits(x float64, n int) float64 {
	y, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', n, 64), 64)
	return y
}

// windowed asks a venue for a span of time, which is so many intervals long, or as many as the limit.
func windowed(intervals int) func(s *shelf) {
	return func(s *shelf) {
		s.all = func(s *shelf, after time.Time, limit int) ([]signal.Bar, bool) {
			if after.Before(s.bars[0].Time) {
				return nil, false
			}
			n := limit
			if intervals > 0 {
				n = intervals
			}
			end := after.Add(time.Duration(n) * s.bars[0].Interval)
			found := slices.DeleteFunc(slices.Clone(s.bars), func(b signal.Bar) bool {
				return !b.Time.After(after) || b.Time.After(end)
			})
			return found[:min(limit, len(found))], true
		}
	}
}

// rangeMutants are wrong about which bars are asked for, and whose an answer is.
var rangeMutants = []shelfMutant{
	{"a limit is a span of time, in which a gap is", `(?i)gap|bar`, windowed(0)},
	{"a span of a thousand intervals without a bar is the end", `(?i)gap|bar`, windowed(1000)},
	{"the limit is one too low", `(?i)bar|empty`, func(s *shelf) {
		s.bend = func(_ *shelf, after time.Time, limit int) (time.Time, int) { return after, limit - 1 }
	}},
	{"one slice serves all answers", `(?i)answer|given`, func(s *shelf) {
		buffer := make([]signal.Bar, 0, 6000)
		s.tell = func(s *shelf, _ time.Time, b []signal.Bar) []signal.Bar {
			s.mu.Lock()
			defer s.mu.Unlock()
			buffer = append(buffer[:0], b...)
			return buffer
		}
	}},
	{"an answer is a piece of what the source keeps", `(?i)answer|given`, func(s *shelf) {
		s.all = func(s *shelf, after time.Time, limit int) ([]signal.Bar, bool) {
			first := slices.IndexFunc(s.bars, func(b signal.Bar) bool { return b.Time.After(after) })
			if first < 0 {
				return nil, true
			}
			return s.bars[first:min(first+limit, len(s.bars))], true
		}
	}},
	{"the last bar of a full answer is told again", `(?i)bar`, retelling(func(_ *shelf, _ time.Time, b []signal.Bar) []signal.Bar {
		if len(b) >= 500 {
			b[len(b)-1] = b[len(b)-2]
		}
		return b
	})},
	{"every tenth answer is empty, as where a rate limit is swallowed", `(?i)bar|empty`, func(s *shelf) {
		calls := 0
		s.tell = func(s *shelf, _ time.Time, b []signal.Bar) []signal.Bar {
			s.mu.Lock()
			defer s.mu.Unlock()
			if calls++; calls%10 == 0 {
				return nil
			}
			return b
		}
	}},
	{"the first bar of each answer has no volume", `(?i)volume`, retelling(func(_ *shelf, _ time.Time, b []signal.Bar) []signal.Bar {
		b[0].Volume = 0
		return b
	})},
	{"volumes of an answer add up", `(?i)volume`, retelling(func(_ *shelf, _ time.Time, b []signal.Bar) []signal.Bar {
		for i := 1; i < len(b); i++ {
			b[i].Volume += b[i-1].Volume
		}
		return b
	})},
	{"a volume of nothing is that of before", `(?i)volume`, retelling(func(_ *shelf, _ time.Time, b []signal.Bar) []signal.Bar {
		for i := 1; i < len(b); i++ {
			if b[i].Volume == 0 {
				b[i].Volume = b[i-1].Volume
			}
		}
		return b
	})},
	{"prices are told to fifteen digits", `(?i)open|high|low|close`, each(func(b *signal.Bar) {
		prices(b, func(x float64) float64 { return digits(x, 15) })
	})},
	{"a bar closes where the next one opens", `(?i)close`, retelling(func(_ *shelf, _ time.Time, b []signal.Bar) []signal.Bar {
		for i := 1; i < len(b); i++ {
			b[i-1].Close = b[i].Open
		}
		return b
	})},
	{"a bar after a gap is told where the gap began", `(?i)time|bar`, retelling(func(_ *shelf, _ time.Time, b []signal.Bar) []signal.Bar {
		for i := 1; i < len(b); i++ {
			b[i].Time = b[0].Time.Add(time.Duration(i) * b[0].Interval)
		}
		return b
	})},
	{"bars of a day in summer are an hour early", `(?i)time|bar`, each(func(b *signal.Bar) { b.Time = b.Time.Add(-time.Hour) })},
	{"what is complete reaches over the next bar's begin", `(?i)complete`, func(s *shelf) {
		s.done = func(s *shelf, answer signal.Batch) time.Time {
			if n := len(answer.Bars); n > 0 {
				return answer.Bars[n-1].End().Add(s.bars[0].Interval)
			}
			return time.Time{}
		}
	}},
}

func TestSourceSuiteFindsWrongRanges(t *testing.T) {
	t.Parallel()
	for _, p := range rangeMutants {
		t.Run(p.fault, func(t *testing.T) {
			t.Parallel()
			matched(t, p.says, signaltest.ServedCases(), func(tb testing.TB, name string) {
				signaltest.RunServedCase(tb, name, func(bars []signal.Bar) signal.Source {
					s := &shelf{bars: bars}
					p.flaw(s)
					return s
				})
			})
		})
	}
}
