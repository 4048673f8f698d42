// Package signaltest holds what is used to test parts of signal generation: the contracts of signal.Store,
// signal.States and signal.Source as suites that any adapter can be run against, and a source that goes wrong on request.
//
// A suite fails the test that it was given; it needs nothing but the testing package.
package signaltest

import (
	"slices"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// TestStore holds a Store to everything that the interface promises, and to Identified, Notifier and Pruner where it has
// them. open returns a new and empty store; what it has to clean up it registers with t.Cleanup. Each case gets a store
// of its own, and they run in parallel.
//
//	func TestMyStore(t *testing.T) {
//		signaltest.TestStore(t, func(t *testing.T) signal.Store { return mystore.New(t.TempDir()) })
//	}
func TestStore(t *testing.T, open func(t *testing.T) signal.Store) {
	for _, c := range storeCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, func() signal.Store { return open(t) })
		})
	}
}

// storeCase is one promise. It takes a TB, so that the suite's own test can watch it fail.
type storeCase struct {
	name string
	run  func(t testing.TB, open func() signal.Store)
}

var storeCases = []storeCase{
	{"an empty store has nothing to read", emptyStore},
	{"what was appended is read in order, its Seq rising from 1", storedInOrder},
	{"every field comes back, times in UTC to the nanosecond", fieldsComeBack},
	{"parts come back, and belong to whoever reads them", partsComeBack},
	{"any string is only a string", strangeStrings},
	{"appending nothing is fine", appendNothing},
	{"the same ID twice is one signal", sameIDTwice},
	{"the same ID with other content is a conflict, and the first stays", conflictKeepsFirst},
	{"a signal that cannot be told from another is refused, and its call stores nothing", refusedSignal},
	{"the latest come newest first, as the query asks", latestFilters},
	{"reading after a Seq is bounded by its limit", afterPages},
	{"a limit below one is an error, not an empty answer", badLimits},
	{"a call whose context has ended does nothing", endedContext},
	{"appends from many goroutines are all there, each once", concurrentAppends},
	{"a follower misses nothing while others append", followerMissesNothing},
	{"an identity stays, and no two stores share one", identity},
	{"a prune removes by age and count, and what a cursor has not passed stays", prunes},
	{"a prune leaves the newest signal of each stream", pruneLeavesNewest},
	{"a prune of nothing removes nothing, and a bad one is refused", prunesNothing},
	{"a Housekeeper keeps it small, and what a cursor has not passed stays", housekept},
	{"a follower misses nothing while others append and prune what it has passed", followerUnderPrune},
	{"an append of something new wakes who waits, a repeated one does not", appendedWakes},
}

// exampleSignal returns the n-th of a row of valid signals, all of them different: bars of one minute, in three symbols and
// of two strategies.
func exampleSignal(n int) signal.Signal {
	bar := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC).Add(time.Duration(n) * time.Minute)
	s := signal.Signal{
		Strategy:   []string{"cross", "reversion"}[n%2],
		Params:     "fast=8,slow=21",
		Symbol:     []string{"BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"}[n%3],
		Interval:   time.Minute,
		Direction:  signal.Direction(n%3 - 1),
		Confidence: float64(n%11) / 10,
		Price:      100 + float64(n)/3, // most of them no short decimal
		BarTime:    bar,
		CreatedAt:  bar.Add(time.Minute + 123456789),
		ValidUntil: bar.Add(4 * time.Minute),
	}
	s.ID = s.Stream().ID(s.BarTime)
	return s
}

func exampleSignals(from, to int) []signal.Signal {
	var row []signal.Signal
	for n := from; n < to; n++ {
		row = append(row, exampleSignal(n))
	}
	return row
}

func appendAll(t testing.TB, store signal.Store, signals ...signal.Signal) {
	t.Helper()
	if err := store.Append(t.Context(), slices.Clone(signals)...); err != nil {
		t.Fatalf("Append of %d signals: %v", len(signals), err)
	}
}

// readAll returns everything in the store, and checks that the Seqs rise from 1.
func readAll(t testing.TB, store signal.Store) []signal.Signal {
	t.Helper()
	all, err := store.After(t.Context(), 0, 100_000)
	if err != nil {
		t.Fatalf("After 0: %v", err)
	}
	for i, s := range all {
		if i == 0 && s.Seq != 1 {
			t.Errorf("the first Seq is %d, want 1", s.Seq)
		}
		if i > 0 && s.Seq <= all[i-1].Seq {
			t.Errorf("Seq %d comes after Seq %d", s.Seq, all[i-1].Seq)
		}
	}
	return all
}

func none(t testing.TB, call string, got []signal.Signal, err error) {
	t.Helper()
	if err != nil || len(got) > 0 {
		t.Errorf("%s: %d signals, error %v, want none", call, len(got), err)
	}
}

// wantSignals compares all but Seq, with which a store answers for itself.
func wantSignals(t testing.TB, got, want []signal.Signal) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d signals, want %d", len(got), len(want))
	}
	for i, s := range got {
		if !s.Same(want[i]) || !s.CreatedAt.Equal(want[i].CreatedAt) {
			t.Errorf("signal %d is\n%+v, want\n%+v", i, s, want[i])
		}
		if s.Seq == 0 {
			t.Errorf("signal %d has no Seq", i)
		}
	}
}
