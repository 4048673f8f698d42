package sqlite_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

func TestConnectionsHaveTheirSettings(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	names := []string{"busy_timeout", "journal_mode", "synchronous", "foreign_keys", "mmap_size", "query_only",
		"application_id"}
	want := map[string]string{"busy_timeout": "5000", "journal_mode": "wal", "synchronous": "2", "foreign_keys": "1",
		"mmap_size": "0", "query_only": "0", "application_id": fmt.Sprint(0x5647494c)}
	got, err := db.Settings(t.Context(), true, names...)
	require.NoError(t, err)
	require.Equal(t, want, got)
	want["query_only"] = "1"
	got, err = db.Settings(t.Context(), false, names...)
	require.NoError(t, err)
	require.Equal(t, want, got)

	writer, readers := db.Pools()
	require.Equal(t, 1, writer.Stats().MaxOpenConnections)
	_, err = readers.ExecContext(t.Context(), "DELETE FROM signals")
	require.ErrorContains(t, err, "readonly")
}

// A setting that does not hold must end the connection. WAL is the one that can be taken away from outside: a file
// whose format says so cannot have it.
func TestConnectionWithoutItsSettingsIsRefused(t *testing.T) {
	t.Parallel()
	for what, spoil := range map[string]func(p *sqlite.Pragma){
		"a value that SQLite does not take": func(p *sqlite.Pragma) { p.Value = "17" },
		"a name that SQLite does not know":  func(p *sqlite.Pragma) { p.Name = "synchronus" },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := sqlite.Pragma{Name: "journal_mode", Value: "wal", Reads: "wal"}
			path := filepath.Join(t.TempDir(), "plain.db")
			require.NoError(t, sqlite.ConnectWith(t.Context(), path, p))
			spoil(&p)
			require.ErrorContains(t, sqlite.ConnectWith(t.Context(), path+"2", p), p.Name+" is ")
		})
	}
}

// A transaction that only takes its lock when it first writes may find that it cannot have it any more.
func TestTransactionTakesItsLockAtOnce(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/x.db"
	writer, _ := openAt(t, path).Pools()
	tx, err := writer.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	other, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close()) }()
	_, err = other.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.ErrorContains(t, err, "locked")
	require.NoError(t, tx.Rollback())
}

func TestDatabaseThatWasRemovedIsNotMadeAnew(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/x.db"
	db, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.ErrorContains(t, db.Close(), "was removed while it was in use") })
	_, readers := db.Pools()
	require.NoError(t, os.Remove(path))
	open, err := readers.Conn(t.Context()) // one that was open before
	require.NoError(t, err)
	defer func() { require.NoError(t, open.Close()) }()
	_, err = readers.Conn(t.Context())
	require.Error(t, err)
	require.NoFileExists(t, path)
}

func TestDatabaseThatIsLockedForAMomentIsWaitedFor(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/x.db"
	db := openAt(t, path)
	other, err := sql.Open("sqlite", path+"?_txlock=immediate")
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close()) }()
	tx, err := other.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	writer, _ := db.Pools()
	stored := make(chan error, 1)
	go func() { stored <- db.Signals().Append(t.Context(), storetest.Numbered(1)) }()
	for writer.Stats().InUse == 0 { // It has the connection, and waits for the lock.
		runtime.Gosched()
	}
	require.NoError(t, tx.Rollback())
	require.NoError(t, <-stored)
}
