//go:build unix

package pgserver_test

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/pgserver"
)

func TestServerStopsStartsAndLeavesNothing(t *testing.T) {
	t.Parallel()
	var folder string
	t.Run("while it runs", func(t *testing.T) {
		s := pgserver.Start(t)
		folder = s.Folder()
		socket := filepath.Join(folder, ".s.PGSQL.5432")
		require.FileExists(t, socket)
		u, err := url.Parse(s.URL("public"))
		require.NoError(t, err)
		require.Equal(t, folder, u.Query().Get("host"))
		s.Stop(t, "immediate")
		s.Start(t)
		s.Stop(t, "fast")
		require.NoFileExists(t, socket)
		s.Start(t)
		require.FileExists(t, socket)
	})
	if folder != "" { // else it was skipped
		_, err := os.Stat(folder)
		require.ErrorIs(t, err, os.ErrNotExist)
	}
}
