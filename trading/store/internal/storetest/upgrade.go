package storetest

import (
	"database/sql"
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// WithSchema brings a database to an earlier version of the schema, as an earlier version of its package did.
func WithSchema(t testing.TB, db *sql.DB, dialect goose.Dialect, steps fs.FS, version int64) {
	t.Helper()
	provider, err := goose.NewProvider(dialect, db, steps, goose.WithDisableGlobalRegistry(true))
	noError(t, err)
	_, err = provider.UpTo(t.Context(), version)
	noError(t, err)
}

// fromBefore are signals of several streams, as they were stored when each had its ID, its names and no number. One has
// a borrowed ID, which Append refuses today: what is stored can be read all the same.
func fromBefore() []signal.Signal {
	all := []signal.Signal{Generated(1), Generated(2), Numbered(3), Generated(4), Generated(5), Numbered(6)}
	all[1].Parts = []signal.Part{{Strategy: "cross", Weight: 1, Spoke: true, Direction: signal.Long, Confidence: 0.5}}
	all[2].BarTime, all[2].CreatedAt, all[2].ValidUntil = time.Time{}, time.Time{}, time.Time{}
	all[3].Symbol, all[3].Direction = "", signal.Short
	all[3] = WithOwnID(all[3])
	all[4].Strategy, all[4].ID = "odd\x1a name", "not of Stream.ID"
	all[5].ID = Generated(1000).ID
	for i := range all {
		all[i].Seq = int64(i + 2)
	}
	return all
}

// InsertFromBefore stores signals from Seq 2 on as an early schema did, and prunes what was before them.
func InsertFromBefore(t testing.TB, db *sql.DB) {
	t.Helper()
	nanos := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.UnixNano()
	}
	for _, s := range append([]signal.Signal{Numbered(0)}, fromBefore()...) {
		var parts any
		if s.Parts != nil {
			text, err := json.Marshal(s.Parts)
			noError(t, err)
			parts = string(text)
		}
		_, err := db.ExecContext(t.Context(), `INSERT INTO signals (id, strategy, params, symbol, interval, direction,
			confidence, price, bar_time, created_at, valid_until, parts)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, s.ID,
			strings.ReplaceAll(s.Strategy, "\x1a", "\x1a\x1a"), s.Params, s.Symbol, int64(s.Interval), int64(s.Direction),
			s.Confidence, s.Price, nanos(s.BarTime), nanos(s.CreatedAt), nanos(s.ValidUntil), parts)
		noError(t, err)
	}
	_, err := db.ExecContext(t.Context(), "DELETE FROM signals WHERE seq = 1")
	noError(t, err)
}

// StoredIDs is how many IDs are left of InsertFromBefore: those that Stream.ID did not make.
const StoredIDs = 3

// GoesOn checks that nothing of InsertFromBefore is lost, or taken for new.
func GoesOn(t testing.TB, db DB) {
	t.Helper()
	store, want := db.Signals(), fromBefore()
	equal(t, want, Held(t, store))
	latest, err := store.Latest(t.Context(), signal.Query{Strategy: "cross", Symbol: want[0].Symbol, Limit: 3})
	noError(t, err)
	equal(t, []signal.Signal{want[5], want[2], want[1]}, latest)

	noError(t, store.Append(t.Context(), want[:5]...)) // the same once more
	says(t, store.Append(t.Context(), want[5]), "the ID looks like one of Stream.ID")
	equal(t, want, Held(t, store))
	other := want[0]
	other.Price++
	next := Generated(7)
	errorIs(t, store.Append(t.Context(), other, next), signal.ErrConflict)
	held := Held(t, store)
	next.Seq = held[len(held)-1].Seq
	greater(t, next.Seq, want[5].Seq)
	equal(t, append(want, next), held)

	_, err = store.Prune(t.Context(), signal.Retention{Count: 1, Passed: 100})
	noError(t, err)
	equal(t, []signal.Signal{want[3], want[4], next}, Held(t, store)) // The newest of each strategy and symbol.
}
