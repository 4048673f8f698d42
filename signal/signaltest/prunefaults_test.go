package signaltest_test

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// retaining prunes by another Retention.
func retaining(change func(*signal.Retention)) func(*mutant) {
	return func(m *mutant) {
		next := m.prune
		m.prune = func(ctx context.Context, r signal.Retention) (int, error) {
			change(&r)
			return next(ctx, r)
		}
	}
}

var faultsOfPruning = []planted{
	{"prunes one too few", "After a prune, ", retaining(func(r *signal.Retention) { r.Passed-- })},
	{"prunes one that nobody has passed", "is missing", retaining(func(r *signal.Retention) { r.Passed = min(r.Passed, math.MaxInt64-1) + 1 })},
	{"prunes what is just young enough", "is missing", retaining(func(r *signal.Retention) {
		if !r.Before.IsZero() {
			r.Before = r.Before.Add(time.Nanosecond)
		}
	})},
	{"keeps one too many", "After a prune, ", retaining(func(r *signal.Retention) {
		if r.Count > 0 {
			r.Count++
		}
	})},
	{"counts one too few", "removed", func(m *mutant) {
		next := m.prune
		m.prune = func(ctx context.Context, r signal.Retention) (int, error) {
			n, err := next(ctx, r)
			return max(0, n-1), err
		}
	}},
	{"takes a bad Count for none", "negative Count: no error", retaining(func(r *signal.Retention) { r.Count = max(r.Count, 0) })},
	{"says nothing of an ended context", "has ended: no error", func(m *mutant) {
		next := m.prune
		m.prune = func(ctx context.Context, r signal.Retention) (int, error) {
			if ctx.Err() != nil {
				return 0, nil
			}
			return next(ctx, r)
		}
	}},
	{"forgets no ID that it pruned", "under IDs that were pruned", func(m *mutant) {
		next, known := m.append, make(map[string]bool)
		m.append = func(ctx context.Context, signals []signal.Signal) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			fresh := slices.DeleteFunc(slices.Clone(signals), func(s signal.Signal) bool {
				_, held := m.held(s.ID)
				return known[s.ID] && !held
			})
			err := next(ctx, fresh)
			for _, s := range fresh {
				known[s.ID] = known[s.ID] || err == nil
			}
			return err
		}
	}},
	{"forgets states with the signals", "LoadState of", func(m *mutant) {
		next := m.prune
		m.prune = func(ctx context.Context, r signal.Retention) (int, error) {
			n, err := next(ctx, r)
			if n > 0 {
				m.load = func(context.Context, signal.Stream) (signal.State, bool, error) { return signal.State{}, false, nil }
			}
			return n, err
		}
	}},
}
