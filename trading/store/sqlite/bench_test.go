package sqlite_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

// BenchmarkAppendGroup stores one signal per call from 64 callers at once.
func BenchmarkAppendGroup(b *testing.B) {
	signals := openNew(b).Signals()
	b.ReportAllocs()
	var n atomic.Int64
	const callers, each = 64, 20
	for b.Loop() {
		var running sync.WaitGroup
		for range callers {
			running.Go(func() {
				for range each {
					if err := signals.Append(b.Context(), storetest.Generated(int(n.Add(1)))); err != nil {
						b.Error(err)
					}
				}
			})
		}
		running.Wait()
	}
	b.ReportMetric(float64(n.Load())/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkJournalAppend journals an intent together with its signal, as an engine does.
func BenchmarkJournalAppend(b *testing.B) {
	j := openNew(b).Journal()
	at := time.Unix(1_800_000_000, 0)
	b.ReportAllocs()
	for b.Loop() {
		err := j.Append(b.Context(), at, journal.SignalSeen{Store: "s", Seq: 1, SignalID: "abc"},
			journal.IntentMade{Order: trading.Order{ClientID: "v-1", Side: trading.Buy}})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRestart opens a database of a million journal entries and reads the book, with as many entries after the
// snapshot as there ever are.
func BenchmarkRestart(b *testing.B) {
	const entries, after = 1_000_000, 10_000
	path := filepath.Join(b.TempDir(), "million.db")
	db, err := sqlite.Open(b.Context(), path, sqlite.Config{})
	require.NoError(b, err)
	capital := decimal.NewFromInt(10_000)
	whole := book.New(capital)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for n := 0; n < entries; n += 1000 {
		var events []journal.Event
		for i := n; i < n+1000; i += 4 {
			events = append(events, storetest.Life(fmt.Sprint("v-", i), at.Add(time.Duration(i)*time.Second))...)
		}
		now := at.Add(time.Duration(n) * time.Second)
		for _, e := range events {
			require.NoError(b, whole.Apply(now, e))
		}
		require.NoError(b, db.Journal().Append(b.Context(), now, events...))
		if n == entries-after-1000 {
			data, err := whole.Snapshot()
			require.NoError(b, err)
			require.NoError(b, db.Journal().(journal.Snapshotter).KeepSnapshot(b.Context(), data))
		}
	}
	require.NoError(b, db.Close())
	for b.Loop() {
		db, err := sqlite.Open(b.Context(), path, sqlite.Config{})
		require.NoError(b, err)
		_, err = book.Restore(capital, journal.Load(b.Context(), db.Journal()))
		require.NoError(b, err)
		require.NoError(b, db.Close())
	}
}
