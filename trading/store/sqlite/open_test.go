package sqlite_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(t *testing.T, folder string) (path string) // what is there before
		says    string
		is      error
	}{
		"no path": {
			prepare: func(*testing.T, string) string { return "" },
			says:    "sqlite: open : no path",
		},
		"memory": {
			prepare: func(*testing.T, string) string { return ":memory:" },
			says:    "sqlite: open :memory:: a path is needed: what is not in a file of its own is not durable",
		},
		"an URI": {
			prepare: func(*testing.T, string) string { return "file:x.db?mode=memory" },
			says:    "is not durable",
		},
		"a folder that does not exist": {
			prepare: func(_ *testing.T, folder string) string { return folder + "/missing/x.db" },
			says:    "/missing cannot be used: no such file or directory",
			is:      os.ErrNotExist,
		},
		"a folder as database": {
			prepare: func(t *testing.T, folder string) string {
				require.NoError(t, os.Mkdir(folder+"/x.db", 0o755))
				return folder + "/x.db"
			},
			says: "x.db: it is a folder",
		},
		"a file in the place of the folder": {
			prepare: func(t *testing.T, folder string) string {
				write(t, folder+"/file", "text")
				return folder + "/file/x.db"
			},
			says: "not a directory",
		},
		"a device": {
			prepare: func(*testing.T, string) string { return "/dev/null" },
			says:    "/dev/null: it is no regular file",
		},
		"a link to nothing": {
			prepare: func(t *testing.T, folder string) string {
				require.NoError(t, os.Symlink(folder+"/nothing", folder+"/x.db"))
				return folder + "/x.db"
			},
			says: "it is a link to a file that does not exist",
		},
		"a text file": {
			prepare: func(t *testing.T, folder string) string {
				return write(t, folder+"/x.db", strings.Repeat("not a database\n", 100))
			},
			says: "x.db: sqlite: not a vigil database: it is no SQLite file",
			is:   sqlite.ErrForeign,
		},
		"a short file": {
			prepare: func(t *testing.T, folder string) string { return write(t, folder+"/x.db", "SQLite format 3\x00") },
			says:    "it is no SQLite file",
			is:      sqlite.ErrForeign,
		},
		"a database of another program": {
			prepare: func(t *testing.T, folder string) string {
				return foreign(t, folder+"/x.db", "CREATE TABLE mine (x); INSERT INTO mine VALUES (1)")
			},
			says: "not a vigil database: its application id is 0x0, want 0x5647494c: name another file",
			is:   sqlite.ErrForeign,
		},
		"a database with another application id": {
			prepare: func(t *testing.T, folder string) string {
				return foreign(t, folder+"/x.db", "PRAGMA application_id = 7; CREATE TABLE mine (x)")
			},
			says: "its application id is 0x7",
			is:   sqlite.ErrForeign,
		},
		"a file that was cut off": {
			prepare: func(t *testing.T, folder string) string { return cutOff(t, folder+"/x.db", 4096*3) },
			says:    "malformed (11): bring it back from a backup",
		},
		"a file that was cut off in its first page": {
			prepare: func(t *testing.T, folder string) string { return cutOff(t, folder+"/x.db", 4096) },
			says:    "malformed (11): bring it back from a backup",
		},
		"a file that was cut off in the middle of a page": {
			prepare: func(t *testing.T, folder string) string { return cutOff(t, folder+"/x.db", -1) },
			says:    "x.db: it is damaged: it ends in the middle of a page: bring it back from a backup",
		},
		"a file whose tables were overwritten": {
			prepare: func(t *testing.T, folder string) string {
				path := closedDatabase(t, folder+"/x.db")
				data, err := os.ReadFile(path)
				require.NoError(t, err)
				copy(data[100:4096], make([]byte, 4096))
				return write(t, path, string(data))
			},
			says: "malformed (11): bring it back from a backup",
		},
		"a newer schema": {
			prepare: func(t *testing.T, folder string) string {
				path := closedDatabase(t, folder+"/x.db")
				return foreign(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (4711, 1)")
			},
			says: "written by a newer version of this program: its schema has version 4711, and this one knows 12: " +
				"use that version, or go back to the copy that its upgrade made (",
			is: sqlite.ErrNewerSchema,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := tc.prepare(t, folder)
			before := snapshot(t, folder)
			db, err := sqlite.Open(t.Context(), path, sqlite.Config{})
			require.Nil(t, db)
			require.ErrorContains(t, err, tc.says)
			require.ErrorContains(t, err, path)
			require.NotContains(t, err.Error(), "\n", "one line")
			if tc.is != nil {
				require.ErrorIs(t, err, tc.is)
			}
			require.Equal(t, before, snapshot(t, folder), "nothing is left behind or changed")
		})
	}
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

// cutOff makes a database that was cut off after so many bytes, or before so many if they are negative.
func cutOff(t *testing.T, path string, size int64) string {
	t.Helper()
	info, err := os.Stat(closedDatabase(t, path))
	require.NoError(t, err)
	if size < 0 {
		size += info.Size()
	}
	require.NoError(t, os.Truncate(path, size))
	return path
}

// foreign runs SQL on the file without this package.
func foreign(t *testing.T, path, text string) string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), text)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	return path
}

func closedDatabase(t *testing.T, path string) string {
	t.Helper()
	require.NoError(t, openAt(t, path).Close())
	return path
}

// snapshot reads every file in a folder.
func snapshot(t *testing.T, folder string) map[string]string {
	t.Helper()
	content := make(map[string]string)
	for _, name := range files(t, folder) {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			text = []byte(err.Error())
		}
		content[name] = string(text)
	}
	return content
}

func TestEmptyFileBecomesADatabase(t *testing.T) {
	t.Parallel()
	path := write(t, t.TempDir()+"/x.db", "")
	require.NoError(t, openAt(t, path).Signals().Append(t.Context(), storetest.Numbered(1)))
}

func TestPathMayHoldAnyCharacter(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"with space.db", "a?b=c.db", "50%.db", "#1;2&3.db", "日本.db", "it's.db",
		`back\slash.db`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := closedDatabase(t, filepath.Join(folder, name))
			require.Equal(t, []string{name}, files(t, folder))
			closedDatabase(t, path)
		})
	}
}

func TestRelativePathIsFine(t *testing.T) { // not parallel: it changes the folder
	t.Chdir(t.TempDir())
	closedDatabase(t, "x.db")
	require.Equal(t, []string{"x.db"}, files(t, "."))
}

func TestOpeningThatIsBrokenOffLeavesNothing(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	folder := t.TempDir()
	_, err := sqlite.Open(ended, folder+"/x.db", sqlite.Config{})
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, files(t, folder))
	empty := write(t, folder+"/empty.db", "")
	// The n-th look at the context finds it ended: in the middle of opening.
	for n := range 20 {
		for _, path := range []string{folder + "/x.db", empty} {
			db, err := sqlite.Open(storetest.EndsAfter(t.Context(), n), path, sqlite.Config{})
			if err == nil {
				require.NoError(t, db.Close())
				require.GreaterOrEqual(t, n, 5, "it was broken off in the middle")
				return
			}
			require.ErrorIs(t, err, context.Canceled)
			require.Equal(t, map[string]string{"empty.db": ""}, snapshot(t, folder))
		}
	}
	t.Fatal("it never opened")
}
