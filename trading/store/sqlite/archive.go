package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/sqldb"
)

// maxArchived bounds how many entries are moved at a time, and with it how long an Append may have to wait.
const maxArchived = 500

// Archive moves the entries of the journal that were journaled before a time, and that the last snapshot stands for,
// into a file beside the database, whose name ends in .archive. Nothing is missing then: Read goes on to give all of
// them, from wherever they are, and fails if the file is gone. Entries are synced there before they are removed here.
//
// It is for a database that has become large; a restart does not look at what the snapshot stands for anyway. On an
// error, as when ctx ends in the middle, moved says how many are there already, and the next Archive goes on with the
// rest. The file that the entries came from does not shrink: its free pages are used for what comes next.
func (db *DB) Archive(ctx context.Context, before time.Time) (moved int, err error) {
	moved, err = db.archive(ctx, before)
	return moved, db.shared.Failed("archive the journal", err)
}

func (db *DB) archive(ctx context.Context, before time.Time) (moved int, err error) {
	if !db.shared.CanWrite() {
		return 0, ErrReadOnly
	}
	limit, err := sqldb.ToNanos("the time", before)
	if err != nil {
		return 0, err
	}
	if err := db.shared.Enter(ctx); err != nil {
		return 0, err
	}
	defer db.shared.Leave()
	var archive *sql.DB // not made before there is something for it
	defer func() {
		if archive != nil {
			err = errors.Join(err, archive.Close())
		}
	}()
	for {
		old, err := db.files.oldEntries(ctx, limit)
		if err != nil || len(old) == 0 {
			return moved, err
		}
		if archive == nil {
			if archive, err = openArchive(ctx, db.files.archivePath()); err != nil {
				return moved, err
			}
		}
		if err := db.move(ctx, archive, old); err != nil {
			return moved, err
		}
		moved += len(old)
	}
}

func (f *files) archivePath() string { return f.path + ".archive" }

// entryRow is an entry as it is stored, here and there.
type entryRow struct {
	seq        int64
	at         sql.NullInt64
	kind, data string
	ref, cause sql.NullString
}

// oldEntries returns the next that may go. The one that the snapshot ends with stays, so that a Seq is not given out
// again, and with the first that is too young all later ones stay.
func (f *files) oldEntries(ctx context.Context, before sql.NullInt64) (old []entryRow, err error) {
	const text = `SELECT seq, at, kind, data, ref, cause FROM journal
		WHERE seq < (SELECT seq FROM snapshot) ORDER BY seq LIMIT $1`
	rows, err := f.readers.QueryContext(ctx, text, maxArchived)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var row entryRow
		if err := rows.Scan(&row.seq, &row.at, &row.kind, &row.data, &row.ref, &row.cause); err != nil {
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
		if err := makeEmpty(path); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, err
		}
		if err := (&databaseFile{path: path, empty: true}).mark(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	archive := openPool(path, writing)
	s := schema()
	s.BackUp = (&files{path: path}).backUpSchema
	if err := s.Migrate(ctx, archive); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), archive.Close())
	}
	return archive, nil
}

// move makes entries durable in the archive, and then removes them here. A process that dies in between leaves them in
// both.
func (db *DB) move(ctx context.Context, archive *sql.DB, old []entryRow) error {
	if err := copyEntries(ctx, archive, old); err != nil {
		return err
	}
	last := old[len(old)-1].seq
	whole := context.WithoutCancel(ctx) // Others share the transaction.
	return db.shared.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(whole, `DELETE FROM journal WHERE seq <= $1`, last); err != nil {
			return err
		}
		_, err := tx.ExecContext(whole, `INSERT INTO meta (name, value) VALUES ('archived', $1)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, strconv.FormatInt(last, 10))
		return err
	})
}

func copyEntries(ctx context.Context, archive *sql.DB, old []entryRow) error {
	tx, err := archive.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // After a Commit it does nothing.
	// What stands there already was being moved when a process died, or comes from after the backup that this database
	// is.
	const insert = `INSERT INTO journal (seq, at, kind, data, ref, cause) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (seq) DO UPDATE SET at = excluded.at, kind = excluded.kind, data = excluded.data,
		ref = excluded.ref, cause = excluded.cause`
	for _, row := range old {
		if _, err := tx.ExecContext(ctx, insert, row.seq, row.at, row.kind, row.data, row.ref, row.cause); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Archived implements sqldb.Driver. It is asked after a look here that found less than it was to find: what was moved
// during that look is noted by then. What stands in the archive beyond that note belongs to no answer: it stands here,
// or was written after the backup that this database comes from.
func (f *files) Archived(ctx context.Context, q sqldb.Question) (entries []journal.Entry, err error) {
	var last int64
	const get = `SELECT coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'archived'), 0)`
	if err := f.readers.QueryRowContext(ctx, get).Scan(&last); err != nil || last <= max(q.After, 0) || q.Before <= 1 {
		return nil, err
	}
	q.Before = min(q.Before, last+1)
	path := f.archivePath()
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("its entries up to %d are in %s: %w", last, path, cause(err))
	}
	archive := openPool(path, readOnly)
	defer func() { err = errors.Join(err, archive.Close()) }()
	if entries, err = askArchive(ctx, archive, q); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(entries) == 0 && q.IsForAll() {
		return nil, fmt.Errorf("its entries up to %d are not in %s", last, path)
	}
	return entries, nil
}

// askArchive takes an archive as it is: one of an earlier version is not brought up to date before it gets more.
func askArchive(ctx context.Context, archive *sql.DB, q sqldb.Question) ([]journal.Entry, error) {
	var refs bool
	const get = `SELECT count(*) FROM pragma_table_info('journal') WHERE name = 'ref'`
	if err := archive.QueryRowContext(ctx, get).Scan(&refs); err != nil {
		return nil, err
	}
	text, values := q.Text(refs)
	rows, err := archive.QueryContext(ctx, text, values...) //nolint:rowserrcheck // Answer does that
	if err != nil {
		return nil, err
	}
	return q.Answer(rows)
}
