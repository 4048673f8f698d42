package nodejudge_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/nodejudge"
)

func TestJudgeIsInstalledAndTellsWhatItPrinted(t *testing.T) {
	if _, err := exec.LookPath("npm"); err != nil {
		t.Skip("npm is not installed here")
	}
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", cache) // of systems whose cache is there
	judges := nodejudge.New("testdata/judges", "echo")
	for range 2 {
		require.Equal(t, "one two guilty\n", string(judges.Run(t, "echo.mjs", []string{"VERDICT=guilty"}, "one", "two")))
	}
	folder, err := os.UserCacheDir()
	require.NoError(t, err)
	have, err := os.ReadFile(filepath.Join(folder, "vigil", "echo", "installed"))
	require.NoError(t, err)
	lock, err := os.ReadFile("testdata/judges/package-lock.json")
	require.NoError(t, err)
	require.Equal(t, string(lock), string(have))
}

func TestJudgeWithoutNpmIsSkipped(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	skipped := false
	t.Run("judged", func(t *testing.T) {
		defer func() { skipped = t.Skipped() }()
		nodejudge.New("testdata/judges", "echo").Run(t, "echo.mjs", nil)
	})
	require.True(t, skipped)
}
