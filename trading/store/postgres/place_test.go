package postgres_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/postgres"
)

// content is every table outside of vigil's own schema, with its columns and its rows.
func (s *testServer) content(t *testing.T, schemas ...string) (text string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL("public"))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) }()
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT coalesce(string_agg(t::text || query_to_xml(
		format('SELECT * FROM %I.%I', t.schemaname, t.tablename), true, false, '')::text, E'\n'
		ORDER BY schemaname, tablename), '')
		FROM pg_tables t WHERE schemaname = ANY ($1)`, schemas).Scan(&text))
	return text
}

// hosts are databases of programs that embed vigil and have tables of their own.
var hosts = map[string]string{
	"goose itself": `CREATE TABLE goose_db_version (id SERIAL PRIMARY KEY, version_id BIGINT NOT NULL,
		is_applied BOOLEAN NOT NULL, tstamp TIMESTAMP DEFAULT now()); INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true)`,
	"a table signals": `CREATE TABLE signals (id INT, name TEXT); INSERT INTO signals VALUES (1, 'a')`,
	"tables of our name": `CREATE TABLE meta (name TEXT, value TEXT); INSERT INTO meta VALUES ('identity', 'x');
		CREATE TABLE signals (id INT)`,
	"a table of its own": `CREATE TABLE users (id INT)`,
}

func TestTablesOfAHostAreUntouched(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for name, text := range hosts {
		t.Run(name, func(t *testing.T) {
			s.exec(t, text)
			before := s.content(t, "public")
			for range 2 {
				db, err := postgres.Open(t.Context(), s.URL("public"), postgres.Config{})
				require.NoError(t, err)
				_ = db.Signals().Append(t.Context(), storetest.Numbered(1))
				require.Len(t, storetest.Held(t, db.Signals()), 1)
				require.NoError(t, db.Close())
			}
			require.Equal(t, before, s.content(t, "public"))
			require.Equal(t, "8", s.sql(t, "SELECT max(version_id)::text FROM vigil.goose_db_version"))
			s.exec(t, "DROP SCHEMA vigil CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public")
		})
	}
}

// A host that uses goose after vigil was there has all of its migrations run.
func TestMigrationsOfAHostDoNotCountAsApplied(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	openPostgres(t, s.URL("public"))
	config, err := pgx.ParseConfig(s.URL("public"))
	require.NoError(t, err)
	db := stdlib.OpenDB(*config)
	storetest.WithSchema(t, db, goose.DialectPostgres, os.DirFS("migrations"), 1) // any will do
	require.NoError(t, db.Close())
	require.Contains(t, s.tablesIn(t, "public"), "journal")
}

func TestForeignSchemaIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for name, text := range hosts {
		t.Run(name, func(t *testing.T) {
			s.exec(t, "CREATE SCHEMA host; SET search_path = host; "+text)
			before := s.content(t, "host", "public", "vigil")
			for _, readOnly := range []bool{false, true} {
				_, err := postgres.Open(t.Context(), s.URL("host"), postgres.Config{ReadOnly: readOnly})
				foreign, ok := errors.AsType[*postgres.ForeignError](err)
				require.True(t, ok, "%v", err)
				require.Equal(t, "host", foreign.Schema)
				require.ErrorContains(t, err, "the schema host holds tables that are not vigil's")
				require.Equal(t, before, s.content(t, "host", "public", "vigil"))
			}
			s.exec(t, "DROP SCHEMA host CASCADE")
		})
	}
}

func TestMissingSchemaIsNamed(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for _, path := range []string{"nowhere", "nowhere,public"} {
		_, err := postgres.Open(t.Context(), s.URL(path), postgres.Config{})
		require.ErrorContains(t, err, "there is no schema nowhere, which its search_path names: CREATE SCHEMA nowhere")
	}
	_, err := postgres.Open(t.Context(), s.URL("public"), postgres.Config{ReadOnly: true})
	require.ErrorContains(t, err, "there is no schema vigil, which it gets when it is first opened to write")
}

// A schema that a person has made, and in which an opening was broken off, is not foreign.
func TestOpeningThatWasBrokenOffIsGoneOnWith(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for _, n := range []int{0, 1, 2, 3, 5, 8, 12} {
		url := s.schema(t)
		db, err := postgres.Open(storetest.EndsAfter(t.Context(), n), url, postgres.Config{})
		if err == nil {
			require.NoError(t, db.Close())
		}
		openPostgres(t, url)
	}
	url := s.schema(t)
	openPostgres(t, url)
	s.exec(t, "DELETE FROM "+s.last()+".meta")
	again, err := postgres.Open(t.Context(), url, postgres.Config{ReadOnly: true})
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

// inPublic loads a dump of the corpus into the place where an earlier version had it.
func (s *testServer) inPublic(t *testing.T, name string) {
	t.Helper()
	dump, err := os.ReadFile(storetest.Corpus + name + ".sql")
	require.NoError(t, err)
	s.exec(t, strings.NewReplacer("CREATE SCHEMA corpus;", "", "corpus.", "public.").Replace(string(dump)))
}

func (s *testServer) tablesIn(t *testing.T, schema string) string {
	t.Helper()
	return s.sql(t, `SELECT coalesce(string_agg(tablename, ' ' ORDER BY tablename), '') FROM pg_tables
		WHERE schemaname = '`+schema+`'`)
}

const allTables = "goose_db_version journal marks meta overrides signals snapshot snapshot_parts states streams"

func TestTablesOfAnEarlierVersionMove(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for name, holds := range onPostgres {
		if holds != "schema5" {
			continue // Such a one was never anywhere else than in a schema of its own.
		}
		t.Run(name, func(t *testing.T) {
			s.inPublic(t, name)
			_, err := postgres.Open(t.Context(), s.URL("public"), postgres.Config{ReadOnly: true})
			require.ErrorContains(t, err, "put its tables into the schema public: open it once to write")
			db, err := postgres.Open(t.Context(), s.URL("public"), postgres.Config{})
			require.NoError(t, err)
			storetest.FoldsTo(t, db, holds)
			require.NoError(t, db.Close())
			require.Empty(t, s.tablesIn(t, "public"))
			require.Equal(t, allTables, s.tablesIn(t, "vigil"))
			s.exec(t, "DROP SCHEMA vigil CASCADE")
		})
	}
}

func TestTablesOfAnEarlierVersionMoveAwayFromAHosts(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for name, holds := range onPostgres {
		if holds != "schema5" {
			continue // Such a one was never anywhere else than in a schema of its own.
		}
		t.Run(name, func(t *testing.T) {
			s.inPublic(t, name)
			s.exec(t, "CREATE TABLE users (id INT); INSERT INTO goose_db_version VALUES (99, 20240101, true, now())")
			db, err := postgres.Open(t.Context(), s.URL("public"), postgres.Config{})
			require.NoError(t, err)
			storetest.FoldsTo(t, db, holds)
			require.NoError(t, db.Close())
			require.Equal(t, "goose_db_version users", s.tablesIn(t, "public"))
			require.Equal(t, "20240101", s.sql(t, "SELECT max(version_id)::text FROM public.goose_db_version"))
			require.Equal(t, "8", s.sql(t, "SELECT max(version_id)::text FROM vigil.goose_db_version"))
			s.exec(t, "DROP SCHEMA vigil CASCADE; DROP TABLE users, goose_db_version")
		})
	}
}

func TestTablesDoNotMoveAwayUnderAProgram(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	s.inPublic(t, "postgres4")
	earlier, err := pgx.Connect(t.Context(), s.URL("public"))
	require.NoError(t, err)
	_, err = earlier.Exec(t.Context(), "SELECT pg_advisory_lock($1, hashtext(current_schema()))", 0x5647494c)
	require.NoError(t, err)
	_, err = postgres.Open(t.Context(), s.URL("public"), postgres.Config{})
	_, ok := errors.AsType[*postgres.LockedError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, "goose_db_version journal meta signals snapshot states streams", s.tablesIn(t, "public"))
	require.Empty(t, s.tablesIn(t, "vigil"))
	require.NoError(t, earlier.Close(t.Context()))
	openPostgres(t, s.URL("public"))
	require.Empty(t, s.tablesIn(t, "public"))
}

// exec runs statements on the server, as its operator.
func (s *testServer) exec(t *testing.T, text string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL("public"))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) }()
	_, err = conn.PgConn().Exec(t.Context(), text).ReadAll()
	require.NoError(t, err)
}
