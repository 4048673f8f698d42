package signaltest_test

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

const (
	prunes       = "a prune removes by age and count, and what a cursor has not passed stays"
	leavesNewest = "a prune leaves the newest signal of each stream"
	prunesNone   = "a prune of nothing removes nothing, and a bad one is refused"
	housekept    = "a Housekeeper keeps it small, and what a cursor has not passed stays"
	underPrune   = "a follower misses nothing while others append and prune what it has passed"
)

func TestStoreSuiteFindsFaultsOfPruning(t *testing.T) {
	t.Parallel()
	faults := map[string]string{
		"ignores Passed":        prunes,
		"ignores the age":       housekept,
		"removes unread ones":   housekept,
		"ignores Before":        prunes,
		"ignores Count":         prunes,
		"counts nothing":        prunes,
		"numbers anew":          prunes,
		"removes the newest":    leavesNewest,
		"knows no Params":       leavesNewest,
		"knows no Interval":     leavesNewest,
		"zero is everything":    prunesNone,
		"takes a bad Count":     prunesNone,
		"never looks at ctx":    prunesNone,
		"removes more by count": underPrune,
	}
	for fault, inCase := range faults {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			watched := watch(t, func(tb testing.TB) {
				signaltest.RunStoreCase(tb, inCase, func() signal.Store { return &pruningStore{fault: fault} })
			})
			require.True(t, watched.Failed(), "the case does not see it")
		})
	}
	for _, name := range []string{prunes, leavesNewest, prunesNone, housekept, underPrune} {
		t.Run("no fault, "+name, func(t *testing.T) {
			t.Parallel()
			watched := watch(t, func(tb testing.TB) {
				signaltest.RunStoreCase(tb, name, func() signal.Store { return &pruningStore{} })
			})
			require.False(t, watched.Failed(), watched.said)
		})
	}
}

// pruningStore is the simplest Store that can prune, with one fault.
type pruningStore struct {
	plainStore
	fault string
}

func (p *pruningStore) Prune(ctx context.Context, r signal.Retention) (int, error) {
	if ctx.Err() != nil && p.fault != "never looks at ctx" {
		return 0, ctx.Err()
	}
	if r.Count < 0 && p.fault != "takes a bad Count" {
		return 0, context.Canceled
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	of := func(s signal.Signal) signal.Stream {
		stream := s.Stream()
		switch p.fault {
		case "knows no Params":
			stream.Params = ""
		case "knows no Interval":
			stream.Interval = 0
		}
		return stream
	}
	newest := map[signal.Stream]int64{}
	for _, s := range p.signals {
		newest[of(s)] = s.Seq
	}
	size, i, before := len(p.signals), -1, len(p.signals)
	p.signals = slices.DeleteFunc(p.signals, func(s signal.Signal) bool {
		i++
		passed := s.Seq <= r.Passed || p.fault == "ignores Passed" || p.fault == "removes unread ones"
		old := s.CreatedAt.Before(r.Before) && p.fault != "ignores Before" && p.fault != "ignores the age"
		many := r.Count > 0 && size-i > r.Count && p.fault != "ignores Count"
		switch p.fault {
		case "removes more by count":
			passed = s.Seq <= r.Passed+1
		case "zero is everything":
			passed, old = true, old || r.Before.IsZero() && r.Count == 0
		}
		return passed && (old || many) && (newest[of(s)] != s.Seq || p.fault == "removes the newest")
	})
	if p.fault == "numbers anew" {
		p.last = int64(len(p.signals))
	}
	if p.fault == "counts nothing" {
		return 0, nil
	}
	return before - len(p.signals), nil
}

func TestStatesSuiteFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	faults := map[string]string{
		"has something always":   "a key that was never saved has no state",
		"the first one stays":    "what was saved comes back, and the newest replaces it",
		"forgets Seen":           "what was saved comes back, and the newest replaces it",
		"local time":             "what was saved comes back, and the newest replaces it",
		"one interval":           "every part of the key counts",
		"joins strategy, params": "every part of the key counts",
		"keeps the caller's":     "the caller's bytes stay the caller's",
		"never looks at ctx":     "a call whose context has ended does nothing with states",
		"forgets under load":     "saves from many goroutines are all there",
	}
	for fault, inCase := range faults {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, signaltest.StateCases(), inCase)
			watched := watch(t, func(tb testing.TB) {
				signaltest.RunStateCase(tb, inCase, &plainStates{fault: fault, states: map[signal.Stream]signal.State{}})
			})
			require.True(t, watched.Failed(), "the case does not see it")
		})
	}
}

// plainStates is the simplest States there is, with one fault.
type plainStates struct {
	fault string

	mu     sync.Mutex // guards all below
	states map[signal.Stream]signal.State
	saves  int
}

func (p *plainStates) key(k signal.Stream) signal.Stream {
	switch p.fault {
	case "one interval":
		k.Interval = 0
	case "joins strategy, params":
		k.Strategy, k.Params = k.Strategy+k.Params, ""
	}
	return k
}

func (p *plainStates) SaveStates(ctx context.Context, states ...signal.State) error {
	if ctx.Err() != nil && p.fault != "never looks at ctx" {
		return ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range states {
		p.saves++
		key := p.key(s.Stream)
		_, known := p.states[key]
		if p.fault == "the first one stays" && known || p.fault == "forgets under load" && p.saves > 5 {
			continue
		}
		if p.fault != "keeps the caller's" {
			s.Data = bytes.Clone(s.Data)
		}
		p.states[key] = s
	}
	return nil
}

func (p *plainStates) LoadState(ctx context.Context, key signal.Stream) (signal.State, bool, error) {
	if ctx.Err() != nil && p.fault != "never looks at ctx" {
		return signal.State{}, false, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.states[p.key(key)]
	s.Stream, s.Data, s.Bar = key, bytes.Clone(s.Data), s.Bar.UTC()
	switch p.fault {
	case "has something always":
		ok = true
	case "forgets Seen":
		s.Seen = 0
	case "local time":
		s.Bar = s.Bar.In(time.FixedZone("elsewhere", 3600))
	}
	return s, ok, nil
}
