package signaltest_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// shelf is a source over a venue that has certain bars. It is right unless a flaw makes it wrong.
type shelf struct {
	bars []signal.Bar
	bend func(s *shelf, after time.Time, limit int) (time.Time, int)     // of what is asked
	tell func(s *shelf, after time.Time, b []signal.Bar) []signal.Bar    // of what is answered
	all  func(s *shelf, after time.Time, limit int) ([]signal.Bar, bool) // instead of the answer
	done func(s *shelf, answer signal.Batch) time.Time                   // what is complete

	mu   sync.Mutex // guards what a flaw remembers
	last time.Time
}

func (s *shelf) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	if err := ctx.Err(); err != nil {
		return signal.Batch{}, err
	}
	if symbol != s.bars[0].Symbol {
		return signal.Batch{}, fmt.Errorf("%w: %s", signal.ErrUnknownSymbol, symbol)
	}
	if s.bend != nil {
		after, limit = s.bend(s, after, limit)
	}
	answer := signal.Batch{Bars: s.answer(after, limit)}
	if s.done != nil {
		answer.Complete = s.done(s, answer)
	}
	return answer, nil
}

func (s *shelf) answer(after time.Time, limit int) []signal.Bar {
	if s.all != nil {
		if bars, ok := s.all(s, after, limit); ok {
			return bars
		}
	}
	first := slices.IndexFunc(s.bars, func(b signal.Bar) bool { return b.Time.After(after) })
	if first < 0 {
		return nil
	}
	answer := slices.Clone(s.bars[first:min(first+limit, len(s.bars))])
	if s.tell != nil {
		answer = s.tell(s, after, answer)
	}
	return answer
}

// shelfMutant is a source with one fault, as authors of sources make them.
type shelfMutant struct {
	fault string
	says  string
	flaw  func(s *shelf)
}

// each is a fault in how a bar is told.
func each(change func(b *signal.Bar)) func(*shelf) {
	return func(s *shelf) {
		s.tell = func(_ *shelf, _ time.Time, bars []signal.Bar) []signal.Bar {
			for i := range bars {
				change(&bars[i])
			}
			return bars
		}
	}
}

// retelling is a fault in a whole answer.
func retelling(change func(s *shelf, after time.Time, b []signal.Bar) []signal.Bar) func(*shelf) {
	return func(s *shelf) { s.tell = change }
}

func prices(b *signal.Bar, change func(float64) float64) {
	b.Open, b.High, b.Low, b.Close = change(b.Open), change(b.High), change(b.Low), change(b.Close)
}

