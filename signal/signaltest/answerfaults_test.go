package signaltest_test

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// reused gives out the answer of the first such call as long as nothing was appended.
func reused(m *mutant) {
	after, kept := m.after, make(map[[2]int64][]signal.Signal)
	m.after = func(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
		found, err := after(ctx, seq, limit)
		m.mu.Lock()
		defer m.mu.Unlock()
		key := [2]int64{seq, int64(len(found))}
		if kept[key] == nil {
			kept[key] = found
		}
		return kept[key], err
	}
}

func sorted(by func(a, b signal.Signal) int) func([]signal.Signal) []signal.Signal {
	return func(found []signal.Signal) []signal.Signal {
		slices.SortStableFunc(found, by)
		return found
	}
}

var faultsOfAnswers = []planted{
	{"answers After by BarTime", "in another order", func(m *mutant) {
		next := m.after
		m.after = func(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
			found, err := next(ctx, seq, limit)
			return sorted(func(a, b signal.Signal) int { return a.BarTime.Compare(b.BarTime) })(found), err
		}
	}},
	{"answers Latest by CreatedAt", "in another order", func(m *mutant) {
		next := m.latest
		m.latest = func(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
			found, err := next(ctx, q)
			return sorted(func(a, b signal.Signal) int { return b.CreatedAt.Compare(a.CreatedAt) })(found), err
		}
	}},
	{"counts Seq anew in Latest", "Latest says Seq", func(m *mutant) {
		next := m.latest
		m.latest = func(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
			found, err := next(ctx, q)
			for i := range found {
				found[i].Seq = int64(len(found) - i)
			}
			return found, err
		}
	}},
	{"counts Seq anew in each page", "comes after", func(m *mutant) {
		next := m.after
		m.after = func(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
			found, err := next(ctx, seq, limit)
			for i := range found {
				found[i].Seq = int64(i) + 1
			}
			return found, err
		}
	}},
	{"gives away what it keeps", "after a reader used its answer", reused},
	{"answers Latest as it did the first time", "is missing", func(m *mutant) {
		next, kept := m.latest, make(map[signal.Query][]signal.Signal)
		m.latest = func(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
			found, err := next(ctx, q)
			m.mu.Lock()
			defer m.mu.Unlock()
			if kept[q] == nil && err == nil {
				kept[q] = slices.Clone(found)
			}
			return slices.Clone(kept[q]), err
		}
	}},
	{"answers After as it did the first time", "is missing", func(m *mutant) {
		next, kept := m.after, make(map[[2]int64][]signal.Signal)
		m.after = func(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
			found, err := next(ctx, seq, limit)
			m.mu.Lock()
			defer m.mu.Unlock()
			key := [2]int64{seq, int64(limit)}
			if kept[key] == nil && len(found) > 0 {
				kept[key] = slices.Clone(found)
			}
			return slices.Clone(kept[key]), err
		}
	}},
	{"passes over one at a cursor", "pages of 10", func(m *mutant) {
		next := m.after
		m.after = func(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
			if seq > 0 && seq < math.MaxInt64 {
				seq++
			}
			return next(ctx, seq, limit)
		}
	}},
	{"gives the one at the cursor again", "comes after", func(m *mutant) {
		next := m.after
		m.after = func(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
			return next(ctx, max(seq, 1)-1, limit)
		}
	}},
	{"gives one more than the limit", "with limit 10: 11 signals", func(m *mutant) {
		next := m.after
		m.after = func(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
			if limit > 0 && limit < math.MaxInt {
				limit++
			}
			return next(ctx, seq, limit)
		}
	}},
	{"knows no large limit", "After -1", func(m *mutant) {
		next := m.after
		m.after = func(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
			if limit > math.MaxInt32 {
				return nil, errors.New("too large")
			}
			return next(ctx, seq, limit)
		}
	}},
	{"knows no large limit of Latest", "Latest with the largest limit", func(m *mutant) {
		next := m.latest
		m.latest = func(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
			if q.Limit > math.MaxInt32 {
				return nil, errors.New("too large")
			}
			return next(ctx, q)
		}
	}},
	{"gives no more than a thousand of the latest", "Latest of 3000", asking(func(q *signal.Query) { q.Limit = min(q.Limit, 1000) })},
	{"takes limit 0 for nothing", "After with limit 0: no error", func(m *mutant) {
		next := m.after
		m.after = func(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
			if limit == 0 {
				return nil, nil
			}
			return next(ctx, seq, limit)
		}
	}},
	{"takes a negative limit for none", "Latest with limit -1: no error", asking(func(q *signal.Query) { q.Limit = max(q.Limit, 0) })},
}
