package signaltest_test

import (
	"context"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// adapterMutant is a store with one fault, as authors of stores over databases make them. They are written from what databases
// do, and not from the suite's cases.
type adapterMutant struct {
	fault string
	says  string // an expression that what the suite says of it has to match: it names the fault
	plant func(*mutant)
}

// keeping is a fault in how a signal is written down: it comes back as another one, and is compared as that.
func keeping(change func(s *signal.Signal)) func(*mutant) {
	return func(m *mutant) {
		m.append = func(ctx context.Context, signals []signal.Signal) error {
			kept := make([]signal.Signal, len(signals))
			for i, s := range signals {
				s.Parts = slices.Clone(s.Parts)
				change(&s)
				kept[i] = s
			}
			return m.Memory.Append(ctx, kept...)
		}
	}
}

// reading is a fault in how signals are read.
func reading(change func(s []signal.Signal)) func(*mutant) {
	return func(m *mutant) {
		latest, after := m.latest, m.after
		m.latest = func(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
			s, err := latest(ctx, q)
			change(s)
			return s, err
		}
		m.after = func(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
			s, err := after(ctx, seq, limit)
			change(s)
			return s, err
		}
	}
}

// putting is a fault in how a query is put.
func putting(change func(q *signal.Query)) func(*mutant) {
	return func(m *mutant) {
		latest := m.latest
		m.latest = func(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
			change(&q)
			return latest(ctx, q)
		}
	}
}

func places(x float64, n int) float64 {
	p := math.Pow10(n)
	return math.Round(x*p) / p
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// times changes all three times of a signal.
func times(s *signal.Signal, change func(time.Time) time.Time) {
	s.BarTime, s.CreatedAt, s.ValidUntil = change(s.BarTime), change(s.CreatedAt), change(s.ValidUntil)
}

var storeAdapterMutants = []adapterMutant{
	{"a price is kept to eight places", `(?i)price`, keeping(func(s *signal.Signal) { s.Price = places(s.Price, 8) })},
	{"a price is kept in four bytes", `(?i)price`, keeping(func(s *signal.Signal) { s.Price = float64(float32(s.Price)) })},
	{"a confidence is kept in four bytes", `(?i)confidence`, keeping(func(s *signal.Signal) {
		s.Confidence = float64(float32(s.Confidence))
	})},
	{"a confidence is kept in percent", `(?i)confidence`, keeping(func(s *signal.Signal) { s.Confidence = places(s.Confidence, 2) })},
	{"times are kept to the microsecond", `(?i)time|at\b|until`, keeping(func(s *signal.Signal) {
		times(s, func(t time.Time) time.Time { return t.Truncate(time.Microsecond) })
	})},
	{"times are kept to the millisecond", `(?i)time|at\b|until`, keeping(func(s *signal.Signal) {
		times(s, func(t time.Time) time.Time { return t.Truncate(time.Millisecond) })
	})},
	{"when a signal was made is kept to the second", `(?i)created`, keeping(func(s *signal.Signal) {
		s.CreatedAt = s.CreatedAt.Truncate(time.Second)
	})},
	{"times come back in this machine's zone", `(?i)utc`, reading(func(all []signal.Signal) {
		for i := range all {
			times(&all[i], func(t time.Time) time.Time { return t.In(time.FixedZone("here", 7200)) })
		}
	})},
	{"an interval is kept in seconds", `(?i)interval`, keeping(func(s *signal.Signal) { s.Interval = s.Interval.Truncate(time.Second) })},
	{"an interval is kept in milliseconds", `(?i)interval`, keeping(func(s *signal.Signal) {
		s.Interval = s.Interval.Truncate(time.Millisecond)
	})},
	{"parameters are cut to 255 bytes", `(?i)params`, keeping(func(s *signal.Signal) { s.Params = cut(s.Params, 255) })},
	{"a strategy's name is cut to 64 bytes", `(?i)strategy`, keeping(func(s *signal.Signal) { s.Strategy = cut(s.Strategy, 64) })},
	{"a symbol is cut to 32 bytes", `(?i)symbol`, keeping(func(s *signal.Signal) { s.Symbol = cut(s.Symbol, 32) })},
	{"an ID is cut to 24 bytes", `(?i)\bid\b`, keeping(func(s *signal.Signal) { s.ID = cut(s.ID, 24) })},
	{"symbols lose the space at their end", `(?i)symbol|alike|string`, keeping(func(s *signal.Signal) { s.Symbol = strings.TrimRight(s.Symbol, " ") })},
	{"of many parts the first eight are kept", `(?i)part`, keeping(func(s *signal.Signal) { s.Parts = s.Parts[:min(8, len(s.Parts))] })},
	{"of many parts the first hundred are kept", `(?i)part`, keeping(func(s *signal.Signal) { s.Parts = s.Parts[:min(100, len(s.Parts))] })},
	{"parts are sorted", `(?i)part`, keeping(func(s *signal.Signal) {
		slices.SortFunc(s.Parts, func(a, b signal.Part) int { return strings.Compare(a.Strategy, b.Strategy) })
	})},
	{"the weight of a part is kept to four places", `(?i)part|weight`, keeping(func(s *signal.Signal) {
		for i := range s.Parts {
			s.Parts[i].Weight = places(s.Parts[i].Weight, 4)
		}
	})},
	{"the parameters of a part are cut to 100 bytes", `(?i)part`, keeping(func(s *signal.Signal) {
		for i := range s.Parts {
			s.Parts[i].Params = cut(s.Parts[i].Params, 100)
		}
	})},
	{"that a part spoke is left out", `(?i)part|spoke`, keeping(func(s *signal.Signal) {
		for i := range s.Parts {
			s.Parts[i].Spoke = false
		}
	})},
	{"a direction has no sign", `(?i)direction`, keeping(func(s *signal.Signal) { s.Direction *= s.Direction })},
	{"no time of an end is 1970", `(?i)until`, keeping(func(s *signal.Signal) {
		if s.ValidUntil.IsZero() {
			s.ValidUntil = time.Unix(0, 0).UTC()
		}
	})},
	{"After gives at most 500", `(?i)500|limit|after`, func(m *mutant) {
		after := m.after
		m.after = func(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
			return after(ctx, seq, min(limit, 500))
		}
	}},
	{"Latest gives at most 500", `(?i)500|limit|latest`, putting(func(q *signal.Query) { q.Limit = min(q.Limit, 500) })},
	{"Latest without a limit gives all", `(?i)limit|latest|default`, putting(func(q *signal.Query) {
		if q.Limit == 0 {
			q.Limit = 100_000
		}
	})},
	{"Latest is by the bar's time", `(?i)latest|order|newest`, func(m *mutant) {
		latest := m.latest
		m.latest = func(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
			s, err := latest(ctx, q)
			slices.SortStableFunc(s, func(a, b signal.Signal) int { return b.BarTime.Compare(a.BarTime) })
			return s, err
		}
	}},
	{"Latest is by the time at which signals were made", `(?i)latest|order|newest`, func(m *mutant) {
		latest := m.latest
		m.latest = func(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
			s, err := latest(ctx, q)
			slices.SortStableFunc(s, func(a, b signal.Signal) int { return b.CreatedAt.Compare(a.CreatedAt) })
			return s, err
		}
	}},
	{"After is by the bar's time", `(?i)after|order|seq`, func(m *mutant) {
		after := m.after
		m.after = func(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
			s, err := after(ctx, seq, limit)
			slices.SortStableFunc(s, func(a, b signal.Signal) int { return a.BarTime.Compare(b.BarTime) })
			return s, err
		}
	}},
	{"of a call of more than 500 signals the first 500 are stored", `(?i)signals|append|500`, func(m *mutant) {
		m.append = func(ctx context.Context, s []signal.Signal) error {
			return m.Memory.Append(ctx, s[:min(500, len(s))]...)
		}
	}},
	{"a confidence is compared to two places", `(?i)confidence|alike`, putting(func(q *signal.Query) {
		q.MinConfidence = places(q.MinConfidence, 2)
	})},
	{"a stream is asked for without its interval below a second", `(?i)stream|alike|interval`, putting(func(q *signal.Query) {
		q.Stream.Interval = q.Stream.Interval.Truncate(time.Second)
	})},
	{"a stream is asked for without its parameters", `(?i)stream|alike|params`, func(m *mutant) {
		latest := m.latest
		m.latest = func(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
			if q.Stream != (signal.Stream{}) {
				q.Symbol, q.Strategy, q.Stream = q.Stream.Symbol, q.Stream.Strategy, signal.Stream{}
			}
			return latest(ctx, q)
		}
	}},
	{"symbols are compared without regard to case", `(?i)symbol|alike|case`, func(m *mutant) {
		latest := m.latest
		m.latest = func(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
			if q.Symbol == "" {
				return latest(ctx, q)
			}
			symbol, limit := q.Symbol, q.Limit
			q.Symbol, q.Limit = "", 100_000
			all, err := latest(ctx, q)
			all = slices.DeleteFunc(all, func(s signal.Signal) bool { return !strings.EqualFold(s.Symbol, symbol) })
			if limit > 0 {
				all = all[:min(limit, len(all))]
			}
			return all, err
		}
	}},
}

func TestStoreSuiteFindsWhatAdaptersDo(t *testing.T) {
	t.Parallel()
	for _, p := range storeAdapterMutants {
		t.Run(p.fault, func(t *testing.T) {
			t.Parallel()
			matched(t, p.says, signaltest.StoreCases(), func(tb testing.TB, name string) {
				signaltest.RunStoreCase(tb, name, func() signal.Store { return newMutant(p.plant) })
			})
		})
	}
}

// matched runs a suite until what it says matches an expression, and demands that it comes to that.
func matched(t *testing.T, says string, cases []string, run func(tb testing.TB, name string)) {
	t.Helper()
	named := regexp.MustCompile(says)
	var said []string
	for _, name := range cases {
		watched := watch(t, func(tb testing.TB) { run(tb, name) })
		said = append(said, watched.said...)
		if watched.Failed() && slices.ContainsFunc(watched.said, named.MatchString) {
			return
		}
	}
	require.Regexp(t, says, strings.Join(said, "\n"), "no case names the fault")
}

// writing is a fault in how a state is written down.
func writing(change func(s *signal.State)) func(*mutant) {
	return func(m *mutant) {
		m.save = func(ctx context.Context, states []signal.State) error {
			kept := slices.Clone(states)
			for i := range kept {
				change(&kept[i])
			}
			return m.saveRight(ctx, kept...)
		}
	}
}

// saveRight saves without a fault.
func (m *mutant) saveRight(ctx context.Context, s ...signal.State) error {
	return m.Memory.SaveStates(ctx, s...)
}

var stateAdapterMutants = []adapterMutant{
	{"what a strategy knew is kept as text", `(?i)data|bytes|state`, writing(func(s *signal.State) {
		s.Data = []byte(strings.ToValidUTF8(string(s.Data), "?"))
	})},
	{"what a strategy knew is cut to 64 kB", `(?i)data|bytes|state`, writing(func(s *signal.State) { s.Data = s.Data[:min(65_535, len(s.Data))] })},
	{"what a strategy knew is cut at its first zero", `(?i)data|bytes|state`, writing(func(s *signal.State) {
		if i := slices.Index(s.Data, 0); i >= 0 {
			s.Data = s.Data[:i]
		}
	})},
	{"the bar of a state is kept to the second", `(?i)bar|state`, writing(func(s *signal.State) { s.Bar = s.Bar.Truncate(time.Second) })},
	{"the bar of a state is kept to the microsecond", `(?i)bar|state`, writing(func(s *signal.State) {
		s.Bar = s.Bar.Truncate(time.Microsecond)
	})},
	{"how many bars were seen is kept in two bytes", `(?i)seen|state`, writing(func(s *signal.State) { s.Seen = int(int16(s.Seen)) })},
	{"a state is kept by an interval in seconds", `(?i)state`, func(m *mutant) {
		writing(func(s *signal.State) { s.Stream.Interval = s.Stream.Interval.Truncate(time.Second) })(m)
		load := m.load
		m.load = func(ctx context.Context, of signal.Stream) (signal.State, bool, error) {
			asked := of
			of.Interval = of.Interval.Truncate(time.Second)
			s, ok, err := load(ctx, of)
			s.Stream = asked
			return s, ok, err
		}
	}},
}

func TestStatesSuiteFindsWhatAdaptersDo(t *testing.T) {
	t.Parallel()
	for _, p := range stateAdapterMutants {
		t.Run(p.fault, func(t *testing.T) {
			t.Parallel()
			matched(t, p.says, signaltest.StateCases(), func(tb testing.TB, name string) {
				signaltest.RunStateCase(tb, name, newMutant(p.plant))
			})
		})
	}
}
