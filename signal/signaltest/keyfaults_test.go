package signaltest_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/seed-5dee1c0a/vigil/signal"
)

var faultsOfIDs = []planted{
	{"takes one signal for each bar", "one bar of several streams", oncePer(func(s signal.Signal) string { return s.BarTime.String() })},
	{"takes one signal for each symbol and bar", "one bar of several streams", oncePer(func(s signal.Signal) string { return s.Symbol + s.BarTime.String() })},
	{"takes one signal for each strategy, symbol and bar", "one bar of several streams", oncePer(func(s signal.Signal) string {
		return s.Strategy + s.Symbol + s.BarTime.String()
	})},
	{"takes one signal for all intervals", "one bar of several streams", oncePer(func(s signal.Signal) string {
		return s.Strategy + s.Params + s.Symbol + s.BarTime.String()
	})},
	{"reads IDs without their case", "IDs that are nearly alike", oncePer(func(s signal.Signal) string { return strings.ToLower(s.ID) })},
	{"trims IDs", "IDs that are nearly alike", oncePer(func(s signal.Signal) string { return strings.TrimSpace(s.ID) })},
	{"cuts IDs at 64", "IDs that are nearly alike", oncePer(func(s signal.Signal) string { return s.ID[:min(len(s.ID), 64)] })},
	{"cuts IDs at NUL", "IDs that are nearly alike", oncePer(func(s signal.Signal) string { id, _, _ := strings.Cut(s.ID, "\x00"); return id })},
	{"doubles what comes again", "is there twice", doubling(0)},
	{"doubles what comes again after a hundred others", "is there twice", doubling(100)},
	{"moves what comes again to the end", "in another order", func(m *mutant) {
		next, last, n := m.append, make(map[string]int), 0
		m.append = func(ctx context.Context, signals []signal.Signal) error {
			err := next(ctx, signals)
			m.mu.Lock()
			defer m.mu.Unlock()
			for _, s := range signals {
				n++
				last[s.ID] = n
			}
			return err
		}
		after := m.after
		m.after = func(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
			found, err := after(ctx, seq, limit)
			m.mu.Lock()
			defer m.mu.Unlock()
			slices.SortStableFunc(found, func(a, b signal.Signal) int { return cmp.Compare(last[a.ID], last[b.ID]) })
			return found, err
		}
	}},
}

var faultsOfConflicts = []planted{
	blindTo("Strategy", func(s *signal.Signal, h signal.Signal) { s.Strategy = h.Strategy }),
	blindTo("Params", func(s *signal.Signal, h signal.Signal) { s.Params = h.Params }),
	blindTo("Symbol", func(s *signal.Signal, h signal.Signal) { s.Symbol = h.Symbol }),
	blindTo("Interval", func(s *signal.Signal, h signal.Signal) { s.Interval = h.Interval }),
	blindTo("Direction", func(s *signal.Signal, h signal.Signal) { s.Direction = h.Direction }),
	blindTo("Confidence", func(s *signal.Signal, h signal.Signal) { s.Confidence = h.Confidence }),
	blindTo("Price", func(s *signal.Signal, h signal.Signal) { s.Price = h.Price }),
	blindTo("BarTime", func(s *signal.Signal, h signal.Signal) { s.BarTime = h.BarTime }),
	blindTo("ValidUntil", func(s *signal.Signal, h signal.Signal) { s.ValidUntil = h.ValidUntil }),
	blindTo("Parts", func(s *signal.Signal, h signal.Signal) { s.Parts = h.Parts }),
	{"says nothing of a conflict", "want an error that wraps ErrConflict", failing(func(err error) error {
		if errors.Is(err, signal.ErrConflict) {
			return nil
		}
		return err
	})},
	{"calls a conflict by another name", "want an error that wraps ErrConflict", failing(func(err error) error {
		if errors.Is(err, signal.ErrConflict) {
			return errors.New(err.Error())
		}
		return err
	})},
	{"stores nothing of a call with a conflict", "is missing", func(m *mutant) {
		next := m.append
		m.append = func(ctx context.Context, signals []signal.Signal) error {
			for _, s := range signals {
				if held, ok := m.held(s.ID); ok && !held.Same(s) {
					return signal.ErrConflict
				}
			}
			return next(ctx, signals)
		}
	}},
	{"takes another CreatedAt for a conflict", "with a later CreatedAt", refusingAgain(func(first, again signal.Signal) bool {
		return !first.CreatedAt.Equal(again.CreatedAt)
	})},
	{"takes another zone for a conflict", "in another zone", refusingAgain(func(first, again signal.Signal) bool {
		return first.BarTime.String() != again.BarTime.String()
	})},
	{"takes a Seq for a conflict", "as it was read", refusingAgain(func(first, again signal.Signal) bool { return first.Seq != again.Seq })},
	{"takes whatever comes again for a conflict", "as it was", refusingAgain(func(_, _ signal.Signal) bool { return true })},
}
