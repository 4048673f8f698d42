package sqlite

import (
	"context"
	"database/sql"
)

// Settings reads settings back from a new connection as it is used to write or to read.
func (db *DB) Settings(ctx context.Context, write bool, names ...string) (map[string]string, error) {
	pool := db.files.readers
	if write {
		pool = db.files.writer
	}
	values := make(map[string]string)
	for _, name := range names {
		var value string
		if err := pool.QueryRowContext(ctx, "PRAGMA "+name).Scan(&value); err != nil {
			return nil, err
		}
		values[name] = value
	}
	return values, nil
}

// Pools returns the pools, for tests that do what no user can.
func (db *DB) Pools() (writer, readers *sql.DB) { return db.files.writer, db.files.readers }

// Pragma is a setting of a connection, as the package asks for it.
type Pragma struct{ Name, Value, Reads string }

// ConnectWith connects to a new file with one setting, and reads it back as every connection does.
func ConnectWith(ctx context.Context, path string, p Pragma) error {
	c := &connector{path: path, purpose: marking, pragmas: []pragma{{p.Name, p.Value, p.Reads}}}
	conn, err := c.Connect(ctx)
	if err != nil {
		return err
	}
	return conn.Close()
}

// LeaseIsCurrent takes the lease on a path, lets something happen to its file, and asks whether it still counts.
func LeaseIsCurrent(path string, happen func(lock string)) (bool, error) {
	l, err := acquireName(path)
	if err != nil {
		return false, err
	}
	happen(l.path)
	return l.current(), l.release()
}
