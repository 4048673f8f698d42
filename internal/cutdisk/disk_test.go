package cutdisk_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/cutdisk"
)

func newDisk(t *testing.T) *cutdisk.Disk {
	t.Helper()
	disk, err := cutdisk.Make(t.TempDir(), 32<<20)
	if err != nil {
		t.Skipf("SKIPPED: no power can be cut here: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, disk.Remove()) })
	return disk
}

// This is the control of every campaign that uses a Disk: a cut takes what was not synced, and only that.
func TestCutTakesWhatWasNotSyncedAndOnlyThat(t *testing.T) {
	t.Parallel()
	disk := newDisk(t)
	path := filepath.Join(disk.Path(), "file")
	for round := range 3 {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		require.NoError(t, err)
		_, err = f.WriteString("synced\n")
		require.NoError(t, err)
		require.NoError(t, f.Sync())
		_, err = f.WriteString("written\n")
		require.NoError(t, err)
		require.NoError(t, disk.Cut())
		_, err = f.WriteString("too late\n")
		require.Error(t, err, "the power is off")
		_ = f.Close()
		require.NoError(t, disk.Restore())
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Len(t, content, (round+1)*len("synced\n"), "%q", content)
	}
}

func TestDiskIsFullWhereItEnds(t *testing.T) {
	t.Parallel()
	disk := newDisk(t)
	file := filepath.Join(disk.Path(), "file")
	require.ErrorContains(t, os.WriteFile(file, make([]byte, 64<<20), 0o600), "no space left")
	require.NoError(t, os.Remove(file))

	free, err := disk.Fill()
	require.NoError(t, err)
	require.ErrorContains(t, os.WriteFile(file, []byte("x"), 0o600), "no space left", "not even for one byte")
	require.NoError(t, free())
	require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
}

func TestFolderThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	_ = newDisk(t) // or it would be refused for another reason
	_, err := cutdisk.Make(filepath.Join(t.TempDir(), "none"), 32<<20)
	require.ErrorContains(t, err, "none/disk.img")
}
