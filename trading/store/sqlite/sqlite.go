// Package sqlite keeps signals, the states of strategies and the order journal in one SQLite file, durably.
//
// An Append or SaveStates that returned nil has been synced to the disk: it survives kill -9 and a power cut. Calls are
// all or none, and calls that come at the same time share one transaction and one sync. Readers never wait for the
// writer, nor the writer for them.
//
// Signals stay until Prune is called, which nothing in here does by itself. It removes in steps of a few hundred,
// between which others write; each step is all or none, not the whole.
//
// When things fail: a database that is locked by another program is waited for, up to five seconds, and then the call
// fails; a full disk, an unwritable or a broken file fails the call. A call that failed has stored nothing and may be
// made again. An Append whose transaction has begun waits for its end even if its context ends meanwhile, because a
// caller that gave up would not know whether what it wrote is there.
//
// A database that is removed, replaced or written over while it is open is lost: SQLite would go on in a file without a
// name. The files are compared with their paths at each write and each time that Room is asked. From then on whatever
// would write fails with a *LostError, also what was being written, and so does what reads once a write has failed.
//
// One process at a time may have a database open to write: its lease is a lock on the file itself (on Linux), whatever
// name it was opened under, and one on a file beside it. The death of the process releases both. Any number may read it
// meanwhile (Config.ReadOnly). A database that belongs to another program, to a newer version of this one or to another
// run is refused. New files can be read by their user alone.
//
// The package postgres gives the same on a server. A program links only the driver whose package it imports.
//
// A DB and what it hands out are safe for concurrent use. It starts no goroutine of its own.
package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/pressly/goose/v3"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/sqldb"
)

var (
	// ErrClosed says that the DB was closed before the call.
	ErrClosed = sqldb.ErrClosed
	// ErrForeign says that a file is no database of this package.
	ErrForeign = errors.New("sqlite: not a vigil database")
	// ErrNewerSchema says that a newer version of this package wrote the database.
	ErrNewerSchema = sqldb.ErrNewerSchema
	// ErrReadOnly says that the DB was opened to be read only.
	ErrReadOnly = sqldb.ErrReadOnly
)

// Config configures Open.
type Config struct {
	// Run is what the database belongs to: see DB.Bind, which Open then calls. Empty asks for nothing: a program that only
	// looks into a database need not know what it belongs to, and a vigil.Trader binds it by itself.
	Run []Setting
	// ReadOnly looks into a database that another process may be trading on. Nothing is locked, created, brought up to
	// date or written, and every call that would write fails with ErrReadOnly; but SQLite may leave its empty -wal and
	// -shm files beside a database that was closed.
	ReadOnly bool
	// LowWater is how many bytes have to be free on the database's disk for Room to be content; 0 means 256 MiB.
	LowWater int64
	// Logger says where the copy of before is when the schema is brought up to date; nil means slog.Default().
	Logger *slog.Logger
}

// Setting is one part of what a database belongs to, such as the mode, the venue or the account.
type Setting = journal.Setting

// ConfigurationError says that a database belongs to another run than the one that it was asked for.
type ConfigurationError = journal.OtherRunError

// Signals is the signal store in a database. It keeps the strategies' states beside the signals, so that a copy of the
// one is a copy of the other.
//
// Append refuses a call with a signal whose time lies outside the years 1678 to 2262, or whose ID has 24 hexadecimal
// digits that Stream.ID did not make of it. A Prune that fails says how many are gone already, and the next one goes on
// with the rest; the file does not shrink, but its free pages are used for what comes next.
type Signals = interface {
	signal.Store
	signal.States
	signal.Pruner
	signal.Identified
	signal.Notifier
	signal.Window
}

// DB is an open database. Use Open, and Close when done.
type DB struct {
	shared   *sqldb.DB
	files    *files
	lowWater uint64
}

// Open opens the database in the file at path, and creates it if there is none; the folder must exist. The context
// ends the opening only. On an error nothing is left behind, and a file that was there is as it was.
//
// A database of an earlier version is brought up to date, after a copy of it was made beside it: x.db.schema7 for one
// whose schema had version 7. To go back to that version of this package, put the copy in the place of the database,
// while nothing runs, and have the positions compared with the venue's: what was ordered since is not known there.
func Open(ctx context.Context, path string, cfg Config) (*DB, error) {
	db, err := open(ctx, path, cfg)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open %s: %w%s", path, err, wayOut(path, err))
	}
	return db, nil
}

