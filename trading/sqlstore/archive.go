package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// maxArchived bounds how many entries are moved at a time, and with it how long an Append may have to wait.
const maxArchived = 500

// Archive moves the entries of the journal that were journaled before a time, and that the last snapshot stands for,
// into a file beside the database, whose name ends in .archive. Nothing is missing then: Read goes on to give all of
// them, from wherever they are, and fails if the file is gone. Entries are synced there before they are removed here.
//
// It is for a database that has become large; a restart does not look at what the snapshot stands for anyway. On an
// error, as when ctx ends in the middle, moved says how many are there already, and the next Archive goes on with the
// rest. The file that the entries came from does not shrink: its free pages are used for what comes next. A database on
// a server has no archive: errors.ErrUnsupported.
func (j *Journal) Archive(ctx context.Context, before time.Time) (moved int, err error) {
	if moved, err = j.moveOld(ctx, before); err != nil {
		return moved, fmt.Errorf("sqlstore: archive the journal: %w", err)
	}
	return moved, nil
}

func (j *Journal) moveOld(ctx context.Context, before time.Time) (moved int, err error) {
	switch {
	case j.db.remote:
		return 0, errors.ErrUnsupported
	case j.group.db == nil:
		return 0, ErrReadOnly
	}
	limit, err := toNanos("the time", before)
	if err != nil {
		return 0, err
	}
	if err := j.db.enter(ctx); err != nil {
		return 0, err
	}
	defer j.db.leave()
	var archive *sql.DB // not made before there is something for it
	defer func() {
		if archive != nil {
			err = errors.Join(err, archive.Close())
		}
	}()
	for {
		old, err := j.oldEntries(ctx, limit)
		if err != nil || len(old) == 0 {
			return moved, err
		}
		if archive == nil {
			if archive, err = openArchive(ctx, j.db.archivePath()); err != nil {
				return moved, err
			}
		}
		if err := j.move(ctx, archive, old); err != nil {
			return moved, err
		}
		moved += len(old)
	}
}

func (db *DB) archivePath() string { return db.path + ".archive" }

// archivedRow is an entry as it is stored, here and there.
type archivedRow struct {
	seq int64
	eventRow
}

// oldEntries returns the next that may go. The one that the snapshot ends with stays, so that a Seq is not given out
// again, and with the first that is too young all later ones stay.
func (j *Journal) oldEntries(ctx context.Context, before sql.NullInt64) (old []archivedRow, err error) {
	const text = `SELECT seq, at, kind, data FROM journal WHERE seq < (SELECT seq FROM snapshot) ORDER BY seq LIMIT $1`
	rows, err := j.db.readers.QueryContext(ctx, text, maxArchived)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var row archivedRow
		if err := rows.Scan(&row.seq, &row.at, &row.kind, &row.data); err != nil {
			return nil, err
		}
		if !row.at.Valid || row.at.Int64 >= before.Int64 {
			break
		}
		old = append(old, row)
	}
	return old, rows.Err()
}

// openArchive opens the file for writing, and makes it if there is none: a database like the one beside it.
func openArchive(ctx context.Context, path string) (*sql.DB, error) {
	if info, err := os.Stat(path); err != nil || info.Size() == 0 { // If it cannot be seen, the next step will say so.
		if err := (&databaseFile{path: path, empty: true}).claim(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	archive := openPool(path, writing)
	if err := migrate(ctx, goose.DialectSQLite3, archive); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), archive.Close())
	}
	return archive, nil
}

// move makes entries durable in the archive, and then removes them here. Whoever dies in between leaves them in both.
func (j *Journal) move(ctx context.Context, archive *sql.DB, old []archivedRow) error {
	tx, err := archive.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // After a Commit it does nothing.
	const insert = `INSERT INTO journal (seq, at, kind, data) VALUES ($1, $2, $3, $4) ON CONFLICT (seq) DO NOTHING`
	for _, row := range old {
		if _, err := tx.ExecContext(ctx, insert, row.seq, row.at, row.kind, row.data); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	last := old[len(old)-1].seq
	return j.commit(ctx, func(tx transaction) error {
		if _, err := tx.exec(tx.removeEvents, last); err != nil {
			return err
		}
		_, err := tx.exec(tx.setMeta, "archived", strconv.FormatInt(last, 10))
		return err
	})
}

// archived returns entries that are in the archive; none if that does not reach beyond after. It is asked after a Read
// here that began with another entry than the next: what was moved during that Read is noted by then.
func (j *Journal) archived(ctx context.Context, after int64, limit int) (entries []journal.Entry, err error) {
	if j.db.remote {
		return nil, nil
	}
	if err := j.db.enter(ctx); err != nil {
		return nil, err
	}
	defer j.db.leave()
	var last int64
	const get = `SELECT coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'archived'), 0)`
	if err := j.db.readers.QueryRowContext(ctx, get).Scan(&last); err != nil || last <= max(after, 0) {
		return nil, err
	}
	path := j.db.archivePath()
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("its entries up to %d are in %s: %w", last, path, cause(err))
	}
	archive := openPool(path, looking)
	defer func() { err = errors.Join(err, archive.Close()) }()
	rows, err := archive.QueryContext(ctx, eventsAfter, after, limit)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		entry, err := scanEntry(rows)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		entries = append(entries, entry)
	}
	if len(entries) == 0 && rows.Err() == nil {
		return nil, fmt.Errorf("its entries up to %d are not in %s", last, path)
	}
	return entries, rows.Err()
}
