package sqlite_test

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
)

var writeCorpus = flag.String("write-corpus", "", "the name of a database to add to the corpus, such as sqlite9")

func TestCorpusIsWrittenToSQLite(t *testing.T) {
	t.Parallel()
	if *writeCorpus == "" {
		t.Skip("-write-corpus names no database")
	}
	for _, archived := range []bool{false, true} {
		name, path := *writeCorpus, filepath.Join(t.TempDir(), "vigil.db")
		require.NoError(t, openAt(t, path, storetest.CorpusRun...).Close())
		inRaw(t, path, func(db *sql.DB) {
			execute(t, db, "UPDATE meta SET value = '"+storetest.CorpusIdentity+"' WHERE name = 'identity'")
		})
		db := openAt(t, path, storetest.CorpusRun...)
		storetest.WriteContent(t, db)
		if archived {
			name += "-archived"
			_, err := db.Archive(t.Context(), time.Date(2026, 3, 2, 9, 17, 30, 0, time.UTC))
			require.NoError(t, err)
			pack(t, path+".archive", name+".db.archive.gz")
		}
		require.NoError(t, db.Close())
		inRaw(t, path, func(db *sql.DB) { execute(t, db, "VACUUM"); execute(t, db, "PRAGMA wal_checkpoint(TRUNCATE)") })
		pack(t, path, name+".db.gz")
	}
}

func execute(t *testing.T, db *sql.DB, text string) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), text)
	require.NoError(t, err, text)
}

// pack adds a compressed copy of a file to the corpus.
func pack(t *testing.T, path, name string) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	require.NoError(t, err)
	_, err = w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	storetest.AddToCorpus(t, name, packed.Bytes())
}
