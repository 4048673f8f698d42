package sqlite_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

// before makes a database file of an earlier version of the schema, with some rows in it.
func before(t *testing.T, version int64, fill func(db *sql.DB)) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "vigil.db")
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), fmt.Sprintf("PRAGMA application_id = %d", 0x5647494c))
	require.NoError(t, err)
	storetest.WithSchema(t, db, goose.DialectSQLite3, os.DirFS("migrations"), version)
	fill(db)
	require.NoError(t, db.Close())
	return path
}

func TestDatabaseFromBeforeStreamsGoesOn(t *testing.T) {
	t.Parallel()
	db := openAt(t, before(t, 5, func(db *sql.DB) { storetest.InsertFromBefore(t, db) }))
	var withID int
	_, readers := db.Pools()
	require.NoError(t, readers.QueryRowContext(t.Context(), "SELECT count(id) FROM signals").Scan(&withID))
	require.Equal(t, storetest.StoredIDs, withID)
	storetest.GoesOn(t, db)
}

func TestMigrationThatFailsLeavesWhatWasThere(t *testing.T) {
	t.Parallel()
	path := before(t, 5, func(db *sql.DB) {
		storetest.InsertFromBefore(t, db)
		// It only shows in the middle of the step, when the old table is to get this name.
		_, err := db.ExecContext(t.Context(), "CREATE TABLE signals_before (x)")
		require.NoError(t, err)
	})
	content := func() (rows []string) {
		db, err := sql.Open("sqlite", path)
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		var text string
		for _, query := range []string{
			"SELECT group_concat(sql, ';' ORDER BY name) FROM sqlite_schema",
			"SELECT group_concat(seq || id || strategy || symbol, ';' ORDER BY seq) FROM signals",
			"SELECT max(version_id) FROM goose_db_version",
		} {
			require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(&text))
			rows = append(rows, text)
		}
		return rows
	}
	was := content()
	_, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	require.ErrorContains(t, err, "bring its schema up to date: to version 6")
	require.Equal(t, was, content())

	foreign(t, path, "DROP TABLE signals_before")
	storetest.GoesOn(t, openAt(t, path))
}

func TestDatabaseFromBeforeStatesAndPartsLearnsThem(t *testing.T) {
	t.Parallel()
	path := before(t, 2, func(db *sql.DB) {
		_, err := db.ExecContext(t.Context(), `INSERT INTO signals VALUES (1, 's1', 'cross', 'fast=8,slow=21', 'BTC/USDT:USDT',
			60000000000, 1, 0.5, 1, 1767225660000000000, 1767225720000000000, 1767225900000000000)`)
		require.NoError(t, err)
	})
	store := openAt(t, path).Signals()
	require.Len(t, storetest.Held(t, store), 1)
	require.NoError(t, store.SaveStates(t.Context(), storetest.SomeState()))
	_, ok, err := store.LoadState(t.Context(), storetest.SomeState().Stream)
	require.NoError(t, err)
	require.True(t, ok)
	voted := storetest.Numbered(2)
	voted.Parts = []signal.Part{{Strategy: "cross", Weight: 1, Spoke: true, Direction: signal.Long, Confidence: 0.5}}
	require.NoError(t, store.Append(t.Context(), storetest.Numbered(1), voted), "what was stored without parts is the same still")
	got := storetest.Held(t, store)
	require.Len(t, got, 2)
	require.Nil(t, got[0].Parts)
	require.Equal(t, voted.Parts, got[1].Parts)
}

// A database of an earlier version does not say what was pruned: what is missing tells.
func TestDatabaseThatWasPrunedBeforeTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "vigil.db")
	db := openAt(t, path)
	for n := range 10 {
		require.NoError(t, db.Signals().Append(t.Context(), storetest.Numbered(n)))
	}
	require.NoError(t, db.Close())
	foreign(t, path, "DELETE FROM signals WHERE seq IN (1, 2, 4, 5); DELETE FROM meta WHERE name = 'pruned'")
	for _, db := range []*sqlite.DB{openReader(t, path), openAt(t, path)} {
		whole, err := db.Signals().Whole(t.Context())
		require.NoError(t, err)
		require.Equal(t, int64(5), whole)
	}
}
