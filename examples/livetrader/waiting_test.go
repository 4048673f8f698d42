package main

import (
	"net"
	"net/http"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A database that takes connections and never answers is waited for: alive, not ready, and ended by the first signal.
func TestDatabaseThatHangsIsWaitedFor(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	p := launch(t, "--paper", "--listen", "127.0.0.1:0", "--db", "postgres://ann:secret@"+silent.Addr().String()+"/x?sslmode=disable")
	api := p.address()
	p.await(`msg="Waiting for the database" db="postgres://ann:xxxxx@`)
	var problem struct{ Detail string }
	for _, path := range []string{"/health", "/readyz", "/api/signals/latest"} {
		require.Equal(t, http.StatusServiceUnavailable, get(t, api+path, &problem), path)
		require.Equal(t, "waiting for the database", problem.Detail)
	}
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.end(), p.log.String())
	require.Contains(t, p.log.String(), "Interrupted before trading began")
}
