package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

func TestOneDatabaseHasOneHolder(t *testing.T) {
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
		require.EqualError(t, err, fmt.Sprintf("sqlite: open %s: it is in use by process %d", name, os.Getpid()))
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

func TestAKilledProcessReleasesItsDatabase(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/x.db"
	program, err := os.Executable()
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), program)
	child.Env = append(os.Environ(), holdDatabase+"="+path)
	output, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	var line [64]byte
	n, err := output.Read(line[:])
	require.NoError(t, err)
	require.Equal(t, "holding: <nil>\n", string(line[:n]))

	_, err = sqlite.Open(t.Context(), path, sqlite.Config{})
	require.ErrorContains(t, err, fmt.Sprintf("it is in use by process %d", child.Process.Pid))
	require.NoError(t, child.Process.Kill())
	_ = child.Wait() // It says that the process was killed.
	signals, err := openAt(t, path).Signals().After(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, signals, 1)
}

func TestManyThatOpenAtOnceTakeTurns(t *testing.T) {
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
func TestALockOnARemovedFileIsNone(t *testing.T) {
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
