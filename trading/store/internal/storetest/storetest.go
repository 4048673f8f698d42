// Package storetest is what both kinds of database have to do, as tests: Test runs them all. It also has the signals, the
// counts and the corpus that the tests of the two packages share.
package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/sqldb"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// Setting is one part of what a database belongs to.
type Setting = journal.Setting

// DB is what the databases of both kinds have.
type DB interface {
	Signals() Signals
	Journal() journal.Journal
	Claim(ctx context.Context) (journal.Journal, error)
	Bind(ctx context.Context, run []Setting) error
	Room() error
	Overrides(ctx context.Context) ([]journal.Override, error)
	SetOverride(ctx context.Context, w journal.Override) error
	Close() error
}

// Signals is the signal store in a DB.
type Signals = interface {
	signal.Store
	signal.States
	signal.Pruner
	signal.Identified
	signal.Notifier
	signal.Window
}

// Place is where one database is. It opens it, for a run.
type Place func(ctx context.Context, run ...Setting) (DB, error)

// Kind makes a place for a new database, which the end of the test removes.
type Kind func(t testing.TB) Place

// Open opens the database and closes it after the test.
func (p Place) Open(t testing.TB, run ...Setting) DB {
	t.Helper()
	db, err := p(t.Context(), run...)
	noError(t, err)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

func (k Kind) open(t testing.TB) DB {
	t.Helper()
	return k(t).Open(t)
}

// Test runs all tests on databases of a kind.
func Test(t *testing.T, kind Kind) {
	t.Run("Signals are a Store", func(t *testing.T) {
		t.Parallel()
		signaltest.TestStore(t, func(t *testing.T) signal.Store { return kind.open(t).Signals() })
	})
	t.Run("Signals keep states", func(t *testing.T) {
		t.Parallel()
		signaltest.TestStates(t, func(t *testing.T) signal.States { return kind.open(t).Signals() })
	})
	t.Run("Journal is a Journal", func(t *testing.T) {
		t.Parallel()
		tradingtest.TestJournal(t, func(t *testing.T) journal.Journal { return kind.open(t).Journal() })
	})
	for _, group := range []map[string]func(*testing.T, Kind){
		storeTests, stateTests, idTests, pruneTests, runTests, leaseTests, overrideTests,
	} {
		for name, test := range group {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, kind)
			})
		}
	}
}

// Numbered returns a signal of one stream, with a bar and an ID of its own.
func Numbered(n int) signal.Signal {
	bar := time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC)
	return signal.Signal{ID: fmt.Sprint("s", n), Strategy: "cross", Params: "fast=8,slow=21", Symbol: "BTC/USDT:USDT",
		Interval: time.Minute, Direction: signal.Long, Confidence: 0.5, Price: float64(n), BarTime: bar,
		CreatedAt: bar.Add(time.Minute), ValidUntil: bar.Add(4 * time.Minute)}
}

// Generated returns one as a Generator makes it, with the ID of its bar.
func Generated(n int) signal.Signal { return WithOwnID(Numbered(n)) }

// WithOwnID gives a signal the ID that Stream.ID makes of it.
func WithOwnID(s signal.Signal) signal.Signal {
	s.ID = s.Stream().ID(s.BarTime)
	return s
}

// Held returns all signals of a store.
func Held(t testing.TB, store signal.Store) []signal.Signal {
	t.Helper()
	all, err := store.After(t.Context(), 0, 1_000_000)
	noError(t, err)
	return append([]signal.Signal{}, all...)
}

// Count returns how many entries a journal has.
func Count(t testing.TB, j journal.Journal) int {
	t.Helper()
	entries, err := j.Read(t.Context(), 0, 1_000_000)
	noError(t, err)
	return len(entries)
}

// Life is an order from its intent to its fill.
func Life(id string, at time.Time) []journal.Event {
	one := decimal.NewFromInt(1)
	return []journal.Event{
		journal.IntentMade{Order: trading.Order{ClientID: id, Symbol: "BTC/USDT", Side: trading.Buy, Type: trading.Market,
			Quantity: one, DecisionPrice: one, SignalID: "s-" + id, CreatedAt: at}},
		journal.Submitting{ClientID: id}, journal.Acknowledged{ClientID: id},
		journal.Filled{Fill: trading.Fill{ID: id + "-1", ClientID: id, Symbol: "BTC/USDT", Side: trading.Buy, Price: one,
			Quantity: one, Time: at}},
	}
}

// StoreBoth stores a number as a signal and as an entry of the journal, under a name for each caller.
func StoreBoth(db DB, caller, n int) error {
	s := Numbered(n)
	s.ID = NameOf(caller, n)
	if err := db.Signals().Append(context.Background(), s); err != nil {
		return err
	}
	return db.Journal().Append(context.Background(), time.Unix(0, 0), journal.Halted{Reason: s.ID})
}

// NameOf is the name under which StoreBoth stores.
func NameOf(caller, n int) string { return fmt.Sprintf("%d-%d", caller, n) }

var storeTests = map[string]func(*testing.T, Kind){
	"Database that is reopened has what was stored": reopened,
	"Database takes a thousand appends at once":     thousandAtOnce,
	"Database that is closed says so":               closedSaysSo,
	"Close waits for the calls under way":           closeWaits,
	"Append names a time that cannot be stored":     timeOutOfRange,
}

