package signaltest_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/seed-5dee1c0a/vigil/signal"
)

var faultsAtOnce = []planted{
	{"loses what two append at once", "want once", func(m *mutant) {
		next := m.append
		var inside atomic.Int64
		m.append = func(ctx context.Context, s []signal.Signal) error {
			defer inside.Add(-1)
			if inside.Add(1) > 1 {
				return nil
			}
			runtime.Gosched()
			return next(ctx, s)
		}
	}},
	{"shows half a call", "half a call", func(m *mutant) {
		next := m.append
		m.append = func(ctx context.Context, signals []signal.Signal) error {
			if slices.ContainsFunc(signals, invalid) {
				return next(ctx, signals)
			}
			var all error
			for _, s := range signals {
				all = errors.Join(all, next(ctx, []signal.Signal{s}))
				for range 100 {
					runtime.Gosched()
				}
			}
			return all
		}
	}},
	{"checks for a conflict, and then stores", "say different things under one ID", func(m *mutant) {
		next := m.append
		m.append = func(ctx context.Context, signals []signal.Signal) error {
			conflict := false
			for _, s := range signals {
				held, ok := m.held(s.ID)
				conflict = conflict || ok && !held.Same(s)
			}
			runtime.Gosched()
			if err := next(ctx, signals); !errors.Is(err, signal.ErrConflict) || conflict {
				return err
			}
			return nil
		}
	}},
	{"wakes before it has stored", "found nothing", func(m *mutant) {
		next, ring := m.append, make(chan struct{})
		m.appended = func() <-chan struct{} {
			m.mu.Lock()
			defer m.mu.Unlock()
			return ring
		}
		m.append = func(ctx context.Context, signals []signal.Signal) error {
			m.mu.Lock()
			fresh := slices.ContainsFunc(signals, func(s signal.Signal) bool { _, ok := m.held(s.ID); return !ok })
			if fresh && ctx.Err() == nil && !slices.ContainsFunc(signals, invalid) {
				close(ring)
				ring = make(chan struct{})
			}
			m.mu.Unlock()
			for range 100 {
				runtime.Gosched()
			}
			return next(ctx, signals)
		}
	}},
	{"wakes nobody where there was a conflict", "beside a conflict", func(m *mutant) {
		next, ring := m.append, make(chan struct{})
		m.appended = func() <-chan struct{} {
			m.mu.Lock()
			defer m.mu.Unlock()
			return ring
		}
		m.append = func(ctx context.Context, signals []signal.Signal) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			fresh := slices.ContainsFunc(signals, func(s signal.Signal) bool { _, ok := m.held(s.ID); return !ok })
			err := next(ctx, signals)
			if fresh && err == nil {
				close(ring)
				ring = make(chan struct{})
			}
			return err
		}
	}},
	{"calls everything whole", "Whole says", func(m *mutant) {
		m.whole = func(context.Context) (int64, error) { return 0, nil }
	}},
	{"calls nothing whole", "Whole says", func(m *mutant) {
		m.whole = func(ctx context.Context) (int64, error) {
			all, err := m.Memory.Latest(ctx, signal.Query{Limit: 1, MinConfidence: math.Inf(-1)})
			if len(all) == 0 {
				return 0, err
			}
			return all[0].Seq, err
		}
	}},
	{"says nothing of Whole's context", "Whole with a context that has ended: no error", func(m *mutant) {
		next := m.whole
		m.whole = func(ctx context.Context) (int64, error) { return next(context.WithoutCancel(ctx)) }
	}},
}
