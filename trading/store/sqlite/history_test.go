package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

func historyOf(db *sqlite.DB) journal.History { return db.Journal().(journal.History) }

func TestHistoryGoesOnInTheArchive(t *testing.T) {
	t.Parallel()
	path := unopened(t)
	db := openAt(t, path)
	journalOf(t, db, 10, 10)
	_, err := db.Archive(t.Context(), firstEntry.Add(4*time.Minute))
	require.NoError(t, err)
	for range 2 {
		storetest.HistoryIsWhole(t, db.Journal(), storetest.Page(t, db.Journal(), 1000))
		storetest.HistoryIsWhole(t, openReader(t, path).Journal(), storetest.Page(t, db.Journal(), 1000))
		// An order in the middle of its life, as whoever dies while it is moved leaves it: in both places.
		foreign(t, path+".archive", fmt.Sprintf(`ATTACH '%s' AS main2; INSERT INTO journal SELECT * FROM main2.journal
			WHERE seq <= 102 ON CONFLICT DO NOTHING`, path))
	}
}

// A backup that is put in the place of a database may find the archive of what came after it.
func TestArchiveFromAfterTheBackupSaysNothing(t *testing.T) {
	t.Parallel()
	path := unopened(t)
	db := openAt(t, path)
	journalOf(t, db, 10, 8)
	_, err := db.Archive(t.Context(), firstEntry.Add(2*time.Minute))
	require.NoError(t, err)
	backup := filepath.Join(t.TempDir(), "backup.db")
	require.NoError(t, db.Backup(t.Context(), backup))
	_, err = db.Archive(t.Context(), firstEntry.Add(6*time.Minute))
	require.NoError(t, err)
	require.NoError(t, db.Close())
	foreign(t, path+".archive", `UPDATE journal SET data = '{"client_id":"v-lost"}', kind = 'triggered', ref = 'v-lost'
		WHERE seq > 40`)
	require.NoError(t, os.Rename(backup, path))

	db = openAt(t, path)
	whole := storetest.Page(t, db.Journal(), 30)
	require.Len(t, whole, 200)
	for _, e := range whole {
		require.NotEqual(t, "v-lost", journal.OrderOf(e.Event))
	}
	storetest.HistoryIsWhole(t, db.Journal(), whole)
	moved, err := db.Archive(t.Context(), firstEntry.Add(7*time.Minute))
	require.NoError(t, err)
	require.Equal(t, 100, moved)
	require.Equal(t, whole, storetest.Page(t, db.Journal(), 30), "what is moved takes the place of what stands there")
	storetest.HistoryIsWhole(t, db.Journal(), whole)
}

func TestHistorySaysThatItsArchiveIsGone(t *testing.T) {
	t.Parallel()
	path := unopened(t)
	db := openAt(t, path)
	journalOf(t, db, 10, 10)
	whole := storetest.Page(t, db.Journal(), 1000)
	_, err := db.Archive(t.Context(), firstEntry.Add(4*time.Minute))
	require.NoError(t, err)
	require.NoError(t, os.Rename(path+".archive", path+".elsewhere"))
	h, gone := historyOf(db), "its entries up to 80 are in "+path+".archive: no such file"

	entries, err := h.Before(t.Context(), 0, nil, 120)
	require.NoError(t, err, "a page of what is here")
	require.Len(t, entries, 120)
	entries, err = h.Before(t.Context(), 0, nil, 121)
	require.ErrorContains(t, err, gone)
	require.Len(t, entries, 120, "what is here comes beside the error")
	entries, err = h.Before(t.Context(), 81, nil, 1)
	require.ErrorContains(t, err, gone)
	require.Empty(t, entries)
	_, err = h.Before(t.Context(), 0, []string{"halted"}, 1)
	require.ErrorContains(t, err, gone, "it may be there")

	entries, err = h.About(t.Context(), "v-20", 10)
	require.NoError(t, err, "nothing is about an order before its intent")
	require.Equal(t, whole[80:84], entries)
	_, err = h.About(t.Context(), "v-19", 10)
	require.ErrorContains(t, err, gone)
	entries, err = h.About(t.Context(), "s-v-20", 10)
	require.ErrorContains(t, err, gone, "the signal may be there")
	require.Equal(t, whole[80:81], entries)
}
