package sqlstore_test

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/sqlstore"
)

// server is a PostgreSQL of a test's own, on a socket in its folder.
type server struct {
	bin, folder string
	as          *syscall.Credential // nil for whoever runs the tests
	schemas     atomic.Int64
}

// startServer starts one, or skips the test and says why.
func startServer(t *testing.T) *server {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		t.Skip("SKIPPED, nothing is shown about PostgreSQL: there is no program called initdb")
	}
	folder, err := os.MkdirTemp("", "pg") //nolint:usetesting // a socket's path has 107 bytes at the most
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(folder)) })
	s := &server{bin: filepath.Dir(found[0]), folder: folder}
	if os.Geteuid() == 0 { // As root it refuses to start.
		s.as = someUser(t)
		require.NoError(t, os.Chown(folder, int(s.as.Uid), int(s.as.Gid)))
	}
	s.run(t, "initdb", "-D", s.data(), "-U", "vigil", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	s.start(t)
	t.Cleanup(func() { s.stop(t, "fast") })
	return s
}

func someUser(t *testing.T) *syscall.Credential {
	t.Helper()
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, _ := strconv.Atoi(u.Uid)
			gid, _ := strconv.Atoi(u.Gid)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	t.Skip("SKIPPED, nothing is shown about PostgreSQL: root cannot run it, and there is no other user")
	return nil
}

func (s *server) data() string { return filepath.Join(s.folder, "data") }

func (s *server) run(t *testing.T, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(s.bin, program), args...)
	cmd.Dir = s.folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	output, err := os.Create(filepath.Join(s.folder, program+".out")) // A pipe would stay open in the server.
	require.NoError(t, err)
	defer func() { require.NoError(t, output.Close()) }()
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(output.Name())
		t.Fatalf("%s: %v: %s", program, err, text)
	}
}

func (s *server) start(t *testing.T) {
	t.Helper()
	s.run(t, "pg_ctl", "-D", s.data(), "-w", "-l", filepath.Join(s.folder, "log"),
		"-o", "-c listen_addresses= -c unix_socket_directories="+s.folder+" -c max_connections=300", "start")
}

// stop ends it: "fast" properly, "immediate" as a crash does.
func (s *server) stop(t *testing.T, mode string) {
	t.Helper()
	s.run(t, "pg_ctl", "-D", s.data(), "-w", "-m", mode, "stop")
}

// url names a database on the server, and the schema in it.
func (s *server) url(schema string) string {
	query := url.Values{"host": {s.folder}, "user": {"vigil"}, "search_path": {schema}}
	return "postgres:///postgres?" + query.Encode()
}

// schema makes a new schema and returns its URL.
func (s *server) schema(t *testing.T) string {
	t.Helper()
	name := fmt.Sprint("s", s.schemas.Add(1))
	s.sql(t, "CREATE SCHEMA "+name)
	return s.url(name)
}

func openPostgres(t *testing.T, url string, run ...sqlstore.Setting) *sqlstore.DB {
	t.Helper()
	db, err := sqlstore.OpenPostgres(t.Context(), url, sqlstore.Config{Run: run})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// sql runs a statement on the server, as its operator, and returns the first value of its result, if it has one.
func (s *server) sql(t *testing.T, text string) (value string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.url("public"))
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	err = conn.QueryRow(t.Context(), text).Scan(&value)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	require.NoError(t, err, text)
	return value
}
