package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

// One file holds the signals and the journal of one run.
func ExampleOpen() {
	ctx := context.Background()
	folder, _ := os.MkdirTemp("", "vigil")
	defer func() { _ = os.RemoveAll(folder) }()

	db, err := sqlite.Open(ctx, filepath.Join(folder, "vigil.db"), sqlite.Config{
		Run: []sqlite.Setting{{Name: "mode", Value: "paper"}, {Name: "seed", Value: "1"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }() // It reports what it could not write back.

	bar := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	s := signal.Signal{Strategy: "ema_cross", Symbol: "BTC/USDT:USDT", Interval: time.Minute, Direction: signal.Long,
		Confidence: 0.8, Price: 101_250.5, BarTime: bar, CreatedAt: bar.Add(time.Minute)}
	s.ID = s.Stream().ID(s.BarTime)
	fmt.Println(db.Signals().Append(ctx, s, s)) // the same twice is one
	fmt.Println(db.Journal().Append(ctx, s.CreatedAt, journal.Submitting{ClientID: "v-1"}))

	latest, _ := db.Signals().Latest(ctx, signal.Query{Limit: 5})
	for _, s := range latest {
		fmt.Println(s.Seq, s.Symbol, s.Direction, s.Price)
	}
	// Output:
	// <nil>
	// <nil>
	// 1 BTC/USDT:USDT long 101250.5
}

// Housekeeping: once in a while, what is too many goes, as far as the slowest follower has read.
func ExampleSignals_prune() {
	ctx := context.Background()
	folder, _ := os.MkdirTemp("", "vigil")
	defer func() { _ = os.RemoveAll(folder) }()
	db, err := sqlite.Open(ctx, filepath.Join(folder, "vigil.db"), sqlite.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }() // It reports what it could not write back.

	_ = db.Signals().Append(ctx, storetest.Numbered(1), storetest.Numbered(2), storetest.Numbered(3), storetest.Numbered(4))
	cursor := int64(2) // of the slowest follower
	removed, err := db.Signals().Prune(ctx, signal.Retention{Count: 1, Passed: cursor})
	left, _ := db.Signals().After(ctx, 0, 10)
	fmt.Println(removed, err, "the oldest left is number", left[0].Seq)
	// Output: 2 <nil> the oldest left is number 3
}

// What a strategy knew is kept beside its signals, so that it goes on after a restart where it was.
func ExampleSignals_states() {
	ctx := context.Background()
	folder, _ := os.MkdirTemp("", "vigil")
	defer func() { _ = os.RemoveAll(folder) }()
	db, err := sqlite.Open(ctx, filepath.Join(folder, "vigil.db"), sqlite.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }() // It reports what it could not write back.

	key := signal.Stream{Strategy: "ema_cross", Symbol: "BTC/USDT:USDT", Interval: time.Minute}
	bar := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	_ = db.Signals().SaveStates(ctx, signal.State{Stream: key, Bar: bar, Seen: 21, Data: []byte("fast=101.5 slow=99.25")})
	state, ok, err := db.Signals().LoadState(ctx, key)
	fmt.Printf("%t %v %s after %d bars\n", ok, err, state.Data, state.Seen)
	// Output: true <nil> fast=101.5 slow=99.25 after 21 bars
}

// A database belongs to one run: to go on with another would mix the positions of the two.
func ExampleConfigurationError() {
	ctx := context.Background()
	folder, _ := os.MkdirTemp("", "vigil")
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "vigil.db")

	paper := sqlite.Config{Run: []sqlite.Setting{{Name: "mode", Value: "paper"}}}
	db, err := sqlite.Open(ctx, path, paper)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = db.Close()

	live := sqlite.Config{Run: []sqlite.Setting{{Name: "mode", Value: "live"}}}
	_, err = sqlite.Open(ctx, path, live)
	if other, ok := errors.AsType[*sqlite.ConfigurationError](err); ok {
		fmt.Println(other)
	}
	// Output: it belongs to another run: mode is "paper" there and "live" here
}

// What the database is asked while a program trades on it: whether there is room, a copy, and, by whoever looks into it
// from another process, what is in it.
func ExampleDB_Backup() {
	ctx := context.Background()
	folder, _ := os.MkdirTemp("", "vigil")
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "vigil.db")
	db, err := sqlite.Open(ctx, path, sqlite.Config{LowWater: 1 << 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }() // It reports what it could not write back.
	_ = db.Signals().Append(ctx, storetest.Numbered(1))

	fmt.Println("room:", db.Room())
	fmt.Println("backup:", db.Backup(ctx, filepath.Join(folder, "2026-01-02.db")))

	reader, err := sqlite.Open(ctx, path, sqlite.Config{ReadOnly: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = reader.Close() }() // It has written nothing.
	latest, _ := reader.Signals().Latest(ctx, signal.Query{})
	fmt.Println("a reader sees", latest[0].ID, "and may not write:", reader.Signals().Append(ctx, storetest.Numbered(2)))
	// Output:
	// room: <nil>
	// backup: <nil>
	// a reader sees s1 and may not write: sqlite: append signals: store: the database was opened to be read only
}

// Once in a while, what the last snapshot stands for is moved out of the way. It is read all the same.
func ExampleDB_Archive() {
	ctx := context.Background()
	folder, _ := os.MkdirTemp("", "vigil")
	defer func() { _ = os.RemoveAll(folder) }()
	db, err := sqlite.Open(ctx, filepath.Join(folder, "vigil.db"), sqlite.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }() // It reports what it could not write back.

	book := book.New(decimal.NewFromInt(10_000))
	march := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for month := range 3 {
		halt := journal.Halted{Reason: fmt.Sprint("month ", month+1)}
		at := march.AddDate(0, month-2, 0)
		_ = db.Journal().Append(ctx, at, halt)
		_ = book.Apply(at, halt)
	}
	snapshot, _ := book.Snapshot() // An Engine keeps one by itself.
	_ = db.Journal().(journal.Snapshotter).KeepSnapshot(ctx, snapshot)

	moved, err := db.Archive(ctx, march)
	fmt.Println(moved, err)
	entries, _ := db.Journal().Read(ctx, 0, 1)
	fmt.Println(entries[0].Event.(journal.Halted).Reason)
	// Output:
	// 2 <nil>
	// month 1
}
