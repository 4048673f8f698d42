package signaltest_test

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// with answers a query as one that looks at something else of it, and of a signal.
func with(change func(q *signal.Query, s *signal.Signal)) func(*mutant) {
	return filtering(func(q signal.Query, s signal.Signal) bool {
		change(&q, &s)
		return as(q, s)
	})
}

var faultsOfQueries = []planted{
	{"ignores Symbol", "Latest, a symbol", asking(func(q *signal.Query) { q.Symbol = "" })},
	{"ignores Strategy", "Latest, a strategy", asking(func(q *signal.Query) { q.Strategy = "" })},
	{"ignores Stream", "Latest, a stream", asking(func(q *signal.Query) { q.Stream = signal.Stream{} })},
	{"ignores MinConfidence", "Latest, a least confidence", asking(func(q *signal.Query) { q.MinConfidence = math.Inf(-1) })},
	{"ignores Limit", "Latest, the newest seven", asking(func(q *signal.Query) { q.Limit = max(0, min(q.Limit, 1)) * 1000 })},
	{"ignores a stream's Params", "Latest, a stream", with(func(q *signal.Query, s *signal.Signal) { q.Stream.Params, s.Params = "", "" })},
	{"ignores a stream's Interval", "Latest, a stream", with(func(q *signal.Query, s *signal.Signal) { q.Stream.Interval, s.Interval = 0, 0 })},
	{"ignores a stream's Symbol", "Latest, a stream", filtering(func(q signal.Query, s signal.Signal) bool {
		if (q.Stream != signal.Stream{}) {
			q.Stream.Symbol = s.Symbol
		}
		return as(q, s)
	})},
	{"ignores a stream's Strategy", "Latest, a stream", filtering(func(q signal.Query, s signal.Signal) bool {
		if (q.Stream != signal.Stream{}) {
			q.Stream.Strategy = s.Strategy
		}
		return as(q, s)
	})},
	{"ignores all else beside a stream", "Latest, a stream and", filtering(func(q signal.Query, s signal.Signal) bool {
		if (q.Stream != signal.Stream{}) {
			return s.Stream() == q.Stream
		}
		return as(q, s)
	})},
	{"wants either of symbol and strategy", "Latest, ", filtering(func(q signal.Query, s signal.Signal) bool {
		if q.Symbol != "" && q.Strategy != "" && s.Symbol == q.Symbol {
			q.Strategy = ""
		}
		return as(q, s)
	})},
	{"wants more than the least confidence", "Latest, a least confidence", filtering(func(q signal.Query, s signal.Signal) bool {
		return as(q, s) && (s.Confidence > q.MinConfidence || q.MinConfidence == 0)
	})},
	{"rounds the least confidence", "Latest, a least confidence", filtering(func(q signal.Query, s signal.Signal) bool {
		q.MinConfidence, s.Confidence = math.Round(q.MinConfidence*1e6), math.Round(s.Confidence*1e6)
		return as(q, s)
	})},
	{"limits before it filters", "Latest, ", func(m *mutant) {
		next := m.latest
		m.latest = func(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
			all, err := next(ctx, signal.Query{Limit: q.Limit, MinConfidence: math.Inf(-1)})
			return slices.DeleteFunc(all, func(s signal.Signal) bool { return !as(q, s) }), err
		}
	}},
	{"has no limit by itself", "Latest without a limit", asking(func(q *signal.Query) {
		if q.Limit == 0 {
			q.Limit = math.MaxInt
		}
	})},
	{"has no limit by itself beside a filter", "Latest without a limit", asking(func(q *signal.Query) {
		if q.Limit == 0 && q.MinConfidence != 0 {
			q.Limit = math.MaxInt
		}
	})},
	{"looks for symbols without their case", "nearly alike", with(func(q *signal.Query, s *signal.Signal) {
		q.Symbol, s.Symbol = strings.ToLower(q.Symbol), strings.ToLower(s.Symbol)
		q.Stream.Symbol = strings.ToLower(q.Stream.Symbol)
	})},
	{"looks for the beginning of a symbol", "nearly alike", filtering(func(q signal.Query, s signal.Signal) bool {
		if strings.HasPrefix(s.Symbol, q.Symbol) {
			q.Symbol = ""
		}
		return as(q, s)
	})},
	{"takes a symbol for a pattern", "nearly alike", filtering(func(q signal.Query, s signal.Signal) bool {
		if len(q.Symbol) == len(s.Symbol) && strings.ReplaceAll(q.Symbol, "_", s.Symbol[min(3, len(s.Symbol)-1):min(4, len(s.Symbol))]) == s.Symbol {
			q.Symbol = ""
		}
		return as(q, s)
	})},
	{"looks for strategies without their case", "nearly alike", with(func(q *signal.Query, s *signal.Signal) {
		q.Strategy, s.Strategy = strings.ToLower(q.Strategy), strings.ToLower(s.Strategy)
		q.Stream.Strategy = strings.ToLower(q.Stream.Strategy)
	})},
}
