package ramdisk_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/internal/ramdisk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestUseLeavesATempDirThatCanBeWritten(t *testing.T) {
	t.Setenv("TMPDIR", "")
	ramdisk.Use()
	folder := os.TempDir()
	if runtime.GOOS != "linux" {
		require.NotEqual(t, "/dev/shm", folder)
	}
	require.NoError(t, os.WriteFile(filepath.Join(t.TempDir(), "x"), []byte("x"), 0o600))
}

func TestUseLeavesTheFolderThatWasChosen(t *testing.T) {
	chosen := t.TempDir()
	t.Setenv("TMPDIR", chosen)
	ramdisk.Use()
	require.Equal(t, chosen, os.TempDir())
}
