package storetest

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

var update = flag.Bool("update", false, "write what the corpus folds to, in place of comparing it")

// Corpus is the folder of the databases that earlier commits wrote, seen from the packages sqlite and postgres.
const Corpus = "../testdata/corpus/"

// CorpusIdentity is what the signal stores of the corpus are called.
const CorpusIdentity = "CORPUSSTORE23456234562345A"

// CorpusRun is what the databases of the corpus belong to, in the words of livetrader.
var CorpusRun = []Setting{
	{Name: "mode", Value: "paper"}, {Name: "venue", Value: "paper"},
	{Name: "account", Value: "cash 10000, fee 0.001, slippage 0.0005"},
	{Name: "strategy", Value: "ema_cross fast=12,slow=26"}, {Name: "feed", Value: "synthetic"},
	{Name: "seed", Value: "1"}, {Name: "interval", Value: "1m0s"},
}

// corpusCapital is what the accounts of the corpus began with.
var corpusCapital = decimal.NewFromInt(10_000)

// FoldsTo compares what a database holds with what is known of it: as the snapshot and what came after it say, and as
// all of the journal says.
func FoldsTo(t testing.TB, db DB, holds string) {
	t.Helper()
	quick, err := book.Restore(corpusCapital, journal.Load(t.Context(), db.Journal()))
	noError(t, err)
	another, err := book.Restore(corpusCapital.Add(corpusCapital), journal.Load(t.Context(), db.Journal()))
	noError(t, err)
	book, entries := book.New(corpusCapital), Page(t, db.Journal(), 7)
	for _, e := range entries {
		noError(t, book.Apply(e.At, e.Event))
	}
	got := bookText(book) + entriesText(t, entries) + signalsText(t, db.Signals())
	equal(t, bookText(book), bookText(quick))
	equal(t, bookText(book), bookText(another)) // The journal says what the account began with.
	HistoryIsWhole(t, db.Journal(), entries)
	path := Corpus + holds + ".txt"
	if *update {
		noError(t, os.WriteFile(path, []byte(got), 0o644)) //nolint:gosec // everybody may read it
	}
	want, err := os.ReadFile(path)
	noError(t, err)
	equal(t, string(want), got)
}

// Page reads the whole journal, a few entries at a time.
func Page(t testing.TB, j journal.Journal, limit int) (all []journal.Entry) {
	t.Helper()
	for after := int64(0); ; {
		entries, err := j.Read(t.Context(), after, limit)
		noError(t, err)
		if len(entries) == 0 {
			return all
		}
		equal(t, true, len(entries) <= limit)
		equal(t, after+1, entries[0].Seq) // Nothing is missing in between.
		all, after = append(all, entries...), entries[len(entries)-1].Seq
	}
}

// WriteContent writes what every database of the corpus holds: see the README there.
func WriteContent(t testing.TB, db DB) {
	t.Helper()
	content, err := os.ReadFile(Corpus + "content.txt")
	noError(t, err)
	book := book.New(corpusCapital)
	for line := range strings.Lines(string(content)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		part := strings.SplitN(line, " ", 4)
		_, err := strconv.Atoi(part[0]) // the schema that it is there since
		noError(t, err)
		at, err := time.Parse(time.RFC3339, part[1])
		noError(t, err)
		noError(t, writeLine(t.Context(), db, book, at, part[2], []byte(part[3])))
	}
}

func writeLine(ctx context.Context, db DB, book *book.Book, at time.Time, what string, data []byte) error {
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
		return db.Journal().(journal.Snapshotter).KeepSnapshot(ctx, snapshot)
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

// AddToCorpus refuses a file that is there: it stays as the commit wrote it that its README names.
func AddToCorpus(t testing.TB, name string, data []byte) {
	t.Helper()
	f, err := os.OpenFile(Corpus+name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // everybody may read it
	noError(t, err)
	_, err = f.Write(data)
	noError(t, err)
	noError(t, f.Close())
}
