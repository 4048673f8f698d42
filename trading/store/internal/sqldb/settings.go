package sqldb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// settingsStep is the step of the schema from which on the journal says what a run is configured with. Before, a database
// belonged to all of it, down to the parameters of the strategy.
func settingsStep(version int64) *goose.Migration {
	return goose.NewGoMigration(version, &goose.GoFunc{RunTx: journalSettings}, nil)
}

// journalSettings leaves a database what it belongs to, and appends the rest to its journal. One without entries has no
// account that could go on: it is said anew.
func journalSettings(ctx context.Context, tx *sql.Tx) error {
	var text string
	err := tx.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'run'`).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	var run []Setting
	if err := errors.Join(err, json.Unmarshal([]byte(text), &run)); err != nil {
		return err
	}
	rest, changed, ok := apart(run)
	if !ok {
		return nil
	}
	data, err := json.Marshal(rest)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE meta SET value = $1 WHERE name = 'run'`, string(data)); err != nil {
		return err
	}
	kind, data, err := journal.Encode(changed)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO journal (at, kind, data)
		SELECT at, CAST($1 AS TEXT), CAST($2 AS TEXT) FROM journal ORDER BY seq DESC LIMIT 1`, kind, string(data))
	return err
}

// apart tells what a database of livetrader belongs to from what its run was configured with. What another program wrote
// stays as it is.
func apart(run []Setting) (rest []Setting, changed journal.SettingsChanged, ok bool) {
	named := make(map[string]string)
	for _, s := range run {
		named[s.Name] = s.Value
	}
	account := strings.Split(named["account"], ", ")
	cash, isCash := strings.CutPrefix(account[0], "cash ")
	capital, err := decimal.NewFromString(cash)
	if !isCash || err != nil {
		return nil, changed, false
	}
	changed = journal.SettingsChanged{By: "the upgrade of the database", Capital: capital}
	say := func(name, value string) {
		changed.Changes = append(changed.Changes, journal.SettingChange{Name: name, To: value})
	}
	for _, part := range account {
		if name, value, ok := strings.Cut(part, " "); ok && value != "0" {
			say(name, value)
		}
	}
	for _, s := range run {
		switch {
		case s.Name == "account", s.Name == "interval", s.Value == "":
		case s.Name == "strategy":
			name, params, _ := strings.Cut(s.Value, " ")
			say(journal.StrategySetting(name), journal.SpokenWith(params, named["interval"]))
		case s.Name == "mode", s.Name == "venue", s.Name == "feed" && named["mode"] == "replay":
			rest = append(rest, s)
		default:
			say(s.Name, s.Value)
		}
	}
	return rest, changed, true
}
