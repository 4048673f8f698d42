package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Integrity reads the whole database and tells what is broken in it. It takes about a second for each few hundred
// megabytes; others go on reading and writing meanwhile.
func (db *DB) Integrity(ctx context.Context) error {
	if err := db.enter(ctx); err != nil {
		return fmt.Errorf("sqlstore: integrity: %w", err)
	}
	defer db.leave()
	if db.remote {
		return fmt.Errorf("sqlstore: integrity of %s: %w", db.path, errors.ErrUnsupported)
	}
	var finding string // "ok", or the first thing that is wrong
	if err := db.readers.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&finding); err != nil {
		return fmt.Errorf("sqlstore: integrity of %s: %w", db.path, err)
	}
	if finding != "ok" {
		return fmt.Errorf("sqlstore: integrity of %s: %s", db.path, finding)
	}
	return nil
}

// Backup copies the database as it is at one moment into a new file at path, durably; the folder must exist, and the
// file must not. Others go on reading and writing meanwhile. The copy is a database like any other, of the same run and
// with the same identity: whoever opens it to trade on it goes on from that moment, and what was ordered since then is
// not known there. What Journal.Archive has moved is not in it.
func (db *DB) Backup(ctx context.Context, path string) error {
	if err := db.enter(ctx); err != nil {
		return fmt.Errorf("sqlstore: back up %s: %w", db.path, err)
	}
	defer db.leave()
	if err := db.backup(ctx, path); err != nil {
		return fmt.Errorf("sqlstore: back up %s to %s: %w", db.path, path, err)
	}
	return nil
}

// backup gives the copy its name last, so that a file of that name is always a whole one.
func (db *DB) backup(ctx context.Context, path string) (err error) {
	if db.remote {
		return errors.ErrUnsupported
	}
	draft := path + ".part"
	if err := removeIfThere(draft); err != nil {
		return cause(err)
	}
	defer func() { err = errors.Join(err, removeIfThere(draft)) }()
	if err := db.copyInto(ctx, draft); err != nil {
		return err
	}
	if err := syncFile(draft); err != nil {
		return err
	}
	if err := os.Link(draft, path); err != nil { // Unlike a Rename it leaves alone what is there.
		return err
	}
	return syncFile(filepath.Dir(path))
}

// copyInto needs a connection of its own: those that read may not write anywhere, and the one that writes would be
// missing meanwhile.
func (db *DB) copyInto(ctx context.Context, path string) error {
	pool := openPool(db.path, copying)
	_, err := pool.ExecContext(ctx, "VACUUM INTO $1", path)
	return errors.Join(err, pool.Close())
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
