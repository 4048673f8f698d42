package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

func openReader(t *testing.T, path string, run ...sqlite.Setting) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Config{ReadOnly: true, Run: run})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestReaderSeesWhatTheWriterBesideItStores(t *testing.T) {
	t.Parallel()
	path := unopened(t)
	writer := openAt(t, path)
	require.NoError(t, writer.Signals().Append(t.Context(), storetest.Numbered(1)))
	reader := openReader(t, path)
	require.Len(t, storetest.Held(t, reader.Signals()), 1)
	require.NoError(t, writer.Signals().Append(t.Context(), storetest.Numbered(2)), "the writer is not disturbed")
	require.NoError(t, writer.Journal().Append(t.Context(), time.Unix(0, 0), journal.Halted{Reason: "x"}))
	require.Len(t, storetest.Held(t, reader.Signals()), 2)
	require.Equal(t, 1, storetest.Count(t, reader.Journal()))
	theirs, err := writer.Signals().Identity(t.Context())
	require.NoError(t, err)
	ours, err := reader.Signals().Identity(t.Context())
	require.NoError(t, err)
	require.Equal(t, theirs, ours)
	require.NoError(t, reader.Integrity(t.Context()))
	require.NoError(t, reader.Close())
	require.NoError(t, writer.Signals().Append(t.Context(), storetest.Numbered(3)), "nor by the end of the reader")
}

func TestReaderWritesNothing(t *testing.T) {
	t.Parallel()
	path := unopened(t)
	writer := openAt(t, path)
	reader := openReader(t, path)
	signals, j := reader.Signals(), reader.Journal()
	require.ErrorIs(t, signals.Append(t.Context(), storetest.Numbered(1)), sqlite.ErrReadOnly)
	require.ErrorIs(t, signals.SaveStates(t.Context(), storetest.SomeState()), sqlite.ErrReadOnly)
	require.ErrorIs(t, j.Append(t.Context(), time.Unix(0, 0), journal.Halted{Reason: "x"}), sqlite.ErrReadOnly)
	require.ErrorIs(t, j.(journal.Snapshotter).KeepSnapshot(t.Context(), []byte("x")), sqlite.ErrReadOnly)
	_, err := reader.Claim(t.Context())
	require.ErrorIs(t, err, sqlite.ErrReadOnly)
	require.NoError(t, writer.Signals().Append(t.Context(), storetest.Numbered(1), storetest.Numbered(2)))
	_, err = signals.Prune(t.Context(), signal.Retention{Count: 1, Passed: 2})
	require.ErrorIs(t, err, sqlite.ErrReadOnly)
	_, readers := reader.Pools()
	_, err = readers.ExecContext(t.Context(), "DELETE FROM signals")
	require.ErrorContains(t, err, "readonly", "and SQLite would refuse it as well")
}

func TestDatabaseThatIsClosedCanBeReadToo(t *testing.T) {
	t.Parallel()
	path := unopened(t)
	writer := openAt(t, path, sqlite.Setting{Name: "mode", Value: "paper"})
	require.NoError(t, writer.Signals().Append(t.Context(), storetest.Numbered(1)))
	require.NoError(t, writer.Close())
	reader := openReader(t, path, sqlite.Setting{Name: "mode", Value: "paper"})
	require.Len(t, storetest.Held(t, reader.Signals()), 1)
	require.NoFileExists(t, path+".lock")
	require.NoError(t, openAt(t, path).Close(), "and opened to trade on while it is read")
}

func TestOpeningToReadRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at   func(t *testing.T, path string)
		want string
	}{
		"what is not there":  {func(*testing.T, string) {}, "no such file"},
		"no SQLite file":     {func(t *testing.T, path string) { write(t, path, "a text that is no database at all") }, "not a vigil database"},
		"a foreign database": {func(t *testing.T, path string) { foreign(t, path, "CREATE TABLE x (y)") }, "application id is 0"},
		"a newer schema": {func(t *testing.T, path string) {
			require.NoError(t, openAt(t, path).Close())
			foreign(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (4711, 1)")
		}, "newer version of this program"},
		"an older schema": {func(t *testing.T, path string) {
			require.NoError(t, openAt(t, path).Close())
			foreign(t, path, "DELETE FROM goose_db_version WHERE version_id > 2")
		}, "open it once to write"},
		"another run": {func(t *testing.T, path string) {
			require.NoError(t, openAt(t, path, sqlite.Setting{Name: "mode", Value: "live"}).Close())
		}, `mode is "live" there and "paper" here`},
		"a database of no run": {func(t *testing.T, path string) { require.NoError(t, openAt(t, path).Close()) },
			`mode is not set there and "paper" here`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "x.db")
			c.at(t, path)
			before, _ := os.ReadFile(path) // It need not be there.
			_, err := sqlite.Open(t.Context(), path, sqlite.Config{ReadOnly: true,
				Run: []sqlite.Setting{{Name: "mode", Value: "paper"}}})
			require.ErrorContains(t, err, c.want)
			after, _ := os.ReadFile(path)
			require.Equal(t, before, after)
			require.NoFileExists(t, path+".lock")
		})
	}
}