func open(ctx context.Context, name string, cfg Config) (*DB, error) {
	if err := sqldb.ValidateRun(cfg.Run); err != nil {
		return nil, err
	}
	if cfg.LowWater < 0 {
		return nil, fmt.Errorf("configuration field LowWater: %d is negative", cfg.LowWater)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	path, err := resolve(name)
	if err != nil {
		return nil, err
	}
	db := &DB{files: &files{path: path}, lowWater: uint64(cmp.Or(cfg.LowWater, defaultLowWater))}
	if cfg.ReadOnly {
		return db, db.openToRead(ctx, cfg)
	}
	return db, db.openToWrite(ctx, cfg)
}

// openToRead looks at the file through SQLite alone: this process may have it open, and to close a file a second time
// drops the locks that SQLite holds on it.
func (db *DB) openToRead(ctx context.Context, cfg Config) error {
	if _, err := os.Stat(db.files.path); err != nil {
		return cause(err)
	}
	db.files.readers = openPool(db.files.path, readOnly)
	return db.share(ctx, cfg)
}

// openToWrite takes the lease before any look into the file: to close a file that this process has open a second time
// drops the locks that SQLite holds on it.
func (db *DB) openToWrite(ctx context.Context, cfg Config) (err error) {
	lease, err := acquire(db.files.path)
	if err != nil {
		return err
	}
	file, err := examine(db.files.path, lease.file)
	if err != nil {
		return errors.Join(err, lease.release())
	}
	hideFromOthers(db.files.path)
	if err := file.mark(context.WithoutCancel(ctx)); err != nil {
		return errors.Join(err, file.undo(), lease.release())
	}
	db.files.writer, db.files.readers = openPool(db.files.path, writing), openPool(db.files.path, reading)
	if err := db.share(ctx, cfg); err != nil {
		return errors.Join(err, file.undo(), lease.release())
	}
	db.files.lease = lease
	if db.files.watch, err = startWatch(db.files.path, lease.file); err != nil {
		return errors.Join(err, db.Close())
	}
	return nil
}

//go:embed migrations
var migrations embed.FS

// schema is how a file comes to its tables.
func schema() sqldb.Schema {
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the name is not a path
	}
	return sqldb.Schema{Dialect: goose.DialectSQLite3, Steps: steps, OwnIDs: 7, Settings: 10}
}

// share hands the connections over. It closes them on an error.
func (db *DB) share(ctx context.Context, cfg Config) (err error) {
	s := schema()
	s.BackUp = func(ctx context.Context, version int64) error {
		err := db.files.backUpSchema(ctx, version)
		if err == nil {
			cmp.Or(cfg.Logger, slog.Default()).Info("Bringing the database up to date; its copy is the way back",
				"database", db.files.path, "schema", version, "copy", db.files.schemaCopy(version))
		}
		return err
	}
	db.shared, err = sqldb.Open(ctx, sqldb.Setup{
		Name: "sqlite", Where: db.files.path, Schema: s, Run: cfg.Run,
		Driver: db.files, Writer: db.files.writer, Readers: db.files.readers, Whole: true,
	})
	if err != nil {
		return errors.Join(err, db.files.Close())
	}
	return nil
}

// Signals returns the signal store in the database.
func (db *DB) Signals() Signals { return db.shared.Signals() }

// Journal returns the order journal in the database, to be read. It can be written as well, until the first Claim. It is
// a journal.Snapshotter too.
func (db *DB) Journal() journal.Journal { return db.shared.Journal() }

// Bind binds a database that belongs to nothing yet to a run, durably, and refuses another run with a
// *ConfigurationError, which names each setting that differs. They are what makes the positions another run's, such as
// the mode, the venue and the account; what a run may change, such as the parameters of a strategy, is in the journal. One
// that is not there has the value "". A database that is only read stays as it is.
func (db *DB) Bind(ctx context.Context, run []Setting) error { return db.shared.Bind(ctx, run) }

// Claim returns the order journal for a new Engine and takes it away from every other: what Journal and earlier claims
// returned can still read, and their Append fails with journal.ErrTakenOver. When it returns, what they had begun to
// append is there or never will be.
//
// A program that builds a second Engine in the same process needs it, as after an escalation: the first one may hang in
// a call to the Broker, and wake up when the second has long decided otherwise.
func (db *DB) Claim(ctx context.Context) (journal.Journal, error) {
	j, err := db.shared.Claim(ctx)
	if err != nil {
		return nil, err
	}
	return j, nil
}

// Overrides returns what persons want in the place of what the configuration says, by key.
func (db *DB) Overrides(ctx context.Context) ([]journal.Override, error) {
	return db.shared.Overrides(ctx)
}

// SetOverride keeps an override durably, in the place of the one with its key; one without a Value takes that back.
func (db *DB) SetOverride(ctx context.Context, w journal.Override) error {
	return db.shared.SetOverride(ctx, w)
}

// Close waits for the calls under way, closes the database and releases its lease. Calls that come later fail with
// ErrClosed. Close may be called again, and says the same. A database that is lost is an error here too: what was stored
// is gone.
func (db *DB) Close() error { return db.shared.Close() }

// files are the connections to a database and its lease. It is what sqldb asks of a kind of database.
type files struct {
	path            string
	lease           *lease  // nil if it is only read, as are watch and writer
	watch           *watch  // nil during the opening as well
	writer, readers *sql.DB // writer has one connection
}

// Settle implements sqldb.Driver: with a file, a transaction that failed has ended. What is lost stays lost.
func (f *files) Settle(context.Context) error { return f.watch.look() }

// Transact implements sqldb.Driver.
func (f *files) Transact(do func() error) error { return f.watch.write(do) }

// Close implements sqldb.Driver. With the last connection the write-ahead log goes into the database.
func (f *files) Close() error {
	var errs []error
	if f.watch != nil {
		errs = append(errs, f.watch.look())
	}
	errs = append(errs, f.readers.Close())
	if f.writer != nil {
		errs = append(errs, f.writer.Close())
	}
	if f.watch != nil {
		errs = append(errs, f.watch.close())
	}
	if f.lease != nil {
		errs = append(errs, f.lease.release())
	}
	return errors.Join(errs...)
}
