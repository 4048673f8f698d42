package sqlstore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/sqlstore"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

func TestSignalsAreAStore(t *testing.T) {
	t.Parallel()
	signaltest.TestStore(t, func(t *testing.T) signal.Store { return openNew(t).Signals() })
}

func TestJournalIsAJournal(t *testing.T) {
	t.Parallel()
	tradingtest.TestJournal(t, func(t *testing.T) journal.Journal { return openNew(t).Journal() })
}

// openNew opens a database in a folder of its own and closes it after the test.
func openNew(t testing.TB) *sqlstore.DB {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "vigil.db"))
}

func openAt(t testing.TB, path string, run ...sqlstore.Setting) *sqlstore.DB {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), path, sqlstore.Config{Run: run})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func numbered(n int) signal.Signal {
	bar := time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC)
	return signal.Signal{ID: fmt.Sprint("s", n), Strategy: "cross", Params: "fast=8,slow=21", Symbol: "BTC/USDT:USDT",
		Interval: time.Minute, Direction: signal.Long, Confidence: 0.5, Price: float64(n), BarTime: bar,
		CreatedAt: bar.Add(time.Minute), ValidUntil: bar.Add(4 * time.Minute)}
}

func TestWhatWasStoredIsThereAfterReopening(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "vigil.db")
	first := openAt(t, path)
	identity, err := first.Signals().Identity(t.Context())
	require.NoError(t, err)
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	require.NoError(t, first.Signals().Append(t.Context(), numbered(1), numbered(2)))
	require.NoError(t, first.Journal().Append(t.Context(), at, journal.Halted{Reason: "daily loss"}))
	require.NoError(t, first.Close())

	second := openAt(t, path)
	again, err := second.Signals().Identity(t.Context())
	require.NoError(t, err)
	require.Equal(t, identity, again)
	signals, err := second.Signals().After(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, signals, 2)
	require.True(t, signals[1].Same(numbered(2)))
	entries, err := second.Journal().Read(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Equal(t, []journal.Entry{{Seq: 1, At: at, Event: journal.Halted{Reason: "daily loss"}}}, entries)
	require.NoError(t, second.Signals().Append(t.Context(), numbered(2), numbered(3)), "and it goes on where it was")
	signals, err = second.Signals().After(t.Context(), 2, 10)
	require.NoError(t, err)
	require.Len(t, signals, 1)
	require.Equal(t, "s3", signals[0].ID)
}

func TestCloseLeavesOneFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "vigil.db")
	db := openAt(t, path)
	require.NoError(t, db.Signals().Append(t.Context(), numbered(1)))
	_, err := db.Signals().Latest(t.Context(), signal.Query{})
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.Equal(t, []string{"vigil.db"}, files(t, filepath.Dir(path)))
}

