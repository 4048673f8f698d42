package sqlite_test

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

func TestDatabaseOfBeforeBelongsToWhatCannotChange(t *testing.T) {
	t.Parallel()
	account := `{"name":"account","value":"cash 500, fee 0.001, slippage 0"},{"name":"strategy","value":"macd fast=12"}`
	for name, c := range map[string]struct {
		run      string
		belongs  []sqlite.Setting
		settings []journal.Setting
	}{
		"of a replay": {
			`[{"name":"mode","value":"replay"},{"name":"venue","value":"paper"},` + account + `,{"name":"feed","value":"a.csv"}]`,
			[]sqlite.Setting{{Name: "mode", Value: "replay"}, {Name: "venue", Value: "paper"}, {Name: "feed", Value: "a.csv"}},
			[]journal.Setting{
				{Name: "cash", Value: "500"}, {Name: "fee", Value: "0.001"}, {Name: "strategy/macd", Value: "fast=12 on"},
			},
		},
		"of another program": {
			`[{"name":"mode","value":"paper"},{"name":"account","value":"7"},{"name":"ema","value":"9"}]`,
			[]sqlite.Setting{{Name: "mode", Value: "paper"}, {Name: "account", Value: "7"}, {Name: "ema", Value: "9"}}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := unpacked(t, "sqlite9")
			inRaw(t, path, func(db *sql.DB) {
				execute(t, db, fmt.Sprintf("UPDATE meta SET value = '%s' WHERE name = 'run'", c.run))
			})
			for range 2 { // the step is done once
				db := openAt(t, path)
				require.NoError(t, db.Bind(t.Context(), c.belongs))
				b, err := book.Restore(decimal.NewFromInt(7), journal.Load(t.Context(), db.Journal()))
				require.NoError(t, err)
				require.Equal(t, c.settings, b.Settings())
				require.NoError(t, db.Close())
			}
		})
	}
}

func TestDatabaseOfBeforeWithoutEntriesIsAnyRuns(t *testing.T) {
	t.Parallel()
	path := unpacked(t, "sqlite9")
	inRaw(t, path, func(db *sql.DB) {
		execute(t, db, "DELETE FROM journal")
		execute(t, db, "DELETE FROM snapshot")
	})
	db := openAt(t, path)
	entries, err := db.Journal().Read(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Empty(t, entries)
}
