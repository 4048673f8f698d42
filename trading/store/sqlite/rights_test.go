package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

// Root may write anything, so that these run with the rights of nobody.
func TestOpenRefusesWhatItMayNotWrite(t *testing.T) {
	t.Parallel()
	t.Run("a folder", func(t *testing.T) {
		t.Parallel()
		folder := openFolder(t)
		require.NoError(t, os.Chmod(folder, 0o555))
		asNobody(t, func() {
			_, err := sqlite.Open(t.Context(), folder+"/x.db", sqlite.Config{})
			require.EqualError(t, err, fmt.Sprintf("sqlite: open %s/x.db: its lock file %s/x.db.lock cannot be made: "+
				"permission denied: let this user write it and its folder, or only read it", folder, folder))
		})
		require.Empty(t, files(t, folder))
	})
	t.Run("a file", func(t *testing.T) {
		t.Parallel()
		folder := openFolder(t)
		require.NoError(t, os.Chmod(folder, 0o777))
		path := closedDatabase(t, folder+"/x.db")
		require.NoError(t, os.Chmod(path, 0o444))
		before := snapshot(t, folder)
		asNobody(t, func() {
			_, err := sqlite.Open(t.Context(), path, sqlite.Config{})
			require.EqualError(t, err, fmt.Sprintf("sqlite: open %s: it cannot be written: permission denied: "+
				"let this user write it and its folder, or only read it", path))
		})
		require.Equal(t, before, snapshot(t, folder))
	})
}

// openFolder returns a temporary folder that others can reach.
func openFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(folder), 0o755))
	return folder
}

// asNobody runs f without root's rights over files, which a thread can give up and take again.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	require.NoError(t, syscall.Setfsuid(65534))
	defer func() { require.NoError(t, syscall.Setfsuid(0)) }()
	f()
}
