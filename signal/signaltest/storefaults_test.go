package signaltest_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// storeFaults are what may be wrong with a Store, and what the suite has to say of it.
var storeFaults = slices.Concat(faultsOfCalls, faultsOfFields, faultsOfIDs, faultsOfConflicts, faultsOfAnswers,
	faultsOfQueries, faultsOfPruning, faultsAtOnce)

func invalid(s signal.Signal) bool { return s.Validate() != nil }

var faultsOfCalls = []planted{
	{"loses the last of a call", "is missing", choosing(func(s []signal.Signal) []signal.Signal {
		return s[:max(len(s)-1, min(len(s), 1))]
	})},
	{"loses what is beyond a thousand of a call", "a call of 3000 signals: 1000 signals, want 3000", choosing(func(s []signal.Signal) []signal.Signal {
		return s[:min(len(s), 1000)]
	})},
	{"turns a call round", "in another order", choosing(func(s []signal.Signal) []signal.Signal { slices.Reverse(s); return s })},
	{"stores what comes before a signal that is refused", "is one too many", func(m *mutant) {
		next := m.append
		m.append = func(ctx context.Context, s []signal.Signal) error {
			if i := slices.IndexFunc(s, invalid); i > 0 {
				_ = next(ctx, s[:i])
			}
			return next(ctx, s)
		}
	}},
	{"stores what comes after a signal that is refused", "is one too many", func(m *mutant) {
		next := m.append
		m.append = func(ctx context.Context, s []signal.Signal) error {
			if i := slices.IndexFunc(s, invalid); i == 0 {
				_ = next(ctx, s[1:])
			}
			return next(ctx, s)
		}
	}},
	{"refuses a signal and says nothing", "without an ID: no error", func(m *mutant) {
		next := m.append
		m.append = func(ctx context.Context, s []signal.Signal) error {
			if slices.ContainsFunc(s, invalid) {
				return nil
			}
			return next(ctx, s)
		}
	}},
	{"numbers the signals that it is given", "Append changed the caller's", func(m *mutant) {
		next := m.append
		m.append = func(ctx context.Context, s []signal.Signal) error {
			err := next(ctx, slices.Clone(s))
			for i := range s {
				s[i].Seq = int64(i) + 1
			}
			return err
		}
	}},
	{"sorts the signals that it is given", "Append changed the caller's", func(m *mutant) {
		next := m.append
		m.append = func(ctx context.Context, s []signal.Signal) error {
			err := next(ctx, slices.Clone(s))
			slices.SortFunc(s, func(a, b signal.Signal) int { return strings.Compare(a.ID, b.ID) })
			return err
		}
	}},
	{"sorts the parts that it is given", "Append changed the caller's", func(m *mutant) {
		next := m.append
		m.append = func(ctx context.Context, s []signal.Signal) error {
			err := next(ctx, s)
			for _, one := range s {
				slices.Reverse(one.Parts)
			}
			return err
		}
	}},
	{"keeps the slice that it is given", "after the caller used its slice again", func(m *mutant) {
		next, mine := m.append, make(map[string]*signal.Signal)
		m.append = func(ctx context.Context, s []signal.Signal) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			for i := range s {
				if mine[s[i].ID] == nil {
					mine[s[i].ID] = &s[i]
				}
			}
			return next(ctx, s)
		}
		answering(func(found []signal.Signal) []signal.Signal {
			m.mu.Lock()
			defer m.mu.Unlock()
			for i, s := range found {
				found[i] = *mine[s.ID]
				found[i].Seq = s.Seq
			}
			return found
		})(m)
	}},
	{"takes a call whose context has ended", "Append: <nil>, want context.Canceled", func(m *mutant) {
		next := m.append
		m.append = func(ctx context.Context, s []signal.Signal) error { return next(context.WithoutCancel(ctx), s) }
	}},
	{"says nothing of a context that has ended", "Append: <nil>, want context.Canceled", func(m *mutant) {
		next := m.append
		m.append = func(ctx context.Context, s []signal.Signal) error {
			if ctx.Err() != nil {
				return nil
			}
			return next(ctx, s)
		}
	}},
	{"answers nothing when the context has ended", "After: <nil>, want context.Canceled", func(m *mutant) {
		next := m.after
		m.after = func(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
			if ctx.Err() != nil {
				return nil, nil
			}
			return next(ctx, seq, limit)
		}
	}},
	{"calls an ended context by another name", "Latest: canceled, want context.Canceled", func(m *mutant) {
		next := m.latest
		m.latest = func(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
			if ctx.Err() != nil {
				return nil, errors.New("canceled")
			}
			return next(ctx, q)
		}
	}},
}

