package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

func TestDatabaseHasOneHolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := folder + "/x.db"
	first := openAt(t, path)
	require.NoError(t, os.Symlink(path, folder+"/link.db"))
	for _, name := range []string{path, folder + "/../" + filepath.Base(folder) + "/x.db", folder + "/link.db"} {
		_, err := sqlite.Open(t.Context(), name, sqlite.Config{})
		locked, ok := errors.AsType[*sqlite.LockedError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, os.Getpid(), locked.PID)
		require.EqualError(t, err, fmt.Sprintf("sqlite: open %s: it is in use by process %d: stop it, or name another file", name, os.Getpid()))
	}
	require.NoError(t, first.Signals().Append(t.Context(), storetest.Numbered(1)), "the first is not disturbed")
	require.NoError(t, first.Close())
	closedDatabase(t, path)
}

const holdDatabase = "SQLITE_TEST_HOLD"

// holdUntilKilled is the other process of the next test.
func holdUntilKilled(path string) {
	db, err := sqlite.Open(context.Background(), path, sqlite.Config{})
	if err == nil {
		err = db.Signals().Append(context.Background(), storetest.Numbered(1))
	}
	fmt.Println("holding:", err)
	select {}
}

// readOnce is a process that opens a database without the rules of this package, and closes it again.
const readOnce = "SQLITE_TEST_READ"

func readAndClose(path string) {
	var n int
	db, err := sql.Open("sqlite", path)
	if err == nil {
		err = db.QueryRowContext(context.Background(), "SELECT count(*) FROM signals").Scan(&n)
	}
	fmt.Println(n, errors.Join(err, db.Close()))
}

// otherProcess is one that does on a database what the variable says.
func otherProcess(t *testing.T, variable, path string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), program)
	child.Env = append(os.Environ(), variable+"="+path)
	return child
}

// holdInAnotherProcess returns a process that has the database open, until the test ends.
func holdInAnotherProcess(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	child := otherProcess(t, holdDatabase, path)
	output, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	t.Cleanup(func() { _ = child.Wait() }) // The end of the test's context has killed it.
	var line [64]byte
	n, err := output.Read(line[:])
	require.NoError(t, err)
	require.Equal(t, "holding: <nil>\n", string(line[:n]))
	return child
}

func TestKilledProcessReleasesItsDatabase(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/x.db"
	child := holdInAnotherProcess(t, path)

	_, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	require.ErrorContains(t, err, fmt.Sprintf("it is in use by process %d", child.Process.Pid))
	require.NoError(t, child.Process.Kill())
	_ = child.Wait() // It says that the process was killed.
	signals, err := openAt(t, path).Signals().After(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, signals, 1)
}

func TestOpenByManyAtOnceTakesTurns(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/x.db"
	var holders, opened atomic.Int64
	done := make(chan error)
	for range 8 {
		go func() {
			var err error
			for range 10 {
				var db *sqlite.DB
				db, err = sqlite.Open(context.Background(), path, sqlite.Config{})
				if _, locked := errors.AsType[*sqlite.LockedError](err); locked {
					err = nil
					continue
				}
				if err != nil {
					break
				}
				if holders.Add(1) > 1 {
					err = errors.New("two hold it")
					break
				}
				opened.Add(1)
				holders.Add(-1)
				if err = db.Close(); err != nil {
					break
				}
			}
			done <- err
		}()
	}
	for range 8 {
		require.NoError(t, <-done)
	}
	require.Positive(t, opened.Load())
	closedDatabase(t, path)
}

// Who removes its lock file and lets go may do so while another has just opened that file: the other's lock is then on
// a file without a name, and a third could have a lock too.
func TestLockOnARemovedFileIsNone(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/x.db"
	current, err := sqlite.LeaseIsCurrent(path, func(string) {})
	require.NoError(t, err)
	require.True(t, current)
	current, err = sqlite.LeaseIsCurrent(path, func(lock string) { require.NoError(t, os.Remove(lock)) })
	require.NoError(t, err)
	require.False(t, current)
	current, err = sqlite.LeaseIsCurrent(path, func(lock string) {
		require.NoError(t, os.Rename(write(t, lock+".new", "1"), lock))
	})
	require.NoError(t, err)
	require.False(t, current)
}

// The lock is on the file itself, so that neither another name of it nor a lock file that is gone lets a second one in.
func TestFileHasOneHolderWhateverItsName(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: only Linux has locks on a file that SQLite's do not touch")
	}
	for _, who := range []string{"the same process", "another process"} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := folder + "/x.db"
			if who == "the same process" {
				openAt(t, path)
			} else {
				holdInAnotherProcess(t, path)
			}
			require.NoError(t, os.Link(path, folder+"/link.db"))
			require.NoError(t, os.Remove(path+".lock"))
			for _, name := range []string{path, folder + "/link.db"} {
				for range 2 { // The first refusal must not have loosened anything.
					_, err := sqlite.Open(t.Context(), name, sqlite.Config{})
					_, ok := errors.AsType[*sqlite.LockedError](err)
					require.True(t, ok, "%s: %v", name, err)
				}
			}
		})
	}
}

// A refusal in the process that has the database open must not take SQLite's own locks away from it: the end of another
// reader would then remove its log.
func TestRefusalLeavesTheLocksOfSQLite(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/x.db"
	db := openAt(t, path)
	require.NoError(t, os.Remove(path+".lock"))
	_, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	require.Error(t, err)
	require.NoError(t, db.Signals().Append(t.Context(), storetest.Numbered(1)))
	out, err := otherProcess(t, readOnce, path).CombinedOutput()
	require.NoError(t, err)
	require.Equal(t, "1 <nil>\n", string(out))
	require.FileExists(t, path+"-wal")
	require.NoError(t, db.Signals().Append(t.Context(), storetest.Numbered(2)))
}
