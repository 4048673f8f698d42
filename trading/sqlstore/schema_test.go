package sqlstore_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/sqlstore"
)

// withSchema brings a database to an earlier version of the schema, as an earlier version of the package did.
func withSchema(t *testing.T, db *sql.DB, dialect goose.Dialect, folder string, version int64) {
	t.Helper()
	provider, err := goose.NewProvider(dialect, db, os.DirFS("migrations/"+folder), goose.WithDisableGlobalRegistry(true))
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), version)
	require.NoError(t, err)
}

// before makes a database file of an earlier version of the schema, with some rows in it.
func before(t *testing.T, version int64, fill func(db *sql.DB)) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "vigil.db")
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), fmt.Sprintf("PRAGMA application_id = %d", 0x5647494c))
	require.NoError(t, err)
	withSchema(t, db, goose.DialectSQLite3, "sqlite", version)
	fill(db)
	require.NoError(t, db.Close())
	return path
}

// fromBefore are signals of several streams, as they were stored when each had its ID, its names and no number.
func fromBefore() []signal.Signal {
	all := []signal.Signal{generated(1), generated(2), numbered(3), generated(4), generated(5)}
	all[1].Parts = []signal.Part{{Strategy: "cross", Weight: 1, Spoke: true, Direction: signal.Long, Confidence: 0.5}}
	all[2].BarTime, all[2].CreatedAt, all[2].ValidUntil = time.Time{}, time.Time{}, time.Time{}
	all[3].Symbol, all[3].Direction = "", signal.Short
	all[3].ID = ownID(all[3])
	all[4].Strategy, all[4].ID = "odd\x1a name", "not NewID's"
	for i := range all {
		all[i].Seq = int64(i + 2)
	}
	return all
}

func ownID(s signal.Signal) string {
	return s.Stream().ID(s.BarTime)
}

// insertFromBefore stores them from Seq 2 on, and what was before them is pruned.
func insertFromBefore(t *testing.T, db *sql.DB) {
	t.Helper()
	nanos := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.UnixNano()
	}
	for _, s := range append([]signal.Signal{numbered(0)}, fromBefore()...) {
		var parts any
		if s.Parts != nil {
			text, err := json.Marshal(s.Parts)
			require.NoError(t, err)
			parts = string(text)
		}
		strategy, _ := sqlstore.ThroughText(s.Strategy)
		_, err := db.ExecContext(t.Context(), `INSERT INTO signals (id, strategy, params, symbol, interval, direction,
			confidence, price, bar_time, created_at, valid_until, parts)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, s.ID, strategy, s.Params, s.Symbol,
			int64(s.Interval), int64(s.Direction), s.Confidence, s.Price, nanos(s.BarTime), nanos(s.CreatedAt),
			nanos(s.ValidUntil), parts)
		require.NoError(t, err)
	}
	_, err := db.ExecContext(t.Context(), "DELETE FROM signals WHERE seq = 1")
	require.NoError(t, err)
}

// goesOn checks that nothing of a store from before is lost, or taken for new.
func goesOn(t *testing.T, db *sqlstore.DB) {
	t.Helper()
	store, want := db.Signals(), fromBefore()
	require.Equal(t, want, held(t, store))
	var withID int
	_, readers := db.Pools()
	count := readers.QueryRowContext(t.Context(), "SELECT count(id) FROM signals")
	require.NoError(t, count.Scan(&withID))
	require.Equal(t, 2, withID, "those that NewID did not make")
	latest, err := store.Latest(t.Context(), signal.Query{Strategy: "cross", Symbol: want[0].Symbol, Limit: 2})
	require.NoError(t, err)
	require.Equal(t, []signal.Signal{want[2], want[1]}, latest)

	require.NoError(t, store.Append(t.Context(), want...), "the same once more")
	require.Equal(t, want, held(t, store))
	other := want[0]
	other.Price++
	next := generated(6)
	require.ErrorIs(t, store.Append(t.Context(), other, next), signal.ErrConflict)
	next.Seq = held(t, store)[5].Seq
	require.Greater(t, next.Seq, want[4].Seq)
	require.Equal(t, append(want, next), held(t, store))

	_, err = store.Prune(t.Context(), signal.Retention{Count: 1, Passed: 100})
	require.NoError(t, err)
	require.Equal(t, []signal.Signal{want[3], want[4], next}, held(t, store), "the newest of each strategy and symbol")
}

func TestADatabaseFromBeforeStreamsGoesOn(t *testing.T) {
	t.Parallel()
	goesOn(t, openAt(t, before(t, 5, func(db *sql.DB) { insertFromBefore(t, db) })))
}

func TestAPostgresFromBeforeStreamsGoesOn(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	url := s.schema(t)
	config, err := pgx.ParseConfig(url)
	require.NoError(t, err)
	db := stdlib.OpenDB(*config)
	withSchema(t, db, goose.DialectPostgres, "postgres", 1)
	insertFromBefore(t, db)
	require.NoError(t, db.Close())
	goesOn(t, openPostgres(t, url))
}

func TestAMigrationThatFailsLeavesWhatWasThere(t *testing.T) {
	t.Parallel()
	path := before(t, 5, func(db *sql.DB) {
		insertFromBefore(t, db)
		// It only shows in the middle of the step, when the old table is to get this name.
		_, err := db.ExecContext(t.Context(), "CREATE TABLE signals_before (x)")
		require.NoError(t, err)
	})
	content := func() (rows []string) {
		db, err := sql.Open("sqlite", path)
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		var text string
		for _, query := range []string{
			"SELECT group_concat(sql, ';' ORDER BY name) FROM sqlite_schema",
			"SELECT group_concat(seq || id || strategy || symbol, ';' ORDER BY seq) FROM signals",
			"SELECT max(version_id) FROM goose_db_version",
		} {
			require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(&text))
			rows = append(rows, text)
		}
		return rows
	}
	was := content()
	_, err := sqlstore.Open(t.Context(), path, sqlstore.Config{})
	require.ErrorContains(t, err, "bring its schema up to date: to version 6")
	require.Equal(t, was, content())

	foreign(t, path, "DROP TABLE signals_before")
	goesOn(t, openAt(t, path))
}

func TestADatabaseFromBeforeStatesAndPartsLearnsThem(t *testing.T) {
	t.Parallel()
	path := before(t, 2, func(db *sql.DB) {
		_, err := db.ExecContext(t.Context(), `INSERT INTO signals VALUES (1, 's1', 'cross', 'fast=8,slow=21', 'BTC/USDT:USDT',
			60000000000, 1, 0.5, 1, 1767225660000000000, 1767225720000000000, 1767225900000000000)`)
		require.NoError(t, err)
	})
	store := openAt(t, path).Signals()
	require.Len(t, held(t, store), 1)
	require.NoError(t, store.SaveStates(t.Context(), someState()))
	_, ok, err := store.LoadState(t.Context(), someState().Stream)
	require.NoError(t, err)
	require.True(t, ok)
	voted := numbered(2)
	voted.Parts = []signal.Part{{Strategy: "cross", Weight: 1, Spoke: true, Direction: signal.Long, Confidence: 0.5}}
	require.NoError(t, store.Append(t.Context(), numbered(1), voted), "what was stored without parts is the same still")
	got := held(t, store)
	require.Len(t, got, 2)
	require.Nil(t, got[0].Parts)
	require.Equal(t, voted.Parts, got[1].Parts)
}