func files(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestAThousandAppendsAtOnceAreAllThere(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	var running sync.WaitGroup
	for n := range 500 {
		running.Go(func() { require.NoError(t, db.Signals().Append(t.Context(), numbered(n))) })
		running.Go(func() {
			event := journal.Submitting{ClientID: fmt.Sprint("v", n)}
			require.NoError(t, db.Journal().Append(t.Context(), time.Unix(int64(n), 0), event))
		})
	}
	running.Wait()
	signals, err := db.Signals().After(t.Context(), 0, 10_000)
	require.NoError(t, err)
	entries, err := db.Journal().Read(t.Context(), 0, 10_000)
	require.NoError(t, err)
	seen := make(map[string]bool)
	for i := range 500 {
		seen[signals[i].ID] = true
		seen[entries[i].Event.(journal.Submitting).ClientID] = true
	}
	require.Len(t, signals, 500)
	require.Len(t, entries, 500)
	require.Len(t, seen, 1000)
}

func TestAClosedDatabaseSaysSo(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	require.NoError(t, db.Close())
	require.NoError(t, db.Close(), "a second time")
	require.ErrorIs(t, db.Signals().Append(t.Context(), numbered(1)), sqlstore.ErrClosed)
	require.ErrorIs(t, db.Signals().Append(t.Context()), sqlstore.ErrClosed)
	_, err := db.Signals().Latest(t.Context(), signal.Query{})
	require.ErrorIs(t, err, sqlstore.ErrClosed)
	_, err = db.Signals().After(t.Context(), 0, 1)
	require.ErrorIs(t, err, sqlstore.ErrClosed)
	require.ErrorIs(t, db.Journal().Append(t.Context(), time.Time{}, journal.Halted{}), sqlstore.ErrClosed)
	_, err = db.Journal().Read(t.Context(), 0, 1)
	require.ErrorIs(t, err, sqlstore.ErrClosed)
	require.ErrorIs(t, db.Integrity(t.Context()), sqlstore.ErrClosed)
}

// Each call either is there or was told that it is not, whenever Close comes.
func TestCloseWaitsForTheCallsUnderWay(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "vigil.db")
	db := openAt(t, path)
	var running sync.WaitGroup
	var mu sync.Mutex
	acknowledged := make(map[string]bool)
	started := make(chan struct{}, 64)
	for n := range 64 {
		running.Go(func() {
			started <- struct{}{}
			err := db.Signals().Append(t.Context(), numbered(n))
			if err != nil {
				require.ErrorIs(t, err, sqlstore.ErrClosed)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			acknowledged[numbered(n).ID] = true
		})
	}
	for range 32 {
		<-started
	}
	require.NoError(t, db.Close())
	running.Wait()
	signals, err := openAt(t, path).Signals().After(t.Context(), 0, 100)
	require.NoError(t, err)
	stored := make(map[string]bool)
	for _, s := range signals {
		stored[s.ID] = true
	}
	require.Equal(t, acknowledged, stored)
}

func TestAnAppendThatWaitsForItsTurnEndsWithItsContext(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	release, err := db.HoldWriter(t.Context())
	require.NoError(t, err)
	leader := make(chan error, 1)
	go func() { leader <- db.Signals().Append(t.Context(), numbered(1)) }()
	for db.Queued() > 0 || !db.Leading() { // The leader has taken its own write, and waits for the connection.
		runtime.Gosched()
	}
	waiting, cancel := context.WithCancel(t.Context())
	follower := make(chan error, 1)
	go func() { follower <- db.Signals().Append(waiting, numbered(2)) }()
	for db.Queued() == 0 {
		runtime.Gosched()
	}
	cancel()
	require.ErrorIs(t, <-follower, context.Canceled)
	require.NoError(t, release())
	require.NoError(t, <-leader)
	require.NoError(t, db.Signals().Append(t.Context(), numbered(3)), "the turns go on")
	signals, err := db.Signals().After(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, signals, 2)
	require.Equal(t, "s1", signals[0].ID)
	require.Equal(t, "s3", signals[1].ID)
}

func TestATimeThatCannotBeStoredIsNamed(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	s := numbered(1)
	s.ValidUntil = time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)
	err := db.Signals().Append(t.Context(), numbered(0), s)
	require.EqualError(t, err, "sqlstore: append signals: signal s1: the ValidUntil 2300-01-01T00:00:00Z is not "+
		"between the years 1678 and 2262")
	err = db.Journal().Append(t.Context(), time.Date(1600, 1, 1, 0, 0, 0, 0, time.UTC), journal.Halted{})
	require.ErrorContains(t, err, "1600-01-01")
	latest, err := db.Signals().Latest(t.Context(), signal.Query{})
	require.NoError(t, err)
	require.Empty(t, latest)
}

func TestItWorksInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := openNew(t)
		begin := time.Now()
		go func() {
			time.Sleep(5 * time.Second)
			require.NoError(t, db.Signals().Append(t.Context(), numbered(1)))
		}()
		<-db.Signals().Appended()
		require.Equal(t, 5*time.Second, time.Since(begin))
		latest, err := db.Signals().Latest(t.Context(), signal.Query{})
		require.NoError(t, err)
		require.Len(t, latest, 1)
	})
}

func TestIntegritySeesABrokenPage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "vigil.db")
	db := openAt(t, path)
	for n := range 200 {
		require.NoError(t, db.Journal().Append(t.Context(), time.Unix(0, 0), journal.Halted{Reason: fmt.Sprint(n, path)}))
	}
	require.NoError(t, db.Integrity(t.Context()))
	require.NoError(t, db.Close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	last := content[len(content)-4096:]
	for i := range last {
		last[i] ^= 0xff
	}
	require.NoError(t, os.WriteFile(path, content, 0o600))
	require.Error(t, openAt(t, path).Integrity(t.Context()))
}

// One that has been told to lead must do so, even if its context ends at that moment: nobody else would.
func TestTheTurnIsNotLostOnACallerThatGivesUp(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 30 {
		require.NoError(t, db.CommitNothing(ended))
	}
	require.NoError(t, db.Signals().Append(t.Context(), numbered(1)))
}

// A page limit stands for the size of the disk: SQLite meets both with the same error.
func TestAFullDiskIsSaidAndLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	writer, _ := db.Pools()
	_, err := writer.ExecContext(t.Context(), "PRAGMA max_page_count = 40")
	require.NoError(t, err)
	text := strings.Repeat("x", 10_000)
	acknowledged := 0
	for err == nil && acknowledged < 100 {
		if err = db.Journal().Append(t.Context(), time.Unix(0, 0), journal.Halted{Reason: text}); err == nil {
			acknowledged++
		}
	}
	require.ErrorContains(t, err, "full")
	require.Positive(t, acknowledged)
	count := func() int {
		entries, err := db.Journal().Read(t.Context(), 0, 1000)
		require.NoError(t, err)
		return len(entries)
	}
	require.Equal(t, acknowledged, count())
	_, err = writer.ExecContext(t.Context(), "PRAGMA max_page_count = 4000")
	require.NoError(t, err)
	err = db.Journal().Append(t.Context(), time.Unix(0, 0), journal.Halted{Reason: text})
	require.NoError(t, err, "there is room again")
	require.Equal(t, acknowledged+1, count())
	require.NoError(t, db.Integrity(t.Context()))
}
