package serve_test

import (
	"context"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/serve"
)

// getUnix asks over the socket at path.
func getUnix(t *testing.T, path string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		},
	}}
	resp, err := client.Get("http://localhost/")
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(body)
}

func unixPort(t *testing.T, path string) *serve.Port {
	t.Helper()
	p, err := serve.Listen("unix:" + path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func TestUnixSocketIsItsUsersAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.sock")
	p := unixPort(t, path)
	require.True(t, p.Local())
	require.Equal(t, path, p.Addr())
	file, err := os.Lstat(path)
	require.NoError(t, err)
	require.Equal(t, fs.ModeSocket|0o600, file.Mode())
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing is left of how it was made")

	s, err := serve.New(serve.Config{Port: p, Handler: hello})
	require.NoError(t, err)
	for range 2 { // a supervisor starts it again
		end := begin(t, s)
		require.Eventually(t, func() bool { _, err := os.Lstat(path); return err == nil }, time.Minute, time.Millisecond)
		require.Equal(t, "hello", getUnix(t, path))
		require.ErrorIs(t, end(), context.Canceled)
		require.NoFileExists(t, path)
	}
}

func TestUnixSocketReplacesWhatADeadProcessLeft(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.sock")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	dead.SetUnlinkOnClose(false)
	require.NoError(t, dead.Close())
	require.FileExists(t, path)
	s, err := serve.New(serve.Config{Port: unixPort(t, path), Handler: hello})
	require.NoError(t, err)
	end := begin(t, s)
	require.Equal(t, "hello", getUnix(t, path))
	require.ErrorIs(t, end(), context.Canceled)
}

func TestUnixSocketRefusesWhatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "notes.txt")
	require.NoError(t, os.WriteFile(file, []byte("mine"), 0o600))
	used := filepath.Join(folder, "used.sock")
	p := unixPort(t, used)
	for path, want := range map[string]string{
		file:                               "there is a file already, and it is no socket",
		used:                               "it is in use",
		filepath.Join(folder, "none", "s"): "no such file or directory",
		filepath.Join(folder, strings.Repeat("x", 100)): "has at most 103 bytes",
	} {
		_, err := serve.Listen("unix:" + path)
		require.ErrorContains(t, err, path)
		require.ErrorContains(t, err, want)
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "mine", string(text))

	// One that was given back does not remove what stands in its place by then.
	require.NoError(t, os.Remove(used))
	unixPort(t, used)
	require.NoError(t, p.Close())
	require.FileExists(t, used)
}
