package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/sqldb"
)

// Report is what Check found in a database.
type Report struct {
	Schema   int64     // the version of its schema
	Run      []Setting // what it belongs to
	Signals  int64     // how many are kept
	Entries  int64     // of the journal, how many are in the file
	Archived int64     // and up to which Seq they were moved beside it
	LastSeq  int64     // of the newest entry; 0 before the first
	LastAt   time.Time // when that was journaled
	Halted   string    // why nothing may be opened: what was said last and not lifted; "" if no halt stands
}

// Check reads a database through and returns what is in it; a trader may be using it. The error says what is broken,
// and comes with what was found: its pages and those of its archive, an entry that cannot be read or is missing, a
// snapshot that is not whole. Nothing of it is changed. One of an earlier schema is checked in a copy in the folder for
// temporary files (TMPDIR), which is brought up to date, so that the upgrade is tried as well.
//
// That the entries add up to an account is for book.Restore to say, with no snapshot in between: read gets the database,
// to be read while it is open; nil for nobody.
func Check(ctx context.Context, path string, read func(db *DB) error) (r Report, err error) {
	db, err := Open(ctx, path, Config{ReadOnly: true})
	if older, ok := errors.AsType[*sqldb.OlderSchemaError](err); ok {
		r, err = checkCopy(ctx, path, read)
		r.Schema = older.Have
		return r, err
	}
	if err != nil {
		return r, err
	}
	return db.checkAndClose(ctx, path, read)
}

// checkCopy checks a copy that is brought up to date.
func checkCopy(ctx context.Context, path string, read func(db *DB) error) (r Report, err error) {
	folder, err := os.MkdirTemp("", "vigil-check-")
	if err != nil {
		return r, fmt.Errorf("sqlite: check %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	copied := filepath.Join(folder, "copy.db")
	if err := Backup(ctx, path, copied); err != nil {
		return r, err
	}
	db, err := Open(ctx, copied, Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return r, fmt.Errorf("sqlite: check %s: bring a copy up to date: %w", path, err)
	}
	return db.checkAndClose(ctx, path, read)
}

func (db *DB) checkAndClose(ctx context.Context, path string, read func(db *DB) error) (r Report, err error) {
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.check(ctx, &r); err != nil {
		return r, fmt.Errorf("sqlite: check %s: %w", path, err)
	}
	if read != nil {
		return r, read(db)
	}
	return r, nil
}

func (db *DB) check(ctx context.Context, r *Report) error {
	errs := []error{integrity(ctx, db.files.readers), db.count(ctx, r)}
	if archive := db.files.archivePath(); exists(archive) {
		pool := openPool(archive, readOnly)
		if err := errors.Join(integrity(ctx, pool), pool.Close()); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", archive, err))
		}
	}
	_, _, err := db.shared.Journal().LastSnapshot(ctx)
	return errors.Join(append(errs, err, db.readThrough(ctx, r))...)
}

// count finds what one look can tell.
func (db *DB) count(ctx context.Context, r *Report) error {
	const get = `SELECT (SELECT max(version_id) FROM goose_db_version), (SELECT count(*) FROM signals),
		(SELECT count(*) FROM journal), coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'archived'), 0),
		coalesce((SELECT value FROM meta WHERE name = 'run'), '[]')`
	var run string
	row := db.files.readers.QueryRowContext(ctx, get)
	if err := row.Scan(&r.Schema, &r.Signals, &r.Entries, &r.Archived, &run); err != nil {
		return err
	}
	return json.Unmarshal([]byte(run), &r.Run)
}

// readThrough reads each entry, also those in the archive.
func (db *DB) readThrough(ctx context.Context, r *Report) error {
	for entry, err := range journal.Entries(ctx, db.Journal(), 0) {
		if err != nil {
			return err
		}
		if entry.Seq != r.LastSeq+1 {
			return fmt.Errorf("its entries from %d to %d are missing", r.LastSeq+1, entry.Seq-1)
		}
		r.LastSeq, r.LastAt = entry.Seq, entry.At
		switch e := entry.Event.(type) {
		case journal.Halted:
			r.Halted = e.Reason
		case journal.Rearmed:
			r.Halted = ""
		default: // No other event halts.
		}
	}
	return nil
}

// integrity returns the first thing that is wrong with the pages of a database.
func integrity(ctx context.Context, pool *sql.DB) error {
	var finding string // "ok", or what is wrong
	if err := pool.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&finding); err != nil {
		return err
	}
	if finding != "ok" {
		return errors.New(finding)
	}
	return nil
}