var faultsOfFields = []planted{
	{"cuts BarTime to milliseconds", "BarTime is ", storing(func(s *signal.Signal) { s.BarTime = s.BarTime.Truncate(time.Millisecond) })},
	{"cuts CreatedAt to microseconds", "CreatedAt is ", storing(func(s *signal.Signal) { s.CreatedAt = s.CreatedAt.Truncate(time.Microsecond) })},
	{"cuts ValidUntil to seconds", "ValidUntil is ", storing(func(s *signal.Signal) { s.ValidUntil = s.ValidUntil.Truncate(time.Second) })},
	{"cuts Interval to seconds", "Interval is ", storing(func(s *signal.Signal) { s.Interval = s.Interval.Truncate(time.Second) })},
	{"loses the zone of BarTime", "BarTime is ", storing(func(s *signal.Signal) {
		b := s.BarTime
		s.BarTime = time.Date(b.Year(), b.Month(), b.Day(), b.Hour(), b.Minute(), b.Second(), b.Nanosecond(), time.UTC)
	})},
	{"counts nanoseconds beyond what they hold", "BarTime is ", storing(func(s *signal.Signal) { s.BarTime = time.Unix(0, s.BarTime.UnixNano()) })},
	{"takes no time for 1970", "ValidUntil is ", storing(func(s *signal.Signal) {
		if s.ValidUntil.IsZero() {
			s.ValidUntil = time.Unix(0, 0)
		}
	})},
	{"keeps Price as a float32", "Price is ", storing(func(s *signal.Signal) { s.Price = float64(float32(s.Price)) })},
	{"keeps eight decimals of Price", "Price is ", storing(func(s *signal.Signal) { s.Price = math.Round(s.Price*1e8) / 1e8 })},
	{"knows no Price below zero", "Price is ", storing(func(s *signal.Signal) { s.Price = math.Abs(s.Price) })},
	{"keeps Confidence as a float32", "Confidence is ", storing(func(s *signal.Signal) { s.Confidence = float64(float32(s.Confidence)) })},
	{"keeps four digits of Confidence", "Confidence is ", storing(func(s *signal.Signal) { s.Confidence = math.Round(s.Confidence*1e4) / 1e4 })},
	{"loses the sign of Direction", "Direction is ", storing(func(s *signal.Signal) { s.Direction *= s.Direction })},
	{"writes Strategy small", "Strategy is ", storing(func(s *signal.Signal) { s.Strategy = strings.ToLower(s.Strategy) })},
	{"cuts Params at 255", "Params is ", storing(func(s *signal.Signal) { s.Params = s.Params[:min(len(s.Params), 255)] })},
	{"trims Symbol", "Symbol is ", storing(func(s *signal.Signal) { s.Symbol = strings.TrimSpace(s.Symbol) })},
	{"forgets Parts", "the number of Parts is 0", storing(func(s *signal.Signal) { s.Parts = nil })},
	{"keeps one Part", "the number of Parts is 1", storing(func(s *signal.Signal) { s.Parts = s.Parts[:min(len(s.Parts), 1)] })},
	{"keeps Weight as a float32", "Parts[", storingParts(func(p *signal.Part) { p.Weight = float64(float32(p.Weight)) })},
	{"keeps four digits of a Part's Confidence", "Parts[", storingParts(func(p *signal.Part) { p.Confidence = math.Round(p.Confidence*1e4) / 1e4 })},
	{"forgets who spoke", "Parts[", storingParts(func(p *signal.Part) { p.Spoke = true })},
	{"forgets a Part's Params", "Parts[", storingParts(func(p *signal.Part) { p.Params = "" })},
	{"forgets a Part's Direction", "Parts[", storingParts(func(p *signal.Part) { p.Direction = signal.Flat })},
	{"answers in local time", "BarTime comes back in elsewhere, want UTC", answering(func(found []signal.Signal) []signal.Signal {
		for i := range found {
			found[i].BarTime = found[i].BarTime.In(time.FixedZone("elsewhere", 3600))
		}
		return found
	})},
}
