package signaltest_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// columnMutants are stores whose columns are too small, or mean too much.
var columnMutants = []adapterMutant{
	{"a price is kept to fifteen digits", `(?i)price`, keeping(func(s *signal.Signal) { s.Price = digits(s.Price, 15) })},
	{"a price is kept to eighteen places", `(?i)price`, keeping(func(s *signal.Signal) {
		if math.Abs(s.Price) < 1e-17 {
			s.Price = 0
		}
	})},
	{"a part's parameters are cut to 64 kB", `(?i)part`, keeping(func(s *signal.Signal) {
		for i := range s.Parts {
			s.Parts[i].Params = cut(s.Parts[i].Params, 1<<16-1)
		}
	})},
	{"letters with marks are composed", `(?i)alike|string|symbol|strategy|params`, keeping(func(s *signal.Signal) {
		s.Symbol = strings.ReplaceAll(s.Symbol, "e\u0301", "\u00e9")
		s.Strategy = strings.ReplaceAll(s.Strategy, "e\u0301", "\u00e9")
	})},
	{"a time before 1970 is 1970", `(?i)time|created|until`, keeping(func(s *signal.Signal) {
		times(s, func(t time.Time) time.Time {
			if !t.IsZero() && t.Unix() < 0 {
				return time.Unix(0, 0)
			}
			return t
		})
	})},
	{"no confidence is full confidence", `(?i)confidence`, keeping(func(s *signal.Signal) {
		if s.Confidence == 0 {
			s.Confidence = 1
		}
	})},
	{"a part's strategy is cut to 32 bytes", `(?i)part`, keeping(func(s *signal.Signal) {
		for i := range s.Parts {
			s.Parts[i].Strategy = cut(s.Parts[i].Strategy, 32)
		}
	})},
	{"a part's parameters have their marks written for a page", `(?i)part`, keeping(func(s *signal.Signal) {
		for i := range s.Parts {
			s.Parts[i].Params = strings.ReplaceAll(s.Parts[i].Params, "<", `\u003c`)
		}
	})},
	{"what is not valid any more is not told", `(?i)latest|missing`, func(m *mutant) {
		latest := m.latest
		m.latest = func(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
			found, err := latest(ctx, q)
			return slices.DeleteFunc(found, func(s signal.Signal) bool {
				return !s.ValidUntil.IsZero() && s.ValidUntil.Before(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
			}), err
		}
	}},
	{"of signals of one bar the last is told only", `(?i)after|missing|bar`, func(m *mutant) {
		after := m.after
		m.after = func(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
			found, err := after(ctx, seq, limit)
			var last []signal.Signal
			for i, s := range found {
				if i+1 == len(found) || !found[i+1].BarTime.Equal(s.BarTime) {
					last = append(last, s)
				}
			}
			return last, err
		}
	}},
	{"After gives at most 1000", `(?i)1000|limit|after|signals`, func(m *mutant) {
		after := m.after
		m.after = func(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
			return after(ctx, seq, min(limit, 1000))
		}
	}},
	{"a least confidence is not reached by what has just that", `(?i)confidence`, putting(func(q *signal.Query) {
		if q.MinConfidence > 0 {
			q.MinConfidence = math.Nextafter(q.MinConfidence, 2)
		}
	})},
}

func TestStoreSuiteFindsSmallColumns(t *testing.T) {
	t.Parallel()
	for _, p := range columnMutants {
		t.Run(p.fault, func(t *testing.T) {
			t.Parallel()
			matched(t, p.says, signaltest.StoreCases(), func(tb testing.TB, name string) {
				signaltest.RunStoreCase(tb, name, func() signal.Store { return newMutant(p.plant) })
			})
		})
	}
}