var sourceAdapterMutants = []shelfMutant{
	{"prices are told to two places", `(?i)open|high|low|close`, each(func(b *signal.Bar) {
		prices(b, func(x float64) float64 { return places(x, 2) })
	})},
	{"prices are told in four bytes", `(?i)open|high|low|close`, each(func(b *signal.Bar) {
		prices(b, func(x float64) float64 { return float64(float32(x)) })
	})},
	{"prices are told to eight places", `(?i)open|high|low|close`, each(func(b *signal.Bar) {
		prices(b, func(x float64) float64 { return places(x, 8) })
	})},
	{"a volume is told in whole units", `(?i)volume`, each(func(b *signal.Bar) { b.Volume = math.Floor(b.Volume) })},
	{"a volume is told in the quote currency", `(?i)volume`, each(func(b *signal.Bar) { b.Volume *= b.Close })},
	{"a volume is left out", `(?i)volume`, each(func(b *signal.Bar) { b.Volume = 0 })},
	{"open and close are swapped", `(?i)open|close`, each(func(b *signal.Bar) { b.Open, b.Close = b.Close, b.Open })},
	{"the high is the highest of open and close", `(?i)high`, each(func(b *signal.Bar) { b.High = max(b.Open, b.Close) })},
	{"an interval is told in whole seconds", `(?i)interval`, each(func(b *signal.Bar) {
		b.Interval = max(time.Second, b.Interval.Truncate(time.Second))
	})},
	{"an interval is one minute whatever it is", `(?i)interval`, each(func(b *signal.Bar) { b.Interval = time.Minute })},
	{"times are told to the second", `(?i)time|bar`, each(func(b *signal.Bar) { b.Time = b.Time.Truncate(time.Second) })},
	{"a bar is told at its end", `(?i)time|bar`, each(func(b *signal.Bar) { b.Time = b.End() })},
	{"times are told in this machine's zone", `(?i)utc`, each(func(b *signal.Bar) { b.Time = b.Time.In(time.FixedZone("here", 3600)) })},
	{"the venue's name is told for the symbol", `(?i)symbol`, each(func(b *signal.Bar) { b.Symbol = strings.ReplaceAll(b.Symbol, "/", "") })},
	{"of more than 500 the newest 500 are told", `(?i)500|first|bar|limit`, func(s *shelf) {
		s.all = func(s *shelf, after time.Time, limit int) ([]signal.Bar, bool) {
			rest := slices.Clone(s.bars)
			rest = slices.DeleteFunc(rest, func(b signal.Bar) bool { return !b.Time.After(after) })
			if len(rest) <= 500 || limit < 500 {
				return nil, false
			}
			return rest[len(rest)-500:], true
		}
	}},
	{"of what is there the newest are told", `(?i)first|bar|limit`, func(s *shelf) {
		s.all = func(s *shelf, after time.Time, limit int) ([]signal.Bar, bool) {
			rest := slices.Clone(s.bars)
			rest = slices.DeleteFunc(rest, func(b signal.Bar) bool { return !b.Time.After(after) })
			return rest[max(0, len(rest)-limit):], true
		}
	}},
	{"the limit is not passed on", `(?i)limit`, func(s *shelf) {
		s.bend = func(_ *shelf, after time.Time, _ int) (time.Time, int) { return after, 1000 }
	}},
	{"a limit above 500 is an empty answer", `(?i)limit|bar|empty`, func(s *shelf) {
		s.all = func(_ *shelf, _ time.Time, limit int) ([]signal.Bar, bool) { return nil, limit > 500 }
	}},
	{"the time asked for is included", `(?i)after|first|bar`, func(s *shelf) {
		s.bend = func(_ *shelf, after time.Time, limit int) (time.Time, int) { return after.Add(-1), limit }
	}},
	{"the time asked for is taken to the second", `(?i)after|first|bar`, func(s *shelf) {
		s.bend = func(_ *shelf, after time.Time, limit int) (time.Time, int) { return after.Truncate(time.Second), limit }
	}},
	{"the time asked for is taken to the next second", `(?i)after|first|bar`, func(s *shelf) {
		s.bend = func(_ *shelf, after time.Time, limit int) (time.Time, int) {
			return after.Add(time.Second - 1).Truncate(time.Second), limit
		}
	}},
	{"bars are told newest first", `(?i)ris|ascend|order|time`, retelling(func(_ *shelf, _ time.Time, b []signal.Bar) []signal.Bar {
		slices.Reverse(b)
		return b
	})},
	{"bars without a trade are dropped", `(?i)bar|volume|missing`, retelling(func(_ *shelf, _ time.Time, b []signal.Bar) []signal.Bar {
		return slices.DeleteFunc(b, func(b signal.Bar) bool { return b.Volume == 0 })
	})},
	{"a gap is filled with bars that there are not", `(?i)bar`, retelling(func(_ *shelf, _ time.Time, b []signal.Bar) []signal.Bar {
		for i := 1; i < len(b); i++ {
			if gap := b[i-1].End(); gap.Before(b[i].Time) {
				made := b[i-1]
				made.Time, made.Open, made.High, made.Low, made.Volume = gap, made.Close, made.Close, made.Close, 0
				return slices.Insert(b, i, made)[:len(b)]
			}
		}
		return b
	})},
	{"the last bar of an answer is dropped as unfinished", `(?i)bar|last|empty`, retelling(func(_ *shelf, _ time.Time, b []signal.Bar) []signal.Bar {
		return b[:len(b)-1]
	})},
	{"a bar is lost where a page is full", `(?i)bar|page`, retelling(func(_ *shelf, _ time.Time, b []signal.Bar) []signal.Bar {
		if len(b) == 500 {
			return slices.Delete(b, 250, 251)
		}
		return b
	})},
	{"what was told once is not told again", `(?i)again|bar`, func(s *shelf) {
		s.bend = func(s *shelf, after time.Time, limit int) (time.Time, int) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if after.After(s.last) {
				s.last = after
			}
			return s.last, limit
		}
	}},
	{"all is complete that was asked for", `(?i)complete`, func(s *shelf) {
		s.done = func(s *shelf, _ signal.Batch) time.Time { return s.bars[len(s.bars)-1].End().Add(time.Hour) }
	}},
}

func TestSourceSuiteFindsWhatAdaptersDo(t *testing.T) {
	t.Parallel()
	for _, p := range sourceAdapterMutants {
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

func TestSourceThatIsRightServes(t *testing.T) {
	t.Parallel()
	signaltest.TestSourceServes(t, signaltest.Served{}, func(_ *testing.T, bars []signal.Bar) signal.Source {
		return &shelf{bars: bars}
	})
}
