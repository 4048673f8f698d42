// Package signaltest holds what is used to test parts of signal generation: the contracts of signal.Store,
// signal.States and signal.Source as suites that any adapter can be run against, and a source that goes wrong on request.
//
// A suite fails the test that it was given, and says what is wrong with which signal, state or bar; it needs nothing but
// the testing package.
package signaltest

import (
	"slices"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// TestStore holds a Store to everything that the interface promises, and to Identified, Notifier, Pruner, Window and
// io.Closer where it has them. open returns a new and empty store; what it has to clean up it registers with t.Cleanup.
// Each case gets a store of its own, and they run in parallel.
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
	{"many parts come back, and long ones", manyParts},
	{"any string is only a string", strangeStrings},
	{"appending nothing is fine", appendNothing},
	{"the same ID twice is one signal", sameIDTwice},
	{"the same ID with other content is a conflict, and the first stays", conflictKeepsFirst},
	{"a signal that cannot be told from another is refused, and its call stores nothing", refusedSignal},
	{"one bar may have a signal of each stream", streamsAreApart},
	{"IDs that differ are different signals", idsAreApart},
	{"a signal of the same ID that differs in any field is a conflict", everyFieldIsContent},
	{"a signal that comes again is the same, however it comes", sameAgain},
	{"every value comes back, from one end of its range to the other", edgesComeBack},
	{"a time far away comes back or is refused", farTimes},
	{"the order is that of the appends, whatever the times say", orderIsThatOfAppends},
	{"a call and a store of many signals are whole", manyAreWhole},
	{"what was given stays the caller's, and an answer is the reader's", eachToHisOwn},
	{"a filter lets nothing through that is only nearly alike", filtersAreExact},
	{"streams of intervals that are nearly alike are apart", intervalsAreApart},
	{"the latest come newest first, as the query asks", latestFilters},
	{"reading after a Seq is bounded by its limit", afterPages},
	{"a limit below one is an error, not an empty answer", badLimits},
	{"a call whose context has ended does nothing", endedContext},
	{"appends from many goroutines are all there, each once", concurrentAppends},
	{"a follower misses nothing while others append", followerMissesNothing},
	{"a reader sees a call whole or not at all", callsAreSeenWhole},
	{"of several that say different things under one ID at once, one is stored", oneOfManyIsStored},
	{"an identity stays, and no two stores share one", identity},
	{"a prune removes by age and count, and what a cursor has not passed stays", prunes},
	{"a prune leaves the newest signal of each stream", pruneLeavesNewest},
	{"a prune of nothing removes nothing, and a bad one is refused", prunesNothing},
	{"an ID that was pruned is not known any more", prunedIsForgotten},
	{"a prune leaves the states alone", pruneLeavesStates},
	{"a Housekeeper keeps it small, and what a cursor has not passed stays", housekept},
	{"a follower misses nothing while others append and prune what it has passed", followerUnderPrune},
	{"an append of something new wakes who waits, a repeated one does not", appendedWakes},
	{"who is woken finds what it was woken for", wokenFind},
	{"something new beside a conflict wakes who waits", conflictWakes},
	{"beyond what a Window calls whole nothing is missing", windowIsWhole},
	{"a closed store returns an error and does not wait", closedStore},
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

// readPage reads what comes after a cursor, as a follower does: no more than it asked for, and all of it beyond its cursor.
func readPage(t testing.TB, store signal.Store, cursor int64, limit int) []signal.Signal {
	t.Helper()
	page, err := store.After(t.Context(), cursor, limit)
	if err != nil {
		t.Fatalf("After %d: %v", cursor, err)
	}
	if len(page) > limit {
		t.Fatalf("After %d with limit %d: %d signals", cursor, limit, len(page))
	}
	last := cursor
	for _, s := range page {
		if s.Seq <= last {
			t.Fatalf("After %d: Seq %d comes after %d", cursor, s.Seq, last)
		}
		last = s.Seq
	}
	return page
}

func none(t testing.TB, call string, got []signal.Signal, err error) {
	t.Helper()
	if err != nil || len(got) > 0 {
		t.Errorf("%s: %d signals, error %v, want none", call, len(got), err)
	}
}
