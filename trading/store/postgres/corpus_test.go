package postgres_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/postgres"
)

// onPostgres are the dumps of databases on a server, by what they hold.
var onPostgres = map[string]string{
	"postgres1": "schema5", "postgres4": "schema5", "postgres5": "schema5", "postgres6": "schema10", "postgres7": "schema10",
	"postgres8": "schema12",
}

func TestCorpusFoldsToTheSameState(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for name, holds := range onPostgres {
		t.Run(name, func(t *testing.T) {
			s.load(t, name)
			db, err := postgres.Open(t.Context(), s.URL("corpus"), postgres.Config{})
			require.NoError(t, err)
			storetest.FoldsTo(t, db, holds)
			require.NoError(t, db.Close())
			s.sql(t, "DROP SCHEMA corpus CASCADE")
		})
	}
}

// load runs a dump on the server.
func (s *testServer) load(t *testing.T, name string) {
	t.Helper()
	dump, err := os.ReadFile(storetest.Corpus + name + ".sql")
	require.NoError(t, err)
	conn, err := pgx.Connect(t.Context(), s.URL("public"))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	_, err = conn.PgConn().Exec(t.Context(), string(dump)).ReadAll()
	require.NoError(t, err)
}

var writeCorpus = flag.String("write-corpus", "", "the name of a database to add to the corpus, such as postgres5")

// The directory is the list: no file of the corpus is forgotten.
func TestCorpusIsOpenedWhole(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(storetest.Corpus + "*.sql")
	require.NoError(t, err)
	require.Len(t, files, len(onPostgres))
	for _, path := range files {
		require.Contains(t, onPostgres, strings.TrimSuffix(filepath.Base(path), ".sql"))
	}
}

func TestCorpusIsWritten(t *testing.T) {
	t.Parallel()
	if *writeCorpus == "" {
		t.Skip("-write-corpus names no database")
	}
	s := startServer(t)
	s.sql(t, "CREATE SCHEMA corpus")
	require.NoError(t, openPostgres(t, s.URL("corpus"), storetest.CorpusRun...).Close())
	s.sql(t, "UPDATE corpus.meta SET value = '"+storetest.CorpusIdentity+"' WHERE name = 'identity'")
	storetest.WriteContent(t, openPostgres(t, s.URL("corpus"), storetest.CorpusRun...))
	dump, err := exec.CommandContext(t.Context(), "pg_dump", "--host="+s.Folder(), "--username=vigil", "--schema=corpus",
		"--no-owner", "--no-privileges", "--inserts", "postgres").Output()
	require.NoError(t, err)
	var text strings.Builder
	for line := range strings.Lines(string(dump)) {
		if !strings.HasPrefix(line, `\`) { // a command of psql, which no server understands
			text.WriteString(line)
		}
	}
	storetest.AddToCorpus(t, *writeCorpus+".sql", []byte(text.String()))
}
