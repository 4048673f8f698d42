package postgres_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/pgserver"
	"github.com/seed-5dee1c0a/vigil/trading/store/postgres"
)

// testServer is a PostgreSQL of a test's own that it can talk to.
type testServer struct {
	*pgserver.Server
	schemas atomic.Int64
}

// startServer starts one, or skips the test and says why.
func startServer(t *testing.T) *testServer {
	t.Helper()
	return &testServer{Server: pgserver.Start(t)}
}

// schema makes a new schema and returns its URL.
func (s *testServer) schema(t testing.TB) string {
	t.Helper()
	name := fmt.Sprint("s", s.schemas.Add(1))
	s.sql(t, "CREATE SCHEMA "+name)
	return s.URL(name)
}

// last is the schema that was made last.
func (s *testServer) last() string { return fmt.Sprint("s", s.schemas.Load()) }

func openPostgres(t *testing.T, url string, run ...postgres.Setting) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, postgres.Config{Run: run})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// sql runs a statement on the server, as its operator, and returns the first value of its result, if it has one.
func (s *testServer) sql(t testing.TB, text string) (value string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL("public"))
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	err = conn.QueryRow(t.Context(), text).Scan(&value)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	require.NoError(t, err, text)
	return value
}
