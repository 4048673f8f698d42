package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

func TestDatabaseDoesWhatEveryKindDoes(t *testing.T) {
	t.Parallel()
	storetest.Test(t, func(t testing.TB) storetest.Place {
		path := unopened(t)
		return func(ctx context.Context, run ...storetest.Setting) (storetest.DB, error) {
			return sqlite.Open(ctx, path, sqlite.Config{Run: run})
		}
	})
}

// openNew opens a database in a folder of its own and closes it after the test.
func openNew(t testing.TB) *sqlite.DB {
	t.Helper()
	return openAt(t, unopened(t))
}

// unopened is where a database is that has its schema, and gets what makes it one of its own when it is first opened. The
// schema is made once for all tests: to make it takes most of the time of a small one.
func unopened(t testing.TB) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "vigil.db")
	schema, err := emptySchema()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, schema, 0o600))
	return path
}

var emptySchema = sync.OnceValues(func() (file []byte, err error) {
	folder, err := os.MkdirTemp("", "sqlite")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "vigil.db")
	db, err := sqlite.Open(context.Background(), path, sqlite.Config{})
	if err != nil {
		return nil, err
	}
	writer, _ := db.Pools()
	_, err = writer.ExecContext(context.Background(), "DELETE FROM meta WHERE name IN ('identity', 'incarnation')")
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func openAt(t testing.TB, path string, run ...sqlite.Setting) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Config{Run: run})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestCloseLeavesOneFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "vigil.db")
	db := openAt(t, path)
	require.NoError(t, db.Signals().Append(t.Context(), storetest.Numbered(1)))
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

func TestDatabaseWorksInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := openNew(t)
		begin := time.Now()
		go func() {
			time.Sleep(5 * time.Second)
			require.NoError(t, db.Signals().Append(t.Context(), storetest.Numbered(1)))
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

// A page limit stands for the size of the disk: SQLite meets both with the same error.
func TestFullDiskIsSaidAndLosesNothingAcknowledged(t *testing.T) {
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
