package sqldb

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Overrides returns what persons want in the place of what the configuration says, by key.
func (db *DB) Overrides(ctx context.Context) ([]journal.Override, error) {
	overrides, err := db.overrides(ctx)
	return overrides, db.Failed("read the overrides", err)
}

func (db *DB) overrides(ctx context.Context) (overrides []journal.Override, err error) {
	query := func() (*sql.Rows, error) {
		return db.readers.QueryContext(ctx, "SELECT key, value, was, by, at FROM overrides ORDER BY key")
	}
	err = db.read(ctx, query, func(rows *sql.Rows) error {
		var w journal.Override
		var at sql.NullInt64
		if err := rows.Scan(&w.Key, &w.Value, &w.Was, &w.By, &at); err != nil {
			return err
		}
		for _, text := range []*string{&w.Key, &w.Value, &w.Was, &w.By} {
			*text = fromText(*text)
		}
		w.At = fromNanos(at)
		overrides = append(overrides, w)
		return nil
	})
	return overrides, err
}

// SetOverride keeps an override durably, in the place of the one with its key; one without a Value takes that back.
func (db *DB) SetOverride(ctx context.Context, w journal.Override) error {
	return db.Failed(fmt.Sprintf("keep the override %q", w.Key), db.setOverride(ctx, w))
}

func (db *DB) setOverride(ctx context.Context, w journal.Override) error {
	if err := db.Enter(ctx); err != nil {
		return err
	}
	defer db.Leave()
	at, err := ToNanos("the time", w.At)
	if err != nil {
		return err
	}
	return db.Write(ctx, func(tx *sql.Tx) error {
		if w.Value == "" {
			_, err := tx.ExecContext(ctx, "DELETE FROM overrides WHERE key = $1", toText(w.Key))
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO overrides (key, value, was, by, at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value, was = excluded.was, by = excluded.by, at = excluded.at`,
			toText(w.Key), toText(w.Value), toText(w.Was), toText(w.By), at)
		return err
	})
}
