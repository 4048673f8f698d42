package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkRowInSQLite is what a row costs SQLite by itself, without this package: a hundred rows in one statement and
// one transaction, with as many columns and indexes as it says.
func BenchmarkRowInSQLite(b *testing.B) {
	const (
		signals = `CREATE TABLE rows (seq INTEGER PRIMARY KEY, stream INTEGER, bar INTEGER, id TEXT, direction INTEGER,
			confidence REAL, price REAL, created INTEGER, valid INTEGER, parts TEXT) STRICT;`
		byBar    = `CREATE UNIQUE INDEX by_bar ON rows (bar, stream) WHERE id IS NULL;`
		byStream = `CREATE INDEX by_stream ON rows (stream, seq);`
	)
	signal := func(n int) []any {
		bar := int64(n / 100)
		return []any{int64(n % 100), bar, nil, int64(1), 0.5, float64(n), bar + 1, bar + 2, nil}
	}
	for _, c := range []struct {
		name, schema string
		row          func(n int) []any
	}{
		{"of one number", `CREATE TABLE rows (seq INTEGER PRIMARY KEY, n INTEGER) STRICT;`, func(n int) []any { return []any{int64(n)} }},
		{"of a signal", signals, signal},
		{"of a signal, by bar", signals + byBar, signal},
		{"of a signal, by bar and by stream", signals + byBar + byStream, signal},
	} {
		b.Run(c.name, func(b *testing.B) { insertRows(b, c.schema, c.row) })
	}
}

func insertRows(b *testing.B, schema string, row func(n int) []any) {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "rows.db")+
		"?_txlock=immediate&_pragma=journal_mode(wal)&_pragma=synchronous(full)")
	require.NoError(b, err)
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { require.NoError(b, db.Close()) })
	_, err = db.ExecContext(b.Context(), schema)
	require.NoError(b, err)
	one := "(NULL" + strings.Repeat(", ?", len(row(0))) + ")" // a NULL in the place of the key is the next one
	insert, err := db.PrepareContext(b.Context(), "INSERT INTO rows VALUES "+one+strings.Repeat(", "+one, 99)+
		" ON CONFLICT DO NOTHING")
	require.NoError(b, err)
	defer func() { require.NoError(b, insert.Close()) }()
	n := 0
	for b.Loop() {
		var values []any
		for range 100 {
			values = append(values, row(n)...)
			n++
		}
		if _, err := insert.ExecContext(b.Context(), values...); err != nil { // One statement is one transaction.
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}
