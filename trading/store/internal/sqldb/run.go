package sqldb

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Setting is one part of what a database belongs to: the mode, the venue and the account.
type Setting = journal.Setting

// ConfigurationError says that a database belongs to another run than the one that it was asked for.
type ConfigurationError = journal.OtherRunError

// ValidateRun refuses a run whose settings have no name, or the same.
func ValidateRun(run []Setting) error {
	if err := journal.CheckSettings(run); err != nil {
		return fmt.Errorf("configuration field Run: %w", err)
	}
	return nil
}

// Bind binds a database that belongs to nothing yet to a run, or returns a *ConfigurationError where it belongs to another.
// A database that is only read stays as it is. No settings ask for nothing.
func (db *DB) Bind(ctx context.Context, run []Setting) error {
	return db.Failed("bind "+db.where, db.bind(ctx, run))
}

func (db *DB) bind(ctx context.Context, run []Setting) error {
	if err := journal.CheckSettings(run); err != nil || len(run) == 0 {
		return err
	}
	if err := db.Enter(ctx); err != nil {
		return err
	}
	defer db.Leave()
	if !db.CanWrite() {
		_, err := belongs(ctx, db.readers, run)
		return err
	}
	var refused error // that is no failure of the transaction, which others share
	err := db.Write(ctx, func(tx *sql.Tx) error {
		err := bindRun(ctx, tx, run)
		if _, other := errors.AsType[*ConfigurationError](err); other {
			refused, err = err, nil
		}
		return err
	})
	return cmp.Or(err, refused)
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
	data, err := json.Marshal(run)
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
	var stored []Setting
	if err := json.Unmarshal([]byte(text), &stored); err != nil {
		return fmt.Errorf("read what it belongs to: %w", err)
	}
	return journal.Belongs(stored, run)
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
		return identity, fmt.Errorf("read what it belongs to: %w", err)
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