func TestBackupIsTheDatabaseOfOneMoment(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	require.NoError(t, db.Signals().Append(t.Context(), storetest.Numbered(1)))
	stop, done := make(chan struct{}), make(chan error)
	go func() { // Somebody goes on writing, a signal and an entry at a time.
		for n := 2; ; n++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if err := storetest.StoreBoth(db, 0, n); err != nil {
				done <- err
				return
			}
		}
	}()
	for n := range 5 {
		path := filepath.Join(t.TempDir(), "copy.db")
		require.NoError(t, db.Backup(t.Context(), path))
		require.Equal(t, []string{"copy.db"}, files(t, filepath.Dir(path)))
		copied := openAt(t, path)
		require.NoError(t, copied.Integrity(t.Context()))
		missing := len(storetest.Held(t, copied.Signals())) - 1 - storetest.Count(t, copied.Journal())
		require.Contains(t, []int{0, 1}, missing, "of copy %d: an entry comes right after its signal", n+1)
	}
	close(stop)
	require.NoError(t, <-done)
}

// What the copy orders, and what this database ordered after the copy was made, may serve the same signals. A venue must be
// able to tell them apart.
func TestBackupThatIsWrittenToIsAnotherJournal(t *testing.T) {
	t.Parallel()
	path, copies := filepath.Join(t.TempDir(), "t.db"), t.TempDir()
	db := openAt(t, path)
	require.NoError(t, db.Backup(t.Context(), filepath.Join(copies, "copy.db")))
	names := func(db *sqlite.DB) (signals, journal string) {
		signals, err := db.Signals().Identity(t.Context())
		require.NoError(t, err)
		journal, err = db.Journal().Identity(t.Context())
		require.NoError(t, err)
		require.NoError(t, db.Close())
		return signals, journal
	}
	signals, journal := names(db)
	_, again := names(openAt(t, path))
	require.Equal(t, journal, again, "a restart changes nothing")
	theirSignals, theirs := names(openAt(t, filepath.Join(copies, "copy.db")))
	require.Equal(t, signals, theirSignals, "the cursor counts on")
	require.NotEqual(t, journal, theirs)
	_, again = names(openAt(t, filepath.Join(copies, "copy.db")))
	require.Equal(t, theirs, again, "it is drawn once")
}

func TestBackupReplacesNothing(t *testing.T) {
	t.Parallel()
	db, folder := openNew(t), t.TempDir()
	path := write(t, filepath.Join(folder, "there"), "something")
	require.ErrorContains(t, db.Backup(t.Context(), path), "exists")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "something", string(content))
	require.ErrorContains(t, db.Backup(t.Context(), filepath.Join(folder, "none", "x.db")), "none/x.db")
	write(t, filepath.Join(folder, "new.part"), "of one that was cut off")
	require.NoError(t, db.Backup(t.Context(), filepath.Join(folder, "new")))
	require.Equal(t, []string{"new", "there"}, files(t, folder))
}

// It is not parallel: the folder that a process works in is one.
func TestBackupTakesARelativePath(t *testing.T) {
	db, folder := openNew(t), t.TempDir()
	t.Chdir(folder)
	require.NoError(t, db.Backup(t.Context(), "copy.db"))
	require.NoError(t, os.Mkdir("copies", 0o700))
	require.NoError(t, db.Backup(t.Context(), filepath.Join("copies", "copy.db")))
	require.FileExists(t, filepath.Join(folder, "copies", "copy.db"))
	require.Equal(t, []string{"copies", "copy.db"}, files(t, folder))
}

func TestRoomIsAskedOfTheDisk(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lowWater int64
		want     string
	}{
		"more than there is": {1 << 60, "MiB left, and 1099511627776 MiB are the least"},
		"a byte":             {1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), sqlite.Config{LowWater: c.lowWater})
			require.NoError(t, err)
			defer func() { require.NoError(t, db.Close()) }()
			if c.want == "" {
				require.NoError(t, db.Room())
				return
			}
			require.ErrorContains(t, db.Room(), c.want)
			var low *sqlite.LowSpaceError
			require.ErrorAs(t, db.Room(), &low)
			require.Positive(t, low.Free)
		})
	}
	_, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), sqlite.Config{LowWater: -1})
	require.ErrorContains(t, err, "LowWater")
}

// The mark is passed while there is still room for what was begun.
func TestLowWaterMarkComesBeforeTheFullDisk(t *testing.T) {
	t.Parallel()
	disk := newCutDisk(t)
	const mark = 8 << 20
	db, err := sqlite.Open(t.Context(), filepath.Join(disk.Path(), "x.db"), sqlite.Config{LowWater: mark})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.Room())
	filler, err := os.Create(filepath.Join(disk.Path(), "filler"))
	require.NoError(t, err)
	for db.Room() == nil {
		_, err := filler.Write(make([]byte, 1<<20))
		require.NoError(t, err, "the disk is full and nobody was warned")
		require.NoError(t, filler.Sync())
	}
	require.NoError(t, storetest.StoreBoth(db, 0, 1))
	require.NoError(t, filler.Truncate(0))
	require.NoError(t, filler.Close())
	require.NoError(t, db.Room(), "there is room again")
}
