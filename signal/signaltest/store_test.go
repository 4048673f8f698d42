package signaltest_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// The suite must see each fault that is planted here, in the case that is about it.
func TestStoreSuiteFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	faults := map[string]string{ // fault: the case that must fail for it
		"invents a signal":           "an empty store has nothing to read",
		"counts from 0":              "what was appended is read in order, its Seq rising from 1",
		"reads backwards":            "what was appended is read in order, its Seq rising from 1",
		"leaves out Seq":             "what was appended is read in order, its Seq rising from 1",
		"keeps the caller's":         "every field comes back, times in UTC to the nanosecond",
		"cuts to microseconds":       "every field comes back, times in UTC to the nanosecond",
		"answers in local time":      "every field comes back, times in UTC to the nanosecond",
		"zero time is 1970":          "every field comes back, times in UTC to the nanosecond",
		"forgets parts":              "parts come back, and belong to whoever reads them",
		"keeps the caller's parts":   "parts come back, and belong to whoever reads them",
		"gives its own parts away":   "parts come back, and belong to whoever reads them",
		"trims strings":              "any string is only a string",
		"cuts at NUL":                "any string is only a string",
		"refuses nothing":            "appending nothing is fine",
		"stores twice":               "the same ID twice is one signal",
		"compares CreatedAt":         "the same ID twice is one signal",
		"hides conflicts":            "the same ID with other content is a conflict, and the first stays",
		"the last one wins":          "the same ID with other content is a conflict, and the first stays",
		"conflict stops a call":      "the same ID with other content is a conflict, and the first stays",
		"takes anything":             "a signal that cannot be told from another is refused, and its call stores nothing",
		"takes what cannot be shown": "a signal that cannot be told from another is refused, and its call stores nothing",
		"does not look at parts":     "a signal that cannot be told from another is refused, and its call stores nothing",
		"stores half a call":         "a signal that cannot be told from another is refused, and its call stores nothing",
		"oldest first":               "the latest come newest first, as the query asks",
		"ignores Params":             "the latest come newest first, as the query asks",
		"ignores Interval":           "the latest come newest first, as the query asks",
		"ignores Stream":             "the latest come newest first, as the query asks",
		"ignores Strategy":           "the latest come newest first, as the query asks",
		"confidence is strict":       "the latest come newest first, as the query asks",
		"no default limit":           "the latest come newest first, as the query asks",
		"limit before filter":        "the latest come newest first, as the query asks",
		"After is inclusive":         "reading after a Seq is bounded by its limit",
		"After knows no limit":       "reading after a Seq is bounded by its limit",
		"limit 0 is nothing":         "a limit below one is an error, not an empty answer",
		"never looks at ctx":         "a call whose context has ended does nothing",
		"forgets under load":         "appends from many goroutines are all there, each once",
		"visible out of order":       "a follower misses nothing while others append",
		"new identity per call":      "an identity stays, and no two stores share one",
		"everybody's identity":       "an identity stays, and no two stores share one",
		"never wakes":                "an append of something new wakes who waits, a repeated one does not",
		"wakes for nothing":          "an append of something new wakes who waits, a repeated one does not",
	}
	for fault, inCase := range faults {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, signaltest.StoreCases(), inCase)
			watched := watch(t, func(tb testing.TB) {
				signaltest.RunStoreCase(tb, inCase, func() signal.Store { return &plainStore{fault: fault} })
			})
			require.True(t, watched.Failed(), "the case does not see it")
		})
	}
	for _, name := range signaltest.StoreCases() {
		t.Run("no fault, "+name, func(t *testing.T) {
			t.Parallel()
			watched := watch(t, func(tb testing.TB) {
				signaltest.RunStoreCase(tb, name, func() signal.Store { return &plainStore{} })
			})
			require.False(t, watched.Failed(), strings.Join(watched.said, "\n"))
		})
	}
}

// plainStore is the simplest Store there is, with one fault.
type plainStore struct {
	fault string

	mu      sync.Mutex
	signals []signal.Signal
	hidden  []signal.Signal // numbered, and not visible yet
	last    int64
	name    string
	wake    chan struct{}
}

func (p *plainStore) has(fault string) bool { return p.fault == fault }

