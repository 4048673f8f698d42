package sqldb

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Setting is one part of a run configuration: what trades where, and how. Such are the mode, the venue, the account,
// the feed, the seed and the parameters of a strategy.
//
// It is an alias of a struct without a name, so that the packages sqlite and postgres can show it as theirs and a
// program can hand the same settings to either.
type Setting = struct{ Name, Value string }

// setting is a Setting as it is stored, in JSON.
type setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// ConfigurationError says that a database belongs to another run configuration than the one that Open was called with.
// To trade on it would mix the positions of the two.
type ConfigurationError struct {
	Stored []Setting // the one that the database belongs to
	Asked  []Setting // the one that Open was called with
}

// Error names each setting that differs, with both values.
func (e *ConfigurationError) Error() string {
	asked := values(e.Asked)
	stored := values(e.Stored)
	var differences []string
	for _, s := range e.Stored {
		if value, ok := asked[s.Name]; !ok {
			differences = append(differences, fmt.Sprintf("%s is %q there and not set here", s.Name, s.Value))
		} else if value != s.Value {
			differences = append(differences, fmt.Sprintf("%s is %q there and %q here", s.Name, s.Value, value))
		}
	}
	for _, s := range e.Asked {
		if _, ok := stored[s.Name]; !ok {
			differences = append(differences, fmt.Sprintf("%s is not set there and %q here", s.Name, s.Value))
		}
	}
	return "it belongs to another run: " + strings.Join(differences, "; ")
}

func values(run []Setting) map[string]string {
	byName := make(map[string]string, len(run))
	for _, s := range run {
		byName[s.Name] = s.Value
	}
	return byName
}

// sameRun reports whether two run configurations say the same, in whichever order.
func sameRun(a, b []Setting) bool {
	other := values(b)
	for _, s := range a {
		if value, ok := other[s.Name]; !ok || value != s.Value {
			return false
		}
	}
	return len(a) == len(b)
}

// ValidateRun refuses a run whose settings have no name, or the same.
func ValidateRun(run []Setting) error {
	seen := make(map[string]bool, len(run))
	for i, s := range run {
		if s.Name == "" {
			return fmt.Errorf("configuration field Run: setting %d has no Name", i+1)
		}
		if seen[s.Name] {
			return fmt.Errorf("configuration field Run: %s is set twice", s.Name)
		}
		seen[s.Name] = true
	}
	return nil
}

// bind gives a new database its identity and the run that it belongs to, or checks that the run is the one it belongs
// to. It returns the identity.
func bind(ctx context.Context, writer *sql.DB, run []Setting) (identity identity, err error) {
	tx, err := writer.BeginTx(ctx, nil)
	if err != nil {
		return identity, err
	}
	defer func() { _ = tx.Rollback() }() // After a Commit it does nothing.
	if identity.store, err = setOnce(ctx, tx, "identity", rand.Text()); err != nil {
		return identity, err
	}
	if identity.incarnation, err = setOnce(ctx, tx, Incarnation, rand.Text()); err != nil {
		return identity, err
	}
	if err := initPruned(ctx, tx); err != nil {
		return identity, err
	}
	if len(run) > 0 {
		if err := bindRun(ctx, tx, run); err != nil {
			return identity, err
		}
	}
	return identity, tx.Commit()
}

// identity is what a database is called. A copy that trades apart from it has another incarnation.
type identity struct{ store, incarnation string }

// journal is the identity of the journal.
func (i identity) journal() string { return i.store + "/" + i.incarnation }

// Incarnation is the name in the table meta of what sets a database apart from its copies. A backup lacks it, so that
// whoever opens it to write draws a new one.
const Incarnation = "incarnation"

func bindRun(ctx context.Context, tx *sql.Tx, run []Setting) error {
	asked := make([]setting, len(run))
	for i, s := range run {
		asked[i] = setting(s)
	}
	data, err := json.Marshal(asked)
	if err != nil {
		return err
	}
	text, err := setOnce(ctx, tx, "run", string(data))
	if err != nil {
		return err
	}
	return compareRun(text, run)
}

// compareRun holds the run that is stored, as JSON, against the one that was asked for.
func compareRun(text string, run []Setting) error {
	var data []setting
	if err := json.Unmarshal([]byte(text), &data); err != nil {
		return fmt.Errorf("read its run configuration: %w", err)
	}
	stored := make([]Setting, len(data))
	for i, s := range data {
		stored[i] = Setting(s)
	}
	if !sameRun(stored, run) {
		return &ConfigurationError{Stored: stored, Asked: run}
	}
	return nil
}

// belongs is bind for a database that cannot be written: one that belongs to no run yet is nobody's.
func belongs(ctx context.Context, readers *sql.DB, run []Setting) (identity identity, err error) {
	const get = `SELECT coalesce((SELECT value FROM meta WHERE name = $1), '')`
	if err := readers.QueryRowContext(ctx, get, "identity").Scan(&identity.store); err != nil {
		return identity, fmt.Errorf("read its identity: %w", err)
	}
	if err := readers.QueryRowContext(ctx, get, Incarnation).Scan(&identity.incarnation); err != nil {
		return identity, fmt.Errorf("read its incarnation: %w", err)
	}
	if len(run) == 0 {
		return identity, nil
	}
	var text string
	if err := readers.QueryRowContext(ctx, get, "run").Scan(&text); err != nil {
		return identity, fmt.Errorf("read its run configuration: %w", err)
	}
	return identity, compareRun(cmp.Or(text, "[]"), run)
}

// setOnce stores a value under a name that has none yet, and returns the one that is stored then.
func setOnce(ctx context.Context, tx *sql.Tx, name, value string) (string, error) {
	const insert = `INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`
	if _, err := tx.ExecContext(ctx, insert, name, value); err != nil {
		return "", fmt.Errorf("set %s: %w", name, err)
	}
	var stored string
	err := tx.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = $1`, name).Scan(&stored)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("%s was stored and is not there", name)
	}
	return stored, err
}
