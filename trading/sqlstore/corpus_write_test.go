package sqlstore_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/sqlstore"
)

var writeCorpus = flag.String("write-corpus", "", "the name of a database to add to the corpus, such as sqlite9")

// corpusIdentity is what the signal stores of the corpus are called.
const corpusIdentity = "CORPUSSTORE23456234562345A"

// corpusRun is what the databases of the corpus belong to, in the words of livetrader.
var corpusRun = []sqlstore.Setting{
	{Name: "mode", Value: "paper"}, {Name: "venue", Value: "paper"},
	{Name: "account", Value: "cash 10000, fee 0.001, slippage 0.0005"},
	{Name: "strategy", Value: "ema_cross fast=12,slow=26"}, {Name: "feed", Value: "synthetic"},
	{Name: "seed", Value: "1"}, {Name: "interval", Value: "1m0s"},
}

func TestCorpusIsWrittenToSQLite(t *testing.T) {
	t.Parallel()
	if *writeCorpus == "" {
		t.Skip("-write-corpus names no database")
	}
	for _, archived := range []bool{false, true} {
		name, path := *writeCorpus, filepath.Join(t.TempDir(), "vigil.db")
		require.NoError(t, openAt(t, path, corpusRun...).Close())
		inRaw(t, path, func(db *sql.DB) {
			execute(t, db, "UPDATE meta SET value = '"+corpusIdentity+"' WHERE name = 'identity'")
		})
		db := openAt(t, path, corpusRun...)
		writeContent(t, db)
		if archived {
			name += "-archived"
			_, err := db.Journal().Archive(t.Context(), time.Date(2026, 3, 2, 9, 17, 30, 0, time.UTC))
			require.NoError(t, err)
			pack(t, path+".archive", name+".db.archive.gz")
		}
		require.NoError(t, db.Close())
		inRaw(t, path, func(db *sql.DB) { execute(t, db, "VACUUM"); execute(t, db, "PRAGMA wal_checkpoint(TRUNCATE)") })
		pack(t, path, name+".db.gz")
	}
}

func TestCorpusIsWrittenToPostgres(t *testing.T) {
	t.Parallel()
	if *writeCorpus == "" {
		t.Skip("-write-corpus names no database")
	}
	s := startServer(t)
	s.sql(t, "CREATE SCHEMA corpus")
	require.NoError(t, openPostgres(t, s.URL("corpus"), corpusRun...).Close())
	s.sql(t, "UPDATE corpus.meta SET value = '"+corpusIdentity+"' WHERE name = 'identity'")
	writeContent(t, openPostgres(t, s.URL("corpus"), corpusRun...))
	dump, err := exec.CommandContext(t.Context(), "pg_dump", "--host="+s.Folder(), "--username=vigil", "--schema=corpus",
		"--no-owner", "--no-privileges", "--inserts", "postgres").Output()
	require.NoError(t, err)
	var text strings.Builder
	for line := range strings.Lines(string(dump)) {
		if !strings.HasPrefix(line, `\`) { // a command of psql, which no server understands
			text.WriteString(line)
		}
	}
	add(t, *writeCorpus+".sql", []byte(text.String()))
}

// writeContent writes what every database of the corpus holds: see the README there.
func writeContent(t *testing.T, db *sqlstore.DB) {
	t.Helper()
	content, err := os.ReadFile(corpus + "content.txt")
	require.NoError(t, err)
	book := book.New(corpusCapital)
	for line := range strings.Lines(string(content)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		part := strings.SplitN(line, " ", 4)
		_, err := strconv.Atoi(part[0]) // the schema that it is there since
		require.NoError(t, err)
		at, err := time.Parse(time.RFC3339, part[1])
		require.NoError(t, err)
		require.NoError(t, writeLine(t.Context(), db, book, at, part[2], []byte(part[3])), line)
	}
}

func writeLine(ctx context.Context, db *sqlstore.DB, book *book.Book, at time.Time, what string, data []byte) error {
	switch what {
	case "signal":
		var s signal.Signal
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		return db.Signals().Append(ctx, s)
	case "state":
		s, err := stateOf(data)
		if err != nil {
			return err
		}
		return db.Signals().SaveStates(ctx, s)
	case "snapshot":
		snapshot, err := book.Snapshot()
		if err != nil {
			return err
		}
		return db.Journal().KeepSnapshot(ctx, snapshot)
	}
	event, err := journal.Decode(what, data)
	if err != nil {
		return err
	}
	if err := book.Apply(at, event); err != nil {
		return err
	}
	return db.Journal().Append(ctx, at, event)
}

func stateOf(data []byte) (signal.State, error) {
	var s struct {
		Strategy, Params, Symbol, Interval string
		Bar                                time.Time
		Seen                               int
		Data                               []byte
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return signal.State{}, err
	}
	interval, err := time.ParseDuration(s.Interval)
	key := signal.Stream{Strategy: s.Strategy, Params: s.Params, Symbol: s.Symbol, Interval: interval}
	return signal.State{Stream: key, Bar: s.Bar, Seen: s.Seen, Data: s.Data}, err
}

func execute(t *testing.T, db *sql.DB, text string) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), text)
	require.NoError(t, err, text)
}

// pack adds a compressed copy of a file to the corpus.
func pack(t *testing.T, path, name string) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	require.NoError(t, err)
	_, err = w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	add(t, name, packed.Bytes())
}

// add refuses a file that is there: it stays as the commit wrote it that its README names.
func add(t *testing.T, name string, data []byte) {
	t.Helper()
	f, err := os.OpenFile(corpus+name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // everybody may read it
	require.NoError(t, err)
	_, err = f.Write(data)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}
