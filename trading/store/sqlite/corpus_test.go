package sqlite_test

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
)

// inSQLite are the databases in files, by what they hold. The README beside them says who wrote them.
var inSQLite = map[string]string{
	"sqlite1": "schema1", "sqlite2": "schema2", "sqlite3": "schema3", "sqlite4": "schema4", "sqlite5": "schema5",
	"sqlite5-archived": "schema5", "sqlite6": "schema5", "sqlite7": "schema5", "sqlite8": "schema5",
	"sqlite8-archived": "schema5", "sqlite8-snapshot3": "schema5", "sqlite8-snapshot3-archived": "schema5",
	"sqlite9": "schema5", "sqlite9-archived": "schema5", "sqlite10": "schema10", "sqlite10-archived": "schema10",
	"sqlite11": "schema10", "sqlite11-archived": "schema10", "sqlite12": "schema12", "sqlite12-archived": "schema12",
}

func TestCorpusOfSQLiteFoldsToTheSameState(t *testing.T) {
	t.Parallel()
	for name, holds := range inSQLite {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.FoldsTo(t, openAt(t, unpacked(t, name)), holds)
		})
	}
}

// The directory is the list: no file of the corpus is forgotten.
func TestCorpusIsOpenedWhole(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(storetest.Corpus + "*")
	require.NoError(t, err)
	for _, path := range files {
		name := filepath.Base(path)
		base, _, _ := strings.Cut(name, ".")
		if strings.HasSuffix(name, ".gz") {
			require.Contains(t, inSQLite, base)
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

// unpacked makes a copy of a database and of its archive, if it has one.
func unpacked(t *testing.T, name string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "vigil.db")
	for from, to := range map[string]string{name + ".db.gz": path, name + ".db.archive.gz": path + ".archive"} {
		packed, err := os.ReadFile(storetest.Corpus + from)
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
		defer func() { require.NoError(t, rows.Close()) }()
		for rows.Next() {
			var e rawEntry
			require.NoError(t, rows.Scan(&e.kind, &e.data))
			all = append(all, e)
		}
		require.NoError(t, rows.Err())
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
