//go:build unix

package sqlite_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

func TestFilesArePrivateWhateverTheUmask(t *testing.T) { //nolint:paralleltest // the umask is the process's
	for _, umask := range []int{0, 0o022, 0o777} {
		folder := t.TempDir()
		before := syscall.Umask(umask)
		path := filepath.Join(folder, "x.db")
		db, err := sqlite.Open(t.Context(), path, sqlite.Config{})
		if err == nil {
			journalOf(t, db, 10, 10)
			_, err = db.Archive(t.Context(), firstEntry.AddDate(0, 0, 1))
		}
		if err == nil {
			err = db.Backup(t.Context(), filepath.Join(folder, "backup.db"))
		}
		syscall.Umask(before)
		require.NoError(t, err)
		modes := make(map[string]fs.FileMode)
		for _, name := range files(t, folder) {
			info, err := os.Stat(filepath.Join(folder, name))
			require.NoError(t, err)
			modes[name] = info.Mode()
		}
		require.Equal(t, map[string]fs.FileMode{"x.db": 0o600, "x.db-wal": 0o600, "x.db-shm": 0o600, "x.db.lock": 0o600,
			"x.db.archive": 0o600, "backup.db": 0o600, "backup.db.archive": 0o600}, modes, "umask %o", umask)
		require.NoError(t, db.Close())
	}
}

// A group may have been let in on purpose.
func TestFileOfEarlierVersionIsHiddenFromAllButItsGroup(t *testing.T) {
	t.Parallel()
	path := closedDatabase(t, filepath.Join(t.TempDir(), "x.db"))
	require.NoError(t, os.Chmod(path, 0o664))
	openAt(t, path)
	for _, file := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o660), info.Mode(), file)
	}
}
