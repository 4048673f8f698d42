package sqlstore_test

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/sqlstore"
)

var update = flag.Bool("update", false, "write what the corpus folds to, in place of comparing it")

const corpus = "testdata/corpus/"

// corpusCapital is what the accounts of the corpus began with.
var corpusCapital = decimal.NewFromInt(10_000)

// inSQLite are the databases in files, by what they hold. The README beside them says who wrote them.
var inSQLite = map[string]string{
	"sqlite1": "schema1", "sqlite2": "schema2", "sqlite3": "schema3", "sqlite4": "schema4", "sqlite5": "schema5",
	"sqlite5-archived": "schema5", "sqlite6": "schema5", "sqlite7": "schema5", "sqlite8": "schema5",
	"sqlite8-archived": "schema5", "sqlite8-snapshot3": "schema5", "sqlite8-snapshot3-archived": "schema5",
}

// onPostgres are the dumps of databases on a server, by what they hold.
var onPostgres = map[string]string{"postgres1": "schema5", "postgres4": "schema5"}

func TestCorpusOfSQLiteFoldsToTheSameState(t *testing.T) {
	t.Parallel()
	for name, holds := range inSQLite {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			foldsTo(t, openAt(t, unpacked(t, name)), holds)
		})
	}
}

func TestCorpusOfPostgresFoldsToTheSameState(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for name, holds := range onPostgres {
		t.Run(name, func(t *testing.T) {
			s.load(t, name)
			db, err := sqlstore.OpenPostgres(t.Context(), s.URL("corpus"), sqlstore.Config{})
			require.NoError(t, err)
			foldsTo(t, db, holds)
			require.NoError(t, db.Close())
			s.sql(t, "DROP SCHEMA corpus CASCADE")
		})
	}
}

// The directory is the list: no file of the corpus is forgotten.
func TestCorpusIsOpenedWhole(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(corpus + "*")
	require.NoError(t, err)
	for _, path := range files {
		name := filepath.Base(path)
		base, _, _ := strings.Cut(name, ".")
		switch {
		case strings.HasSuffix(name, ".gz"):
			require.Contains(t, inSQLite, base)
		case strings.HasSuffix(name, ".sql"):
			require.Contains(t, onPostgres, base)
		}
	}
}

func TestCorpusEntriesAreReadWhole(t *testing.T) {
	t.Parallel()
	for name := range inSQLite {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := unpacked(t, name)
			rows := rawEntries(t, path)
			if _, err := os.Stat(path + ".archive"); err == nil {
				rows = append(rows, rawEntries(t, path+".archive")...)
			}
			for _, row := range rows {
				_, err := journal.Decode(row.kind, row.data)
				require.NoError(t, err)
				require.ErrorContains(t, refuses(row.kind+"_too", row.data), row.kind+"_too")
				for _, data := range withAnotherField(t, row.data) {
					err := refuses(row.kind, data)
					require.ErrorContains(t, err, `unknown field "no_such"`, string(data))
					require.ErrorContains(t, err, row.kind)
				}
				require.Error(t, refuses(row.kind, append(row.data, "{}"...)))
			}
		})
	}
}

func TestJournalNamesTheEntryThatItCannotRead(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		`data = '{"reason":"x","severity":3}'`: `decode halted: json: unknown field "severity"`,
		`kind = 'paused'`:                      `unknown event kind "paused"`,
	} {
		path := unpacked(t, "sqlite8")
		inRaw(t, path, func(db *sql.DB) { execute(t, db, "UPDATE journal SET "+change+" WHERE kind = 'halted'") })
		_, err := openAt(t, path).Journal().Read(t.Context(), 0, 1000)
		require.ErrorContains(t, err, "entry 102: journal: "+want)
	}
}

// foldsTo compares what a database holds with what is known of it: as the snapshot and what came after it say, and as
// all of the journal says.
func foldsTo(t *testing.T, db *sqlstore.DB, holds string) {
	t.Helper()
	quick, err := book.Restore(corpusCapital, journal.Load(t.Context(), db.Journal()))
	require.NoError(t, err)
	book, entries := book.New(corpusCapital), page(t, db.Journal(), 7)
	for _, e := range entries {
		require.NoError(t, book.Apply(e.At, e.Event), "entry %d", e.Seq)
	}
	got := bookText(book) + entriesText(t, entries) + signalsText(t, db.Signals())
	require.Equal(t, bookText(book), bookText(quick))
	path := corpus + holds + ".txt"
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644)) //nolint:gosec // everybody may read it
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// unpacked makes a copy of a database and of its archive, if it has one.
func unpacked(t *testing.T, name string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "vigil.db")
	for from, to := range map[string]string{name + ".db.gz": path, name + ".db.archive.gz": path + ".archive"} {
		packed, err := os.ReadFile(corpus + from)
		if os.IsNotExist(err) && to != path {
			continue
		}
		require.NoError(t, err)
		r, err := gzip.NewReader(bytes.NewReader(packed))
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(to, data, 0o600))
	}
	return path
}

// load runs a dump on the server.
func (s *server) load(t *testing.T, name string) {
	t.Helper()
	dump, err := os.ReadFile(corpus + name + ".sql")
	require.NoError(t, err)
	conn, err := pgx.Connect(t.Context(), s.URL("public"))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	_, err = conn.PgConn().Exec(t.Context(), string(dump)).ReadAll()
	require.NoError(t, err)
}

// rawEntry is an entry as it is stored.
type rawEntry struct {
	kind string
	data []byte
}

func rawEntries(t *testing.T, path string) (all []rawEntry) {
	t.Helper()
	inRaw(t, path, func(db *sql.DB) {
		rows, err := db.QueryContext(t.Context(), "SELECT kind, data FROM journal ORDER BY seq")
		require.NoError(t, err)
		for rows.Next() {
			var e rawEntry
			require.NoError(t, rows.Scan(&e.kind, &e.data))
			all = append(all, e)
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
	})
	return all
}

func inRaw(t *testing.T, path string, do func(*sql.DB)) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	do(db)
	require.NoError(t, db.Close())
}

func refuses(kind string, data []byte) error {
	_, err := journal.Decode(kind, data)
	return err
}

// withAnotherField returns an entry once for each object in it, with a field more in that object.
func withAnotherField(t *testing.T, data []byte) (all [][]byte) {
	t.Helper()
	var whole map[string]any
	require.NoError(t, json.Unmarshal(data, &whole))
	var visit func(object map[string]any)
	visit = func(object map[string]any) {
		object["no_such"] = 1
		text, err := json.Marshal(whole)
		require.NoError(t, err)
		all = append(all, text)
		delete(object, "no_such")
		for _, value := range object {
			if inner, ok := value.(map[string]any); ok {
				visit(inner)
			}
		}
	}
	visit(whole)
	return all
}
