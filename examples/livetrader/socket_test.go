package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSocketFolderIsAnybodys(t *testing.T) {
	t.Parallel()
	for mode, want := range map[os.FileMode]bool{
		0o700: false, 0o775: false, 0o777: true, 0o777 | os.ModeSticky: false,
	} {
		folder := t.TempDir()
		require.NoError(t, os.Chmod(folder, mode))
		require.Equal(t, want, isAnybodys(folder), "%v", mode)
	}
	require.False(t, isAnybodys("/nowhere/at/all"))
}