func (p *plainStore) Append(ctx context.Context, signals ...signal.Signal) error {
	if ctx.Err() != nil && !p.has("never looks at ctx") {
		return ctx.Err()
	}
	if p.has("refuses nothing") && len(signals) == 0 {
		return errors.New("nothing to append")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.has("stores half a call") {
		for _, s := range signals {
			if p.bad(s) {
				return errors.New("bad signal")
			}
		}
	}
	before := p.last
	var conflict error
	for _, s := range signals {
		if p.bad(s) {
			return errors.New("bad signal")
		}
		if err := p.add(s); err != nil {
			conflict = err
			if p.has("conflict stops a call") {
				break
			}
		}
	}
	if (p.last > before || p.has("wakes for nothing")) && p.wake != nil && !p.has("never wakes") {
		close(p.wake)
		p.wake = nil
	}
	if p.has("hides conflicts") {
		return nil
	}
	return conflict
}

func (p *plainStore) bad(s signal.Signal) bool {
	switch {
	case p.has("takes anything"):
		return false
	case p.has("takes what cannot be shown"):
		return s.ID == "" || math.IsNaN(s.Confidence) || math.IsNaN(s.Price)
	case p.has("does not look at parts"):
		s.Parts = nil
	}
	return s.Validate() != nil
}

func (p *plainStore) add(s signal.Signal) error {
	at := slices.IndexFunc(p.signals, func(o signal.Signal) bool { return o.ID == s.ID })
	if at < 0 {
		for _, h := range p.hidden {
			if h.ID == s.ID {
				return nil
			}
		}
	}
	if at >= 0 && !p.has("stores twice") {
		first := p.signals[at]
		if p.has("the last one wins") {
			s.Seq = first.Seq
			p.signals[at] = s
		}
		if !first.Same(s) || p.has("compares CreatedAt") && !first.CreatedAt.Equal(s.CreatedAt) {
			return signal.ErrConflict
		}
		return nil
	}
	p.last++
	seq := p.last
	switch {
	case p.has("keeps the caller's") && s.Seq != 0:
		seq = s.Seq
	case p.has("counts from 0"):
		seq--
	case p.has("leaves out Seq"):
		seq = 0
	}
	s.Seq = seq
	if !p.has("answers in local time") {
		s.BarTime, s.CreatedAt, s.ValidUntil = s.BarTime.UTC(), s.CreatedAt.UTC(), s.ValidUntil.UTC()
	}
	if !p.has("keeps the caller's parts") {
		s.Parts = slices.Clone(s.Parts)
	}
	switch {
	case p.has("forgets parts"):
		s.Parts = nil
	case p.has("cuts to microseconds"):
		s.BarTime = s.BarTime.Truncate(time.Microsecond)
	case p.has("zero time is 1970") && s.ValidUntil.IsZero():
		s.ValidUntil = time.Unix(0, 0).UTC()
	case p.has("trims strings"):
		s.Symbol = strings.TrimSpace(s.Symbol)
	case p.has("cuts at NUL"):
		s.Params, _, _ = strings.Cut(s.Params, "\x00")
	case p.has("forgets under load") && s.Seq%37 == 0:
		return nil
	}
	// As where transactions commit in another order than they were numbered: every other one is seen one later.
	if p.has("visible out of order") && len(p.hidden) == 0 && p.last%2 == 1 {
		p.hidden = append(p.hidden, s)
		return nil
	}
	p.signals = append(p.signals, s)
	p.signals = append(p.signals, p.hidden...)
	p.hidden = nil
	return nil
}

func (p *plainStore) Latest(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
	if q.Limit < 0 {
		return nil, errors.New("negative limit")
	}
	if ctx.Err() != nil && !p.has("never looks at ctx") {
		return nil, ctx.Err()
	}
	limit := cmp.Or(q.Limit, signal.DefaultLimit)
	if p.has("no default limit") && q.Limit == 0 {
		limit = math.MaxInt
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []signal.Signal
	for i, s := range slices.Backward(p.signals) {
		if len(found) == limit || p.has("limit before filter") && len(p.signals)-i > limit {
			break
		}
		if p.of(s, q.Stream) && (q.Symbol == "" || s.Symbol == q.Symbol) &&
			(q.Strategy == "" || s.Strategy == q.Strategy || p.has("ignores Strategy")) &&
			(s.Confidence > q.MinConfidence || s.Confidence == q.MinConfidence && !p.has("confidence is strict")) {
			found = append(found, p.copyOf(s))
		}
	}
	if p.has("oldest first") {
		slices.Reverse(found)
	}
	return found, nil
}

func (p *plainStore) of(s signal.Signal, asked signal.Stream) bool {
	is := s.Stream()
	switch {
	case asked == signal.Stream{} || p.has("ignores Stream"):
		return true
	case p.has("ignores Params"):
		is.Params = asked.Params
	case p.has("ignores Interval"):
		is.Interval = asked.Interval
	}
	return is == asked
}

func (p *plainStore) After(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
	if limit < 1 && !p.has("limit 0 is nothing") {
		return nil, errors.New("limit below 1")
	}
	if ctx.Err() != nil && !p.has("never looks at ctx") {
		return nil, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.has("invents a signal") && len(p.signals) == 0 {
		return make([]signal.Signal, 1), nil
	}
	var found []signal.Signal
	for _, s := range p.signals {
		after := s.Seq > seq || s.Seq == seq && p.has("After is inclusive") || seq == 0 && s.Seq == 0
		if after && (len(found) < limit || p.has("After knows no limit")) {
			found = append(found, p.copyOf(s))
		}
	}
	if p.has("reads backwards") {
		slices.Reverse(found)
	}
	return found, nil
}

func (p *plainStore) copyOf(s signal.Signal) signal.Signal {
	if !p.has("gives its own parts away") {
		s.Parts = slices.Clone(s.Parts)
	}
	return s
}

func (p *plainStore) Identity(context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.has("everybody's identity") {
		return "store", nil
	}
	if p.name == "" || p.has("new identity per call") {
		p.name = rand.Text()
	}
	return p.name, nil
}

func (p *plainStore) Appended() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wake == nil {
		p.wake = make(chan struct{})
	}
	return p.wake
}

// watcher is a TB whose failure is only noted.
type watcher struct {
	testing.TB

	mu     sync.Mutex
	failed bool
	said   []string
}

// watch runs a test on a TB of its own, in a goroutine that Fatal and Skip may end.
func watch(t *testing.T, run func(testing.TB)) *watcher {
	w := &watcher{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(w)
	}()
	<-done
	return w
}

func (w *watcher) Failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed
}

func (w *watcher) Errorf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = true
	w.said = append(w.said, fmt.Sprintf(format, args...))
}

func (w *watcher) Error(args ...any) { w.Errorf("%s", fmt.Sprint(args...)) }

func (w *watcher) Fatalf(format string, args ...any) {
	w.Errorf(format, args...)
	runtime.Goexit()
}

func (w *watcher) Fatal(args ...any) { w.Fatalf("%s", fmt.Sprint(args...)) }

func (w *watcher) Skip(...any)         { runtime.Goexit() }
func (w *watcher) Logf(string, ...any) {}
func (w *watcher) Helper()             {}
