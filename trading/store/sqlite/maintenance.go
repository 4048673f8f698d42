package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/seed-5dee1c0a/vigil/trading/store/internal/sqldb"
)

// Integrity reads the whole database and returns what is broken in it. It takes about a second for each few hundred
// megabytes; others go on reading and writing meanwhile.
func (db *DB) Integrity(ctx context.Context) error {
	return db.shared.Failed("integrity of "+db.files.path, db.checkIntegrity(ctx))
}

func (db *DB) checkIntegrity(ctx context.Context) error {
	if err := db.shared.Enter(ctx); err != nil {
		return err
	}
	defer db.shared.Leave()
	return integrity(ctx, db.files.readers)
}

// Backup copies the database as it is at one moment into a new file at path, durably; the folder must exist, and the
// file must not. Others go on reading and writing meanwhile. The copy is a database like any other, of the same run and
// with the same identity: a program that opens it to trade on it goes on from that moment, and what was ordered since
// then is not known there. Its journal alone is another one, so that no order of its bears the client ID of an order
// that this database made since then. What Archive has moved comes along, in a file beside it. The function Backup does
// the same without a DB.
func (db *DB) Backup(ctx context.Context, path string) error {
	return db.shared.Failed(fmt.Sprintf("back up %s to %s", db.files.path, path), db.backup(ctx, path))
}

// backup gives the copy its name last, so that a file of that name is always a whole one.
func (db *DB) backup(ctx context.Context, path string) (err error) {
	if err := db.shared.Enter(ctx); err != nil {
		return err
	}
	defer db.shared.Leave()
	return db.files.backUp(ctx, path)
}

func (f *files) backUp(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); err == nil { // Known before all is copied, and once more when the copy gets its name.
		return alreadyThere(path)
	}
	err := f.copyWhole(ctx, path, func() error { return nil })
	var taken *os.LinkError
	if errors.Is(err, os.ErrExist) && errors.As(err, &taken) {
		return alreadyThere(taken.New) // or the archive of one
	}
	return err
}

func alreadyThere(path string) error {
	return fmt.Errorf("%s is there already, and stays as it is: name another file, or move it away: %w", path, os.ErrExist)
}

// copyWhole copies the database and then its archive, so that an entry which is moved meanwhile is in both copies and
// not in none. The database gets its name last; unlike a Rename a Link leaves alone what is there.
func (f *files) copyWhole(ctx context.Context, path string, ready func() error) error {
	return f.copyTo(ctx, path, func(draft, path string) error {
		if err := ready(); err != nil {
			return err
		}
		archive := ""
		if exists(f.archivePath()) {
			archive = (&files{path: path}).archivePath()
			if err := (&files{path: f.archivePath(), writer: f.writer}).copyTo(ctx, archive, os.Link); err != nil {
				return err
			}
		}
		err := os.Link(draft, path)
		if err != nil && archive != "" {
			err = errors.Join(err, os.Remove(archive))
		}
		return err
	})
}

// schemaCopy is where a database of a version of the schema is kept.
func (f *files) schemaCopy(version int64) string { return fmt.Sprintf("%s.schema%d", f.path, version) }

// backUpSchema copies the database before its schema changes. A copy of the same version that is there is older.
func (f *files) backUpSchema(ctx context.Context, version int64) error {
	path := f.schemaCopy(version)
	if err := f.copyTo(ctx, path, os.Rename); err != nil {
		return fmt.Errorf("back it up to %s before its schema is brought up to date: %w", path, err)
	}
	return nil
}

// copyTo makes a whole, durable copy, to which name then gives its name.
func (f *files) copyTo(ctx context.Context, path string, name func(draft, path string) error) (err error) {
	path, err = filepath.Abs(path) // In a URI the first part of a relative path is the name of a machine.
	if err != nil {
		return err
	}
	draft := path + ".part"
	if err := removeIfThere(draft); err != nil {
		return cause(err)
	}
	defer func() { err = errors.Join(err, removeIfThere(draft), removeIfThere(draft+"-journal")) }()
	if err := makeEmpty(draft); err != nil {
		return err
	}
	if err := f.copyInto(ctx, draft); err != nil {
		return err
	}
	if err := syncFile(draft); err != nil {
		return err
	}
	if err := name(draft, path); err != nil {
		return err
	}
	return syncFile(filepath.Dir(path))
}

// copyInto needs a connection of its own: those that read may not write anywhere, and the one that writes would be
// missing meanwhile.
func (f *files) copyInto(ctx context.Context, path string) error {
	use := copying
	if f.writer == nil { // A look changes nothing.
		use = readOnly
	}
	pool := openPool(f.path, use)
	_, err := pool.ExecContext(ctx, "VACUUM INTO $1", path)
	if err = errors.Join(err, pool.Close()); err != nil {
		return err
	}
	copied := openPool(path, marking)
	_, err = copied.ExecContext(ctx, "DELETE FROM meta WHERE name = $1", sqldb.Incarnation)
	return errors.Join(err, copied.Close())
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