func reopened(t *testing.T, kind Kind) {
	place := kind(t)
	first := place.Open(t)
	identity, err := first.Signals().Identity(t.Context())
	noError(t, err)
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	noError(t, first.Signals().Append(t.Context(), Numbered(1), Numbered(2)))
	noError(t, first.Journal().Append(t.Context(), at, journal.Halted{Reason: "daily loss"}))
	noError(t, first.Close())

	second := place.Open(t)
	again, err := second.Signals().Identity(t.Context())
	noError(t, err)
	equal(t, identity, again)
	signals := Held(t, second.Signals())
	length(t, signals, 2)
	equal(t, true, signals[1].Same(Numbered(2)))
	entries, err := second.Journal().Read(t.Context(), 0, 10)
	noError(t, err)
	equal(t, []journal.Entry{{Seq: 1, At: at, Event: journal.Halted{Reason: "daily loss"}}}, entries)
	noError(t, second.Signals().Append(t.Context(), Numbered(2), Numbered(3))) // It goes on where it was.
	signals, err = second.Signals().After(t.Context(), signals[1].Seq, 10)
	noError(t, err)
	length(t, signals, 1)
	equal(t, "s3", signals[0].ID)
}

func thousandAtOnce(t *testing.T, kind Kind) {
	db := kind.open(t)
	var running sync.WaitGroup
	for n := range 500 {
		running.Go(func() {
			if err := db.Signals().Append(t.Context(), Numbered(n)); err != nil {
				t.Error(err)
			}
		})
		running.Go(func() {
			event := journal.Submitting{ClientID: fmt.Sprint("v", n)}
			if err := db.Journal().Append(t.Context(), time.Unix(int64(n), 0), event); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	signals := Held(t, db.Signals())
	entries, err := db.Journal().Read(t.Context(), 0, 10_000)
	noError(t, err)
	length(t, signals, 500)
	length(t, entries, 500)
	seen := make(map[string]bool)
	for i := range 500 {
		seen[signals[i].ID] = true
		seen[entries[i].Event.(journal.Submitting).ClientID] = true
	}
	equal(t, 1000, len(seen))
}

func closedSaysSo(t *testing.T, kind Kind) {
	db := kind.open(t)
	noError(t, db.Close())
	noError(t, db.Close()) // a second time
	errorIs(t, db.Signals().Append(t.Context(), Numbered(1)), sqldb.ErrClosed)
	errorIs(t, db.Signals().Append(t.Context()), sqldb.ErrClosed)
	_, err := db.Signals().Latest(t.Context(), signal.Query{})
	errorIs(t, err, sqldb.ErrClosed)
	_, err = db.Signals().After(t.Context(), 0, 1)
	errorIs(t, err, sqldb.ErrClosed)
	errorIs(t, db.Journal().Append(t.Context(), time.Time{}, journal.Halted{}), sqldb.ErrClosed)
	_, err = db.Journal().Read(t.Context(), 0, 1)
	errorIs(t, err, sqldb.ErrClosed)
	_, err = db.Claim(t.Context())
	errorIs(t, err, sqldb.ErrClosed)
	errorIs(t, db.Signals().SaveStates(t.Context(), SomeState()), sqldb.ErrClosed)
	_, _, err = db.Signals().LoadState(t.Context(), SomeState().Stream)
	errorIs(t, err, sqldb.ErrClosed)
	for _, r := range []signal.Retention{{}, {Count: 1, Passed: 1}, {Before: time.Unix(1, 0), Passed: 1}} {
		_, err := db.Signals().Prune(t.Context(), r)
		errorIs(t, err, sqldb.ErrClosed)
	}
}

// Each call either is there or was told that it is not, whenever Close comes.
func closeWaits(t *testing.T, kind Kind) {
	place := kind(t)
	db := place.Open(t)
	var running sync.WaitGroup
	var mu sync.Mutex // guards acknowledged
	acknowledged := make(map[string]bool)
	started := make(chan struct{}, 64)
	for n := range 64 {
		running.Go(func() {
			started <- struct{}{}
			if db.Signals().Append(t.Context(), Numbered(n)) != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			acknowledged[Numbered(n).ID] = true
		})
	}
	for range 32 {
		<-started
	}
	noError(t, db.Close())
	running.Wait()
	stored := make(map[string]bool)
	for _, s := range Held(t, place.Open(t).Signals()) {
		stored[s.ID] = true
	}
	equal(t, acknowledged, stored)
}

func timeOutOfRange(t *testing.T, kind Kind) {
	db := kind.open(t)
	s := Numbered(1)
	s.ValidUntil = time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)
	says(t, db.Signals().Append(t.Context(), Numbered(0), s), ": append signals: signal s1: the ValidUntil "+
		"2300-01-01T00:00:00Z is not between the years 1678 and 2262")
	says(t, db.Journal().Append(t.Context(), time.Date(1600, 1, 1, 0, 0, 0, 0, time.UTC), journal.Halted{}), "1600-01-01")
	length(t, Held(t, db.Signals()), 0)
}
