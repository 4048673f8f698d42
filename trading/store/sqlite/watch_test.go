package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

// losses are ways in which a database is lost under the program that has it open.
var losses = map[string]struct {
	lose func(t *testing.T, path string)
	says string
}{
	"all files are removed":     {removeAll, "x.db was removed"},
	"the database is removed":   {func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) }, "x.db was removed"},
	"the log is removed":        {func(t *testing.T, path string) { require.NoError(t, os.Remove(path+"-wal")) }, "x.db-wal was removed"},
	"the index is removed":      {func(t *testing.T, path string) { require.NoError(t, os.Remove(path+"-shm")) }, "x.db-shm was removed"},
	"the database is moved":     {func(t *testing.T, path string) { require.NoError(t, os.Rename(path, path+"2")) }, "x.db was removed"},
	"another takes its place":   {replaceByAnother, "x.db was replaced"},
	"the log is cut off":        {func(t *testing.T, path string) { require.NoError(t, os.Truncate(path+"-wal", 0)) }, "x.db-wal was overwritten"},
	"the database is cut off":   {func(t *testing.T, path string) { require.NoError(t, os.Truncate(path, 0)) }, "x.db was overwritten"},
	"a text is written over it": {func(t *testing.T, path string) { overwrite(t, path, []byte("not a database")) }, "x.db was overwritten"},
	"zeros over the log":        {func(t *testing.T, path string) { overwrite(t, path+"-wal", make([]byte, 4096)) }, "x.db-wal was overwritten"},
	"another database over it":  {overwriteByAnother, "x.db was overwritten"},
}

func removeAll(t *testing.T, path string) {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	for _, file := range files {
		require.NoError(t, os.Remove(file))
	}
}

// overwrite writes into the file itself, from its beginning on.
func overwrite(t *testing.T, path string, data []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.Write(data)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	later := time.Now().Add(time.Second) // as a person is, who is slower than the clock of a file system ticks
	require.NoError(t, os.Chtimes(path, later, later))
}

func replaceByAnother(t *testing.T, path string) {
	t.Helper()
	require.NoError(t, os.Rename(closedDatabase(t, path+"-other"), path))
}

func overwriteByAnother(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(closedDatabase(t, path+"-other"))
	require.NoError(t, err)
	overwrite(t, path, data)
}

// opened is a database that has been written to.
func opened(t *testing.T) (db *sqlite.DB, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "x.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	require.NoError(t, err)
	require.NoError(t, db.Signals().Append(t.Context(), storetest.Numbered(1)))
	t.Cleanup(func() { _ = db.Close() }) // It may fail on what is left of the files.
	return db, path
}

func TestLostDatabaseIsSaidAndNothingIsStoredAnyMore(t *testing.T) {
	t.Parallel()
	for name, c := range losses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, path := opened(t)
			claimed, err := db.Claim(t.Context())
			require.NoError(t, err)
			c.lose(t, path)
			err = claimed.Append(t.Context(), time.Unix(0, 0), journal.Halted{Reason: "x"})
			lost, ok := errors.AsType[*sqlite.LostError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, path, lost.Path)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, "stop this program")
			require.ErrorAs(t, db.Room(), &lost)
			require.ErrorAs(t, db.Signals().Append(t.Context(), storetest.Numbered(2)), &lost)
			_, err = db.Claim(t.Context())
			require.ErrorAs(t, err, &lost)
			_, err = claimed.Read(t.Context(), 0, 10)
			require.ErrorAs(t, err, &lost, "what it reads is not what is there")
		})
	}
}

func TestLostDatabaseIsSeenByRoomWithoutAWrite(t *testing.T) {
	t.Parallel()
	for name, c := range losses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, path := opened(t)
			require.NoError(t, db.Room())
			c.lose(t, path)
			_, ok := errors.AsType[*sqlite.LostError](db.Room())
			require.True(t, ok, "%v", db.Room())
			require.ErrorContains(t, db.Room(), c.says)
			require.ErrorContains(t, db.Close(), c.says)
		})
	}
}

// A loss in the middle of a commit leaves it open whether the write is there. It must not be acknowledged.
func TestLossDuringACommitIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	db, path := opened(t)
	writer, _ := db.Pools()
	conn, err := writer.Conn(t.Context())
	require.NoError(t, err)
	stored := make(chan error, 1)
	go func() { stored <- db.Signals().Append(t.Context(), storetest.Numbered(2)) }()
	for writer.Stats().WaitCount == 0 { // It has looked at the files, and waits for the connection.
		runtime.Gosched()
	}
	require.NoError(t, os.Remove(path))
	require.NoError(t, conn.Close())
	require.ErrorContains(t, <-stored, "x.db was removed")
}

// Others may use the database by SQLite's rules: a backup moves the log into the file, and a person may mend a row.
func TestDatabaseIsNotLostThroughOthersWhoUseSQLite(t *testing.T) {
	t.Parallel()
	db, path := opened(t)
	for n, text := range []string{
		"PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA wal_checkpoint(TRUNCATE)", "UPDATE meta SET value = value",
		"PRAGMA wal_checkpoint(RESTART)", "SELECT count(*) FROM signals",
	} {
		foreign(t, path, text)
		require.NoError(t, db.Room(), text)
		require.NoError(t, db.Signals().Append(t.Context(), storetest.Numbered(n+2)), text)
		foreign(t, path, text)
		require.NoError(t, db.Signals().Append(t.Context(), storetest.Numbered(n+100)), text)
		require.NoError(t, db.Room(), text)
	}
}

// What fails has written a part of itself, which nobody reads.
func TestDatabaseIsNotLostThroughAWriteThatFails(t *testing.T) {
	t.Parallel()
	db, _ := opened(t)
	writer, _ := db.Pools()
	_, err := writer.ExecContext(t.Context(), "PRAGMA cache_size = 1")
	require.NoError(t, err)
	_, err = writer.ExecContext(t.Context(), "PRAGMA max_page_count = 40")
	require.NoError(t, err)
	require.ErrorContains(t, db.Journal().Append(t.Context(), time.Unix(0, 0), manyHalts()...), "full")
	require.NoError(t, db.Room())
	require.NoError(t, db.Signals().Append(t.Context(), storetest.Numbered(2)))
}

func manyHalts() (events []journal.Event) {
	for range 100 {
		events = append(events, journal.Halted{Reason: string(make([]byte, 5000))})
	}
	return events
}
