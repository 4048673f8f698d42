package sqlite_test

import (
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

// rowsOf is what a version of this package reads from a file.
func rowsOf(t *testing.T, path string) (text string) {
	t.Helper()
	inRaw(t, path, func(db *sql.DB) {
		for _, query := range []string{
			"SELECT max(version_id) FROM goose_db_version",
			"SELECT group_concat(sql, ';' ORDER BY name) FROM sqlite_schema",
			"SELECT group_concat(seq || ' ' || coalesce(id, ''), ';' ORDER BY seq) FROM signals",
			"SELECT group_concat(seq || kind || data, ';' ORDER BY seq) FROM journal",
			"SELECT group_concat(value) FROM meta WHERE name = 'identity'",
		} {
			var part string
			require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(&part))
			text += part + "\n"
		}
	})
	return text
}

// The way back to an earlier version is the copy that the upgrade made.
func TestUpgradeLeavesACopyToGoBackTo(t *testing.T) {
	t.Parallel()
	for version := 1; version <= 10; version++ {
		t.Run(fmt.Sprint("schema ", version), func(t *testing.T) {
			t.Parallel()
			name := fmt.Sprint("sqlite", version)
			path := unpacked(t, name)
			before := rowsOf(t, path)
			require.NoError(t, openAt(t, path).Close())
			backup := fmt.Sprint(path, ".schema", version)
			require.Equal(t, before, rowsOf(t, backup))
			require.NotEqual(t, before, rowsOf(t, path))
			stat, err := os.Stat(backup)
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), stat.Mode())

			require.NoError(t, openAt(t, path).Close(), "it is up to date, and leaves the copy as it is")
			require.Equal(t, before, rowsOf(t, backup))
			require.NoError(t, os.Rename(backup, path))
			storetest.FoldsTo(t, openAt(t, path), inSQLite[name])
		})
	}
}

func TestUpgradeSaysWhereItsCopyIs(t *testing.T) {
	t.Parallel()
	path := unpacked(t, "sqlite10")
	var log strings.Builder
	for range 2 {
		db, err := sqlite.Open(t.Context(), path, sqlite.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		require.NoError(t, err)
		require.NoError(t, db.Close())
	}
	require.Equal(t, 1, strings.Count(log.String(), "\n"), "it is said once: "+log.String())
	require.Contains(t, log.String(), "schema=10 copy="+path+".schema10")
}

func TestUpgradeDoesNotBeginWithoutACopy(t *testing.T) {
	t.Parallel()
	path := unpacked(t, "sqlite5")
	before := rowsOf(t, path)
	require.NoError(t, os.Mkdir(path+".schema5", 0o755)) // No file can take its place.
	_, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	require.ErrorContains(t, err, "back it up to "+path+".schema5 before its schema is brought up to date: ")
	require.Equal(t, before, rowsOf(t, path))
	require.NoFileExists(t, path+".schema5.part")
	require.NoError(t, os.Remove(path+".schema5"))
	storetest.FoldsTo(t, openAt(t, path), "schema5")
}

func TestNewDatabaseNeedsNoCopy(t *testing.T) {
	t.Parallel()
	path := closedDatabase(t, t.TempDir()+"/x.db")
	require.NoFileExists(t, path+".schema0")
}
