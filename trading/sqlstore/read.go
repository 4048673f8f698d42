package sqlstore

import (
	"context"
	"database/sql"
	"errors"
)

// query begins to read.
type query = func() (*sql.Rows, error)

// read runs a query and hands each of its rows to scan.
func (db *DB) read(ctx context.Context, query query, scan func(*sql.Rows) error) (err error) {
	if err := db.enter(ctx); err != nil {
		return err
	}
	defer db.leave()
	rows, err := query()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
