package signaltest_test

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// storing changes each signal on its way into the store.
func storing(change func(*signal.Signal)) func(*mutant) {
	return func(m *mutant) {
		next := m.append
		m.append = func(ctx context.Context, signals []signal.Signal) error {
			changed := make([]signal.Signal, len(signals))
			for i, s := range signals {
				if s.Validate() == nil {
					change(&s)
				}
				changed[i] = s
			}
			return next(ctx, changed)
		}
	}
}

// storingParts changes each part on its way into the store.
func storingParts(change func(*signal.Part)) func(*mutant) {
	return storing(func(s *signal.Signal) {
		s.Parts = slices.Clone(s.Parts)
		for i := range s.Parts {
			change(&s.Parts[i])
		}
	})
}

// choosing changes which signals of a call are stored, once all of them were found valid.
func choosing(choose func([]signal.Signal) []signal.Signal) func(*mutant) {
	return func(m *mutant) {
		next := m.append
		m.append = func(ctx context.Context, signals []signal.Signal) error {
			for _, s := range signals {
				if err := s.Validate(); err != nil {
					return err
				}
			}
			return next(ctx, choose(slices.Clone(signals)))
		}
	}
}

// asking changes each query on its way.
func asking(change func(*signal.Query)) func(*mutant) {
	return func(m *mutant) {
		next := m.latest
		m.latest = func(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
			change(&q)
			return next(ctx, q)
		}
	}
}

// failing changes the error of an Append.
func failing(change func(error) error) func(*mutant) {
	return func(m *mutant) {
		next := m.append
		m.append = func(ctx context.Context, s []signal.Signal) error { return change(next(ctx, s)) }
	}
}

// filtering answers a query from all signals, with those that a filter of another kind lets through.
func filtering(lets func(q signal.Query, s signal.Signal) bool) func(*mutant) {
	return func(m *mutant) {
		next := m.latest
		m.latest = func(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
			if q.Limit < 0 {
				return nil, errors.New("negative limit")
			}
			limit := q.Limit
			if limit == 0 {
				limit = signal.DefaultLimit
			}
			all, err := next(ctx, signal.Query{Limit: 1 << 40, MinConfidence: -1e308})
			var found []signal.Signal
			for _, s := range all {
				if len(found) < limit && lets(q, s) {
					found = append(found, s)
				}
			}
			return found, err
		}
	}
}

// as is the filter of a Store without a fault.
func as(q signal.Query, s signal.Signal) bool {
	return (q.Stream == signal.Stream{} || s.Stream() == q.Stream) && (q.Symbol == "" || s.Symbol == q.Symbol) &&
		(q.Strategy == "" || s.Strategy == q.Strategy) && s.Confidence >= q.MinConfidence
}

// oncePer forgets a signal whose key is that of one before it.
func oncePer(key func(signal.Signal) string) func(*mutant) {
	return func(m *mutant) {
		known := make(map[string]string)
		choosing(func(signals []signal.Signal) (kept []signal.Signal) {
			m.mu.Lock()
			defer m.mu.Unlock()
			for _, s := range signals {
				id, ok := known[key(s)]
				if !ok {
					known[key(s)] = s.ID
				}
				if !ok || id == s.ID {
					kept = append(kept, s)
				}
			}
			return kept
		})(m)
	}
}

// answering changes what After and Latest answer.
func answering(change func([]signal.Signal) []signal.Signal) func(*mutant) {
	return func(m *mutant) {
		after, latest := m.after, m.latest
		m.after = func(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
			found, err := after(ctx, seq, limit)
			return change(found), err
		}
		m.latest = func(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
			found, err := latest(ctx, q)
			return change(found), err
		}
	}
}

// held returns the signal of an ID.
func (m *mutant) held(id string) (signal.Signal, bool) {
	all, _ := m.Memory.After(context.Background(), 0, 1<<40)
	for _, s := range all {
		if s.ID == id {
			return s, true
		}
	}
	return signal.Signal{}, false
}

// blindTo makes a signal like the one that is held in one field, so that it is no conflict.
func blindTo(field string, liken func(s *signal.Signal, held signal.Signal)) planted {
	return planted{"sees no conflict of " + field, "another " + field, func(m *mutant) {
		storing(func(s *signal.Signal) {
			if held, ok := m.held(s.ID); ok {
				liken(s, held)
			}
		})(m)
	}}
}

// refusingAgain answers a signal that is held with a conflict where something of it is not as it was given first.
func refusingAgain(differs func(first, again signal.Signal) bool) func(*mutant) {
	return func(m *mutant) {
		next, given := m.append, make(map[string]signal.Signal)
		m.append = func(ctx context.Context, signals []signal.Signal) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			err := next(ctx, signals)
			for _, s := range signals {
				first, ok := given[s.ID]
				if !ok {
					given[s.ID] = s
				} else if err == nil && differs(first, s) {
					err = signal.ErrConflict
				}
			}
			return err
		}
	}
}

// doubling stores a signal once more where it comes again, in another call and after so many others.
func doubling(others int) func(*mutant) {
	return func(m *mutant) {
		next, when, n := m.append, make(map[string]int), 0
		m.append = func(ctx context.Context, signals []signal.Signal) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			signals, before := slices.Clone(signals), n
			for i, s := range signals {
				at, known := when[s.ID]
				if !known {
					n++
					when[s.ID] = n
				} else if at <= before && n-at >= others {
					signals[i].ID += again
				}
			}
			return next(ctx, signals)
		}
		answering(func(found []signal.Signal) []signal.Signal {
			for i := range found {
				found[i].ID = strings.TrimSuffix(found[i].ID, again)
			}
			return found
		})(m)
	}
}

const again = " again"
