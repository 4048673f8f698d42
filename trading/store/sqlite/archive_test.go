package sqlite_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

var firstEntry = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// journalOf journals twenty entries a minute, of five orders, with a snapshot of the book after some minutes.
func journalOf(t *testing.T, db *sqlite.DB, minutes, snapshotAfter int) {
	t.Helper()
	book := book.New(decimal.NewFromInt(10_000))
	for n := range minutes {
		at := firstEntry.Add(time.Duration(n) * time.Minute)
		var events []journal.Event
		for order := range 5 {
			events = append(events, storetest.Life(fmt.Sprint("v-", n*5+order), at)...)
		}
		require.NoError(t, db.Journal().Append(t.Context(), at, events...))
		for _, e := range events {
			require.NoError(t, book.Apply(at, e))
		}
		if n+1 == snapshotAfter {
			data, err := book.Snapshot()
			require.NoError(t, err)
			require.NoError(t, db.Journal().(journal.Snapshotter).KeepSnapshot(t.Context(), data))
		}
	}
}

func TestArchiveIsReadFromThere(t *testing.T) {
	t.Parallel()
	path := unopened(t)
	db := openAt(t, path)
	journalOf(t, db, 60, 58)
	whole := storetest.Page(t, db.Journal(), 1000)
	moved, err := db.Archive(t.Context(), firstEntry.Add(40*time.Minute))
	require.NoError(t, err)
	require.Equal(t, 800, moved, "those of the first 40 minutes")
	moved, err = db.Archive(t.Context(), firstEntry.Add(1000*time.Minute))
	require.NoError(t, err)
	require.Equal(t, 58*20-1-800, moved, "and no more than the snapshot stands for")
	for _, limit := range []int{61, 799, 800, 801, 5000} {
		require.Equal(t, whole, storetest.Page(t, db.Journal(), limit), "%d at a time", limit)
	}
	capital := decimal.NewFromInt(10_000)
	fast, err := book.Restore(capital, journal.Load(t.Context(), db.Journal()))
	require.NoError(t, err)
	slow, err := book.Restore(capital, journal.Load(t.Context(), struct{ journal.Journal }{db.Journal()}))
	require.NoError(t, err)
	require.Equal(t, slow.Digest(), fast.Digest())
	trail, err := book.Audit(journal.Entries(t.Context(), db.Journal(), 0), "v-3")
	require.NoError(t, err)
	require.Len(t, trail.Entries, 4)

	reader := openReader(t, path)
	require.Equal(t, whole, storetest.Page(t, reader.Journal(), 100), "from another process too")
	_, err = reader.Archive(t.Context(), firstEntry)
	require.ErrorIs(t, err, sqlite.ErrReadOnly)
	require.NoError(t, db.Close())
	again := openAt(t, path)
	require.NoError(t, again.Journal().Append(t.Context(), firstEntry, journal.Halted{Reason: "x"}))
	require.Len(t, storetest.Page(t, again.Journal(), 100), len(whole)+1)
}

func TestArchiveNeedsASnapshot(t *testing.T) {
	t.Parallel()
	path := unopened(t)
	db := openAt(t, path)
	journalOf(t, db, 10, 0)
	moved, err := db.Archive(t.Context(), firstEntry.Add(time.Hour))
	require.NoError(t, err)
	require.Zero(t, moved)
	require.NoFileExists(t, path+".archive")
}

func TestArchiveThatIsGoneIsNamed(t *testing.T) {
	t.Parallel()
	path := unopened(t)
	db := openAt(t, path)
	journalOf(t, db, 10, 10)
	_, err := db.Archive(t.Context(), firstEntry.Add(time.Hour))
	require.NoError(t, err)
	require.NoError(t, os.Rename(path+".archive", path+".elsewhere"))
	_, err = db.Journal().Read(t.Context(), 0, 10)
	require.ErrorContains(t, err, "its entries up to 199 are in "+path+".archive: no such file")
	_, err = book.Restore(decimal.NewFromInt(10_000), journal.Load(t.Context(), db.Journal()))
	require.NoError(t, err, "a restart needs it not")
	write(t, path+".archive", "something else that is here by accident, and long enough to look like something")
	_, err = db.Journal().Read(t.Context(), 0, 10)
	require.ErrorIs(t, err, sqlite.ErrForeign)
}

// Whoever dies after the copy and before the removal leaves entries in both places.
func TestEntriesThatAreInBothPlacesAreReadOnce(t *testing.T) {
	t.Parallel()
	path := unopened(t)
	db := openAt(t, path)
	journalOf(t, db, 20, 20)
	whole := storetest.Page(t, db.Journal(), 1000)
	_, err := db.Archive(t.Context(), firstEntry.Add(10*time.Minute))
	require.NoError(t, err)
	require.NoError(t, db.Close())
	foreign(t, path+".archive", fmt.Sprintf("ATTACH '%s' AS main2; INSERT INTO journal SELECT * FROM main2.journal WHERE seq <= 210", path))
	db = openAt(t, path)
	require.Equal(t, whole, storetest.Page(t, db.Journal(), 30))
	moved, err := db.Archive(t.Context(), firstEntry.Add(14*time.Minute))
	require.NoError(t, err)
	require.Equal(t, 80, moved)
	require.Equal(t, whole, storetest.Page(t, db.Journal(), 30))
}

func TestReadersMissNothingWhileEntriesAreMoved(t *testing.T) {
	t.Parallel()
	path := unopened(t)
	db := openAt(t, path)
	journalOf(t, db, 60, 60)
	want := storetest.Page(t, db.Journal(), 5000)
	reader := openReader(t, path)
	done := make(chan error)
	go func() {
		var err error
		for minutes := 1; minutes <= 60 && err == nil; minutes++ {
			_, err = db.Archive(t.Context(), firstEntry.Add(time.Duration(minutes)*time.Minute))
		}
		done <- err
	}()
	for {
		require.Len(t, storetest.Page(t, db.Journal(), 397), len(want))
		require.Len(t, storetest.Page(t, reader.Journal(), 301), len(want))
		for _, h := range []journal.History{historyOf(db), historyOf(reader)} {
			all, err := h.Before(t.Context(), 0, nil, 5000)
			require.NoError(t, err)
			require.Len(t, all, len(want))
			life, err := h.About(t.Context(), "s-v-120", 10)
			require.NoError(t, err)
			require.Len(t, life, 1)
		}
		select {
		case err := <-done:
			require.NoError(t, err)
			return
		default:
		}
	}
}
